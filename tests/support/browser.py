"""A real browser for tests: Debian's Chromium, driven by playwright.

It is started by the first test that asks. Where it is missing the test fails, and says what
installs it: a page that no browser has seen is not tested.
"""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

PROGRAM = "chromium"
WAIT_MS = 30_000
"""For what a page does by itself; generous, for a loaded machine."""
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file; each has pages with cookies of their own.

    No longer: while playwright runs, no test of this process can start an event loop.
    """
    program = shutil.which(PROGRAM)
    assert program, f"there is no {PROGRAM}; run scripts/install-test-servers"
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield found
        found.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens pages, each in a profile of its own, and closes them in the end.

    Keywords are those of a playwright context: `locale="ru-RU"`, `java_script_enabled=False`. A
    script of a page that fails, or asks for what the page's policy forbids, fails the test.
    """
    opened = []
    faults: list[str] = []

    def new(**how: Any) -> Page:
        context = browser.new_context(**{"locale": "en-GB", **how})
        context.set_default_timeout(WAIT_MS)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: _keep(faults, told))
        return page

    yield new
    for context in opened:
        context.close()
    assert not faults, f"the scripts of a page failed: {faults}"


def _keep(faults: list[str], told: Any) -> None:
    if told.type == "error" and "Content Security Policy" in told.text:
        faults.append(told.text)
