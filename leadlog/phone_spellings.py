"""How people type the ten digits of a Russian phone number."""

from collections.abc import Callable

Spelling = Callable[[str], str]

SPELLINGS: tuple[Spelling, ...] = (
    lambda d: f"+7 ({d[:3]}) {d[3:6]}-{d[6:8]}-{d[8:]}",
    lambda d: f"8 {d[:3]} {d[3:6]} {d[6:8]} {d[8:]}",
    lambda d: f"8({d[:3]}){d[3:]}",
    lambda d: f"8{d}",
    lambda d: f"+7{d}",
    lambda d: f"7{d}",
    lambda d: d,
    lambda d: f"+7-{d[:3]}-{d[3:6]}-{d[6:]}",
)
