"""`leadlog demo` shows a newcomer the form of its shop, and the card that comes of it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from servers.process import free_port
from support.browser import NewPage
from support.waiting import wait_until

LEADLOG = str(Path(sys.executable).with_name("leadlog"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that runs."""
    data = tmp_path_factory.mktemp("demo") / "data"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [LEADLOG, "demo", "--port", str(port), "--data", str(data), "--json"]
    with data.with_name("said").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            wait_until(lambda: _answers(f"{url}/shop"))
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, verify=False, timeout=30).is_success
    except httpx.TransportError:
        return False


def test_a_newcomer_sends_the_form_and_sees_the_card(demo: str, new_page: NewPage) -> None:
    page = new_page(locale="ru-RU")
    page.goto(f"{demo}/shop")
    page.get_by_role("link", name="из ленты").click()
    page.get_by_label("Имя").fill("Инна Пробная")
    page.get_by_label("Телефон").fill("8 921 555-44-33")
    page.get_by_role("button", name="Отправить").click()
    card = page.locator("#card")
    expect(card).to_contain_text("Инна Пробная")
    expect(card).to_contain_text("+79215554433")
    expect(card).to_contain_text("vk / social / wardrobes_feed")
    card.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Инна Пробная")).to_be_visible()


def test_the_page_speaks_english_too(demo: str, new_page: NewPage) -> None:
    page = new_page(locale="en-GB")
    page.goto(f"{demo}/shop")
    expect(page.get_by_role("heading", name="Furniture workshop")).to_be_visible()


def test_nobody_guesses_a_card(demo: str) -> None:
    answer = httpx.get(f"{demo}/shop/card/phone:+79210000000", trust_env=False, timeout=30)
    assert answer.status_code == 404
