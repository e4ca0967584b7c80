"""The pages for owners and authors say what is so."""

import re
from pathlib import Path

import pytest

from channels.registry import BUILT_IN
from leadlog.lab.rules_page import rules_page

DOCS = Path(__file__).parents[3] / "docs" / "channels"
INDEX = (DOCS / "README.md").read_text(encoding="utf-8")


def anchors(page):
    """The addresses of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in bare}


def test_the_page_of_rules_is_that_of_the_rules():
    assert (DOCS / "rules.md").read_text(encoding="utf-8") == rules_page()


@pytest.mark.parametrize("account_type", BUILT_IN)
def test_every_type_is_in_the_index(account_type):
    assert f"| `{account_type}` |" in INDEX


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", INDEX))))
def test_every_link_of_the_index_leads_somewhere(link):
    file, _, anchor = link.partition("#")
    page = (DOCS / file).resolve()
    assert page.is_file()
    assert not anchor or anchor in anchors(page)
