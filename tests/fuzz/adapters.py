"""Bytes from a fuzzer that sees which lines they reach, through every adapter: `make fuzz`.

    python tests/fuzz/adapters.py CORPUS_DIRECTORY -max_total_time=300

The first byte chooses the type, the second a recording of it, whose address and headers are kept;
the rest is the body. The corpus begins with the recordings. What breaks an adapter is written to a
file `crash-…`, which as an argument plays it again.
"""

import sys
from pathlib import Path

import atheris
from msgspec.structs import replace

sys.path[:0] = [str(folder) for folder in (Path(__file__).parents[2], Path(__file__).parents[1])]

with atheris.instrument_imports(include=["channels"]):
    from support.fuzzing import cases, faults, unlocked

    from channels.registry import BUILT_IN
    from channels.sdk.delivery import Delivery
    from channels.sdk.testing.on_parse import with_body

_TYPES = tuple(BUILT_IN)


def try_one(data: bytes) -> None:
    """One delivery; raises AssertionError with what an adapter does wrong."""
    if len(data) < 2:
        return
    account_type = _TYPES[data[0] % len(_TYPES)]
    number = data[1] % len(cases(account_type))
    case, body = cases(account_type)[number], data[2:]
    source = with_body(case.source, body)
    if isinstance(source, Delivery) and not case.source.body:  # it came in the address
        path = source.url.partition("?")[0]
        source = replace(source, body=b"", url=f"{path}?{body.decode('latin-1')}")
    found = [*faults(case, unlocked(account_type)[number], source)]
    assert not found, f"{case.name}: {found}: {source}"


def sow(corpus: Path) -> None:
    """Write the recordings as the fuzzer's first inputs."""
    corpus.mkdir(parents=True, exist_ok=True)
    for first, account_type in enumerate(_TYPES):
        for second, case in enumerate(cases(account_type)):
            source = case.source
            query = source.query.encode() if isinstance(source, Delivery) else b""
            seed = bytes((first, second)) + (source.body or query)
            (corpus / case.name).write_bytes(seed)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        if not argument.startswith("-") and not Path(argument).is_file():
            sow(Path(argument))
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
