"""The search by name over its own tables, on each database that can hold them."""

import random
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import msgspec
import pytest
from servers.postgres import fresh_database
from support.worlds import Fed, base, lead

from channels.sdk.lead import LeadContent, Profile
from eventstore.orders import order
from eventstore.queries import Cards
from projections.inbox import schema
from projections.inbox.index import NameIndex, OvertakenElsewhere, open_engine
from projections.inbox.search import NameSearch, NothingToFind
from projections.runner import Projector


class World:
    """An event store that is fed, and an inbox that follows it."""

    def __init__(self, folder, url):
        self.fed = Fed(base(folder / "events.db"))
        self.url = url
        self.engine = open_engine(url)
        self.cards = Cards(self.fed.base)
        self.search = NameSearch(self.engine, self.cards)
        self.start()

    def start(self, block=2000):
        self.index = NameIndex(self.engine)
        reader = self.fed.base.recorder
        self.projector = Projector(reader, self.index, personal=True, block=block, gather=0.0)

    def named(self, query, **how):
        """The leaf cards' values of those who are found, best first."""
        self.projector.project_available()
        page = self.search.find(query, **how)
        found = self.cards.of([hit.person for hit in page.hits])
        return [card["leaves"][0]["value"] for card in found]

    def rows(self):
        """All that the tables say, without ids of their own."""
        with self.engine.connect() as connection:
            names = dict(list(connection.execute(schema.name.select())))
            bearers = connection.execute(schema.bearer.select())
            found = {(names[row.name], row.leaf, row.at, row.times) for row in bearers}
            entries = {
                (names[row.name], row.word) for row in connection.execute(schema.entry.select())
            }
            words = dict(list(connection.execute(schema.word.select())))
            pieces = {
                (words[row.word], row.gram) for row in connection.execute(schema.gram.select())
            }
        used = {name for name, _, _, _ in found}
        listed = {(name, words[word]) for name, word in entries if name in used}
        return found, listed, {(w, p) for w, p in pieces if w in {w for _, w in listed}}

    def close(self):
        self.engine.dispose()
        self.fed.base.recorder.close()


@pytest.fixture(params=["sqlite", "postgres"])
def world(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/inbox.db"
    else:
        url = fresh_database(request.getfixturevalue("postgres"))
    world = World(tmp_path, url)
    yield world
    world.close()


def called(number: int, name: str, *, phone: str = "", **more) -> LeadContent:
    plain = lead(number, ("phone", phone or f"+7912{number:07}", "claimed"), **more)
    return msgspec.structs.replace(plain, profile=Profile(name=name))


def test_a_person_is_found_by_a_misspelt_name(world):
    world.fed.feed(called(1, "Ольга Смирнова"), called(2, "Олег Кузнецов"))
    for query in ("Смирнва", "ольга смирнова", "Smirnova Olga", "смир", "Оьлга"):
        assert world.named(query)[0] == "+79120000001", query


def test_who_has_another_name_is_not_found(world):
    world.fed.feed(called(1, "Ольга Смирнова"))
    assert world.named("Кузнецов") == []


def test_a_name_without_letters_is_refused(world):
    with pytest.raises(NothingToFind, match="no letter"):
        world.search.find(" -- ")


def test_what_stands_in_a_query_is_never_a_pattern(world):
    world.fed.feed(called(1, "Ольга"))
    assert world.named("К%") == []
    assert world.named("О_ьга'; DROP TABLE inbox_name; --") == []
    assert world.named("Ольга") == ["+79120000001"]


def test_of_equally_named_the_one_heard_of_last_comes_first(world):
    world.fed.feed(*(called(n, "Анна", at=1_700_000_000 + n) for n in (1, 3, 2)))
    assert world.named("анна") == ["+79120000003", "+79120000002", "+79120000001"]


def test_a_merged_person_is_found_once_by_either_name_and_twice_after_the_undo(world):
    world.fed.feed(called(1, "Анна Петрова"), called(2, "Аня Петрова"))
    a, b = (world.cards.leaf_of(f"phone:+7912000000{n}") for n in (1, 2))
    merged = world.fed.commands.merge(a, b, order("anna"))
    assert len(world.named("Аня Петрова")) == 1
    assert world.named("Анна Петрова") == world.named("Аня Петрова")
    world.fed.commands.undo(merged.decision, order("anna"))
    assert len(world.named("Петрова")) == 2


def test_pages_together_give_each_person_once(world):
    names = ["Анна", "Анна Петрова", "Анна Сидорова", "Инна Аннова"]
    people = 40
    world.fed.feed(*(called(n, names[n % 4], at=1_700_000_000 + n % 7) for n in range(1, people)))
    pairs = [(n, n + 1) for n in range(1, 20, 4)]
    for a, b in pairs:
        one, other = (world.cards.leaf_of(f"phone:+7912{n:07}") for n in (a, b))
        world.fed.commands.merge(one, other, order("anna"))
    world.projector.project_available()
    found, cursor = [], None
    while True:
        page = world.search.find("анна", limit=7, cursor=cursor)
        found += [hit.person for hit in page.hits]
        cursor = page.next
        if cursor is None:
            break
    assert len(found) == len(set(found)) == people - 1 - len(pairs)


@pytest.mark.parametrize("cursor", ["x", "%%%", "lAECA6EA", "lM////////////8BAqCg"])
def test_a_cursor_of_somebody_else_is_refused(world, cursor):
    world.projector.project_available()
    with pytest.raises(NothingToFind, match="no cursor"):
        world.search.find("анна", cursor=cursor)


def test_a_later_revision_of_a_delivery_takes_its_old_name_away(world):
    world.fed.feed(called(1, "Кузнецов"))
    (first, *_) = world.fed.base.recorder.read(0, 1, personal=True)
    content = msgspec.structs.replace(called(1, "Смирнов"), revision=1)
    event = msgspec.structs.replace(first.event, revision=1, personal=content)
    world.index.prepare()
    world.index.append([first], 0)
    world.index.append([msgspec.structs.replace(first, position=2, version=2, event=event)], 1)
    assert len(world.search.find("Смирнов").hits) == 1
    assert world.search.find("Кузнецов").hits == []


def test_a_lead_that_moves_to_another_card_takes_its_name_along(world):
    world.fed.feed(called(1, "Ольга"))
    leaf = world.cards.leaf_of("phone:+79120000001")
    other = lead(2, ("email", "o@x.ru", "claimed"))
    world.fed.feed(msgspec.structs.replace(other, profile=Profile(name="Инна")))
    both = lead(1, ("email", "o@x.ru", "claimed"), delivery=1)
    world.fed.feed(both)
    world.fed.commands.mark(leaf, True, order("anna"))
    assert world.named("Ольга") == ["o@x.ru"]


def test_pieces_of_any_size_give_the_same_tables(world):
    rng = random.Random(7)
    names = ["Анна", "Анна Петрова", "Пётр", "Pyotr", "Инна"]
    for n in range(1, 120):
        number = rng.randrange(1, 40)
        again = rng.choice([0, 0, n])
        world.fed.feed(called(number, rng.choice(names), delivery=again, at=1_700_000_000 + n))
    world.projector.project_available()
    whole = world.rows()
    with world.engine.begin() as connection:
        schema.metadata.drop_all(connection)
    world.start(block=3)
    world.projector.project_available()
    assert world.rows() == whole
    assert whole[0]


def test_another_version_of_the_tables_is_built_anew(world):
    world.fed.feed(called(1, "Ольга"))
    world.projector.project_available()
    whole = world.rows()
    with world.engine.begin() as connection:
        connection.execute(schema.progress.update().values(version=0))
        connection.execute(schema.bearer.delete())
    world.start()
    world.projector.project_available()
    assert world.rows() == whole


def test_of_two_projectors_the_later_one_begins_where_the_tables_end(world):
    world.fed.feed(called(1, "Ольга"), called(2, "Анна"))
    page = world.fed.base.recorder.read(0, 10, personal=True)
    late = NameIndex(world.engine)
    assert late.prepare() == 0
    world.projector.project_available()
    whole = world.rows()
    with pytest.raises(OvertakenElsewhere):
        late.append(page, 0)
    assert world.rows() == whole
    assert late.prepare() == page[-1].position


def test_purged_cards_leave_no_name_behind(world):
    world.fed.feed(called(1, "Ольга Смирнова"), called(2, "Анна"), called(3, "Анна"))
    world.projector.project_available()
    gone = [world.cards.leaf_of(f"phone:+7912000000{n}") for n in (1, 2)]
    world.index.purge(gone)
    assert world.named("Ольга") == []
    assert world.named("Анна") == ["+79120000003"]
    with world.engine.connect() as connection:
        assert [row.folded for row in connection.execute(schema.name.select())] == ["ana"]
        assert {row.leaf for row in connection.execute(schema.said.select())}.isdisjoint(gone)


def test_the_file_is_for_its_owner_and_keeps_nothing_that_was_purged(tmp_path):
    world = World(tmp_path, f"sqlite:///{tmp_path}/inbox.db")
    try:
        world.fed.feed(called(1, "Qwertyuiop"))
        world.projector.project_available()
        world.index.purge([world.cards.leaf_of("phone:+79120000001")])
        files = list(tmp_path.glob("inbox.db*"))
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
        assert all(b"uiop" not in file.read_bytes() for file in files)
    finally:
        world.close()


def test_a_forgotten_lead_has_no_name(world):
    world.fed.feed(called(1, "Ольга"))
    page = world.fed.base.recorder.read(0, 10, personal=False)
    world.index.prepare()
    world.index.append(page, 0)
    assert world.search.find("Ольга").hits == []


def test_a_card_without_identity_is_found_by_its_name(world):
    world.fed.feed(msgspec.structs.replace(lead(1), profile=Profile(name="Ольга")))
    (value,) = world.named("ольга")
    assert UUID(value)


def test_processes_that_start_at_once_make_the_tables_once(postgres):
    url = fresh_database(postgres)
    indexes = [NameIndex(open_engine(url)) for _ in range(6)]
    together = threading.Barrier(len(indexes))

    def prepare(index):
        together.wait()
        return index.prepare()

    with ThreadPoolExecutor(len(indexes)) as threads:
        assert list(threads.map(prepare, indexes)) == [0] * len(indexes)


def test_a_server_that_vanishes_is_noticed_soon_and_who_is_paused_holds_up_nobody(postgres):
    with open_engine(postgres).connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()
        idle = "SHOW idle_in_transaction_session_timeout"
        assert connection.exec_driver_sql(idle).scalar() == "10s"
    assert (told["keepalives_idle"], told["tcp_user_timeout"]) == ("10", "20000")
