"""Who is alike is asked anew when something was recorded, unless asking takes long."""

from dataclasses import dataclass, field

from eventstore.lookalikes_kept import Kept


@dataclass
class Store:
    """A store in which asking takes some seconds, and a clock beside it."""

    takes: float
    position: int = 0
    now: float = 100.0
    asked: list[int] = field(default_factory=list)

    def make(self) -> list:
        self.now += self.takes
        self.asked.append(self.position)
        return []

    def kept(self) -> Kept:
        return Kept(self.make, lambda: self.position, lambda: self.now)


def test_nothing_is_asked_twice_while_nothing_is_recorded():
    store = Store(takes=0.1)
    kept = store.kept()
    kept()
    store.now += 10_000
    kept()
    assert store.asked == [0]


def test_a_quick_answer_is_made_anew_after_every_record():
    store = Store(takes=0.1)
    kept = store.kept()
    kept()
    store.position = 1
    kept()
    assert store.asked == [0, 1]


def test_a_slow_answer_is_kept_for_twenty_times_as_long():
    store = Store(takes=10)
    kept = store.kept()
    kept()
    store.position = 1
    store.now = 100 + 199
    kept()
    assert store.asked == [0]
    store.now = 100 + 201
    kept()
    assert store.asked == [0, 1]


def test_an_empty_store_is_asked_once_too():
    store = Store(takes=10)
    kept = store.kept()
    kept()
    kept()
    assert store.asked == [0]
