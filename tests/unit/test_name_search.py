"""How well names are found among many that are alike."""

import random

import pytest

from channels.sdk.lead import LeadContent, Profile
from eventstore.domain.events import LeadRecorded
from eventstore.reading import Recorded
from projections.inbox.index import NameIndex, open_engine
from projections.inbox.search import NameSearch

SYLLABLES = ["ва", "ко", "ми", "ре", "ло", "ту", "са", "ни", "го", "бе", "ше", "ру"]
GIVEN = ["Анна", "Пётр", "Ольга", "Юлия", "Иван", "Мария", "Глеб", "Вера", "Семён", "Инна"]
PEOPLE = 3000
TIME = "2026-03-01T09:00:00.000Z"


class Apart:
    """Everybody is a person of one leaf card."""

    def persons_of(self, leaves):
        return {leaf: leaf for leaf in leaves}

    leaves_of = persons_of


def surname(rng):
    return "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))).capitalize() + rng.choice(
        ["ов", "ин", "ский", "енко"]
    )


def heard(number, name):
    lead = number.to_bytes(16, "big")
    content = LeadContent(
        lead_id="", event_id="", channel="test", account="test", kind="form", direction="in",
        occurred_at=TIME, received_at=TIME, profile=Profile(name=name),
    )  # fmt: skip
    event = LeadRecorded(
        event_id=lead, channel="test", account="test", kind="form", direction="in",
        occurred_at=number, received_at=number, rules=1, leaf=lead, personal=content,
    )  # fmt: skip
    return Recorded(number, number, lead, 1, event)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """(people by leaf card, the search over them)"""
    rng = random.Random(11)
    names = [f"{rng.choice(GIVEN)} {surname(rng)}" for _ in range(PEOPLE)]
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('town')}/inbox.db")
    index = NameIndex(engine)
    index.prepare()
    index.append([heard(number, name) for number, name in enumerate(names, 1)], 0)
    yield names, NameSearch(engine, Apart())
    engine.dispose()


def slipped(rng, name):
    """The name with one letter missing, wrong, or in the place of its neighbour."""
    at = rng.choice([n for n in range(1, len(name) - 1) if " " not in name[n - 1 : n + 2]])
    changed = rng.choice(["", rng.choice("аеиорнт"), name[at + 1] + name[at]])
    return name[:at] + changed + name[at + len(changed or "-") :]


def first(town, query):
    names, search = town
    return [names[int.from_bytes(hit.person, "big") - 1] for hit in search.find(query).hits[:5]]


def test_a_name_with_one_slip_is_among_the_first_five(town):
    rng = random.Random(12)
    asked = [(name, slipped(rng, name)) for name in rng.sample(town[0], 60)]
    missed = [one for one in asked if one[0] not in first(town, one[1])]
    assert len(missed) <= 3, missed


def test_a_surname_alone_with_one_slip_finds_its_bearers(town):
    rng = random.Random(13)
    surnames = [name.split()[1] for name in rng.sample(town[0], 40)]
    asked = [(one, slipped(rng, one)) for one in surnames]
    found = [any(one in name for name in first(town, query)) for one, query in asked]
    assert sum(found) >= 34, asked


def test_the_exact_name_comes_first(town):
    for name in random.Random(14).sample(town[0], 30):
        assert first(town, name)[0] == name


def test_words_may_stand_in_any_order(town):
    for name in random.Random(15).sample(town[0], 30):
        assert name in first(town, " ".join(reversed(name.split())))


def test_a_page_of_a_common_beginning_is_full_and_has_a_next(town):
    page = town[1].find("а", limit=20)
    assert (len(page.hits), bool(page.next)) == (20, True)


@pytest.mark.parametrize("known", [3, 5])
def test_the_beginning_of_a_surname_finds_who_bears_it(town, known):
    """Of four letters and more all of them; of fewer somebody, for they are many."""
    for name in random.Random(known).sample(town[0], 25):
        beginning = name.split()[1][:known]
        bearers = {one for one in town[0] if one.split()[1].startswith(beginning)}
        assert bearers & set(first(town, beginning)), beginning
        hits = town[1].find(beginning, limit=100).hits
        found = {town[0][int.from_bytes(hit.person, "big") - 1] for hit in hits}
        assert known < 4 or bearers <= found, beginning


def test_a_given_name_and_the_beginning_of_the_surname_are_enough(town):
    for name in random.Random(16).sample(town[0], 20):
        given, surname = name.split()
        assert any(
            one.split()[0] == given and one.split()[1].startswith(surname[:4])
            for one in first(town, f"{given} {surname[:4]}")
        ), name
