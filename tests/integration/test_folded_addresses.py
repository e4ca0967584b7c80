"""A fold through the whole of leadlog: configured, shown first, applied, searched by, explained."""

from pathlib import Path
from typing import Any

import pytest
from support.desks import claimed, client, feed, lead, opened

from leadlog.operations import run
from leadlog.ownership import owned
from leadlog.settings import load

FOLDS = """\
[matching]
version = 2
[[matching.folds]]
domains = ["gmail.com", "googlemail.com"]
dots = true
tags = "+"
"""


@pytest.fixture
def folded(tmp_path: Path):
    """Two leads of one mailbox, from before the version that folds it; and what a rematch said."""
    with opened(tmp_path) as system:
        feed(
            system,
            lead(1, claimed("phone:+79120000001"), claimed("email:a.b+shop@gmail.com")),
            lead(2, claimed("phone:+79120000002"), claimed("email:ab@googlemail.com"), hour=10),
        )
    file = tmp_path / "leadlog.toml"
    file.write_text(file.read_text() + FOLDS)
    with owned(load(file, environ={})) as system:
        yield system


def persons(system: Any, query: str) -> set[str]:
    return {card["id"] for card in run(system, "card.find", {"query": query})}


def rematched(system: Any, *, dry_run: bool = False) -> dict[str, int]:
    (told,) = run(system, "card.rematch", {"dry_run": dry_run})
    return told["changed"]


def test_the_past_is_folded_by_a_rematch_that_shows_first_what_it_changes(folded):
    assert persons(folded, "phone:+79120000001") != persons(folded, "phone:+79120000002")
    shown = rematched(folded, dry_run=True)
    assert shown["leads"] == 1
    assert persons(folded, "phone:+79120000001") != persons(folded, "phone:+79120000002")
    assert rematched(folded) == shown
    assert persons(folded, "A.B+another@gmail.com") == persons(folded, "phone:+79120000002")


@pytest.mark.parametrize(
    ("language", "rule", "badge", "title"),
    [
        ("en", "Rule “one mailbox”", "mailbox", "nobody wrote it so"),
        ("ru", "Правило «один почтовый ящик»", "почтовый ящик", "так никто не писал"),
    ],
)
def test_the_page_of_a_card_says_which_addresses_are_one_mailbox(
    folded, language, rule, badge, title
):
    rematched(folded)
    (person,) = persons(folded, "ab@gmail.com")
    with client(folded) as desk:
        page = desk.get(f"/cards/{person}", headers={"accept-language": language}).text
    assert rule in page
    assert page.count(f">{badge}</span>") == 1, "of the leaf cards only the one that nobody wrote"
    assert title in page
    assert "version 2" in page or "версия 2" in page


def test_the_page_of_cards_finds_a_person_by_any_spelling_of_the_address(folded):
    rematched(folded)
    with client(folded) as desk:
        page = desk.get("/cards", params={"query": "A.b+Never.Written@GoogleMail.com"})
        (card,) = desk.get("/api/v1/cards/find", params={"query": "a.b@gmail.com"}).json()["items"]
    assert f"/cards/{card['id']}" in str(page.url) + page.text
    assert [leaf["value"] for leaf in card["leaves"]][-1] == "ab@gmail.com"
