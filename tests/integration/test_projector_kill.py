"""A projector killed by -9 again and again in a process of its own: nothing lost or doubled."""

import signal
import subprocess
import sys
import time

import pytest
from servers.clickhouse import at, fresh_name

PROGRAM = """
import sys
from eventstore.domain.events import PersonFormed
from eventstore.reading import Recorded
from projections.clickhouse.client import ClickHouse
from projections.facts import counts
from projections.facts.table import FactTable
from projections.runner import Projector

class Endless:
    def read(self, after, limit, *, personal=False):
        event = PersonFormed(leaves=(bytes(16),))
        return [Recorded(n, n, n.to_bytes(16, "big"), 1, event)
                for n in range(after + 1, min(after + limit, END) + 1)]
    def last_position(self):
        return END

END = int(sys.argv[2])
store = ClickHouse(sys.argv[1])
projector = Projector(Endless(), FactTable(store), block=int(sys.argv[3]))
print("started", flush=True)
projector.project_available()
if END < 10**9:
    print(*counts.fact_counts(store), flush=True)
store.close()
"""


@pytest.fixture(params=["chdb", "server"])
def address(request, tmp_path):
    if request.param == "chdb":
        return f"chdb://{tmp_path}/analytics"
    return at(request.getfixturevalue("clickhouse"), fresh_name())


def start(address, end, block):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, address, str(end), str(block)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_kills_lose_and_double_nothing(address):
    for number, block in enumerate((37, 91, 53)):
        process = start(address, 10**9, block)
        assert process.stdout.readline() == "started\n"
        time.sleep(0.5 + 0.13 * number)
        process.send_signal(signal.SIGKILL)
        process.wait()
    end = 20_000
    process = start(address, end, 5_000)
    output, _ = process.communicate(timeout=60)
    rows, positions, last, *_ = map(int, output.split()[1:])
    assert rows == positions == last >= end
