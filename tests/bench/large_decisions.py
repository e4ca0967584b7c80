"""How long a decision about many touches holds up the intake, and how long its pieces take.

    PYTHONPATH=. .venv/bin/python tests/bench/large_decisions.py crossing 100000
    PYTHONPATH=. .venv/bin/python tests/bench/large_decisions.py undo 76000
    PYTHONPATH=. .venv/bin/python tests/bench/large_decisions.py pair 100000
    PYTHONPATH=. .venv/bin/python tests/bench/large_decisions.py rematch 100000

`crossing`: a lead that makes a number shared with which that many touches came; calls of others go
on meanwhile. `undo`: of a withdrawal of that many links, each of one form. `pair`: what concerns
two identities that so many leads bring together. `rematch`: of a number in that many forms, each
with another address, by rules under which forms link nobody; how long its longest piece takes.
"""

import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, islice, pairwise
from pathlib import Path
from typing import TypeVar

from channels.sdk.lead import Identity
from channels.sdk.times import time_from_epoch
from eventstore.adoption import adopt
from eventstore.card_commands import CardCommands
from eventstore.customer_base import CustomerBase
from eventstore.domain.matching import DEFAULT_RULES, Matching
from eventstore.domain.pipeline import SALES
from eventstore.evidence import Selection, select
from eventstore.following import Follower
from eventstore.orders import order
from eventstore.policy import Policy
from eventstore.rematching import rematch
from eventstore.versions import effective_policy
from ingest.log.port import Logged
from leadlog.bench.hot import ONE_NUMBER
from leadlog.bench.leads import logged
from leadlog.bench.processor import open_base, process
from leadlog.collector import settle_collector

T = TypeVar("T")

_START = 1_770_000_000
_OTHERS = 2_000
_BATCH = 50
_PAUSE_S = 0.02


def leads(whose: Callable[[int], tuple[Identity, ...]], offsets: "count[int]") -> Iterator[Logged]:
    """Records of leads, one a second, with the identities that `whose` gives for each."""
    for number, offset in enumerate(offsets):
        at = time_from_epoch(_START + offset)
        yield logged(offset, f"large {offset}", at, whose(number), kind="form")


def phone(number: str) -> Identity:
    return Identity(kind="phone", value=number, proof="claimed", raw=number)


def email(name: object) -> Identity:
    return Identity(kind="email", value=f"{name}@x.ru", proof="claimed", raw=f"{name}@x.ru")


def crossing(base: CustomerBase, touches: int) -> None:
    offsets: count[int] = count()
    process(base, list(islice(leads(_other, offsets), _OTHERS)))
    process(base, list(islice(leads(lambda n: (phone(ONE_NUMBER), email(n)), offsets), 5)))
    _tell("fed", lambda: process(base, list(islice(leads(_hot, offsets), touches))))
    sixth = list(islice(leads(lambda _: (phone(ONE_NUMBER), email("last")), offsets), 1))
    _tell("the lead that crosses the limit", lambda: process(base, sixth))
    stop, took = threading.Event(), list[float]()

    def intake() -> None:
        others = leads(_other, offsets)
        while not stop.wait(_PAUSE_S):
            batch = list(islice(others, _BATCH))
            began = time.perf_counter()
            process(base, batch)
            took.append(time.perf_counter() - began)

    thread = threading.Thread(target=intake)
    thread.start()
    _tell("pieces", lambda: sum(1 for _ in Follower(base).pieces()))
    stop.set()
    thread.join()
    took.sort()
    sys.stdout.write(
        f"batches of {_BATCH} leads of others meanwhile: {len(took)},"
        f" median {took[len(took) // 2] * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms\n"
    )


def undo(base: CustomerBase, links: int) -> None:
    process(base, list(islice(leads(lambda n: (*_other(n), email(n)), count()), links)))
    commands = CardCommands(base)
    evidence = select(base, Selection(rule="one form"))
    decided = _tell("withdrawn", lambda: commands.withdraw(evidence, order("bench")))
    _tell("undone", lambda: commands.undo(decided.decision, order("bench")))
    _tell("pieces", lambda: sum(1 for _ in Follower(base).pieces()))


def pair(base: CustomerBase, touches: int) -> None:
    together = (phone(ONE_NUMBER), email("one"))
    _tell("fed", lambda: process(base, list(islice(leads(lambda _: together, count()), touches))))
    commands, selection = CardCommands(base), Selection(rule="one form")
    first = next(iter(select(base, selection)))
    _tell("the evidence that links it withdrawn", lambda: commands.withdraw([first], order("b")))
    evidence = select(base, selection)
    decided = _tell("all of it", lambda: commands.withdraw(evidence, order("bench")))
    _tell("undone", lambda: commands.undo(decided.decision, order("bench")))
    _tell("pieces", lambda: sum(1 for _ in Follower(base).pieces()))


def rematched(base: CustomerBase, touches: int) -> None:
    adopt(base)
    whose = leads(lambda n: (phone(ONE_NUMBER), email(n)), count())
    _tell("fed", lambda: process(base, list(islice(whose, touches))))
    no_forms = Matching(version=2, rules=DEFAULT_RULES[:3])
    policy = effective_policy(base.recorder, base.keyring, Policy.of(no_forms, [SALES]))
    again = CustomerBase(base.recorder, base.keyring, policy)
    adopt(again)
    ends = [time.perf_counter()]
    _tell(
        "rematch",
        lambda: rematch(
            again, order("bench"), progress=lambda *_: ends.append(time.perf_counter())
        ),
    )
    longest = max(b - a for a, b in pairwise(ends))
    sys.stdout.write(f"{len(ends) - 1} pieces, the longest {longest:.3f} s\n")


def _other(number: int) -> tuple[Identity, ...]:
    return (phone(f"+79{number % 1_000_000:09d}"),)


def _hot(_: int) -> tuple[Identity, ...]:
    return (phone(ONE_NUMBER),)


def _tell(what: str, work: Callable[[], T]) -> T:
    began, busy = time.perf_counter(), time.thread_time()
    result = work()
    took, busy = time.perf_counter() - began, time.thread_time() - busy
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = f"{what}: {took:.3f} s, of it CPU {busy:.3f} s; at most {most:.0f} MB so far ({result})"
    sys.stdout.write(told[:200] + "\n")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="large-") as folder:
        opened = open_base(Path(folder) / "events.db")
        settle_collector()
        what = {"crossing": crossing, "undo": undo, "pair": pair, "rematch": rematched}
        what[sys.argv[1]](opened, int(sys.argv[2]))
        opened.recorder.close()
