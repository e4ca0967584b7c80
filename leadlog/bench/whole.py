"""What a lead costs on its whole way: gateway, processor and projector of a real `leadlog up`."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadlog import control
from leadlog.bench.clock import apart, cpu_of
from leadlog.bench.leads import ACCOUNT
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides
from leadlog.bench.posting import Load, post, tool

_CONNECTIONS = 16
_SECONDS, _QUICK_SECONDS = 5.0, 1.0
_READY_WITHIN_S = 30.0
_WAIT_S = 120.0
_COMMAND = (sys.executable, "-c", "from leadlog.cli import main; main()", "up", "--port", "0")


@contextmanager
def opened(setting: Setting) -> Iterator[Sides]:
    """One server for all rounds; each round's leads are in the numbers when it ends."""
    seconds = _QUICK_SECONDS if setting.quick else _SECONDS
    with setting.scratch() as folder, _up(folder) as address:
        load = Load(f"{address.url}/in/{ACCOUNT}", _CONNECTIONS, 1, "warm-up")
        _through(load, address)
        yield Sides(
            lambda number: _through(load._replace(seconds=seconds, run=f"r{number}"), address),
            None,
            note=f"posted by {tool()} over {_CONNECTIONS} connections",
        )
        (found,) = control.ask(address, "audit", {})
        if not found["ok"]:
            raise AssertionError(f"the audit after it found: {found['difference']}")


@contextmanager
def _up(folder: Path) -> Iterator[control.Address]:
    config = folder / "leadlog.toml"
    config.write_text(f'data = "data"\n[[accounts]]\ntype = "webform"\nname = "{ACCOUNT}"\n')
    command = [*_COMMAND, "--config", str(config)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        try:
            yield _address(folder / "data", process)
        finally:
            process.terminate()


def _address(data: Path, process: subprocess.Popen[bytes]) -> control.Address:
    """Where it takes leads and commands, once it does."""
    end = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        address = control.running(data)
        if address is not None and address.url.startswith("http://1"):
            return address
        time.sleep(0.02)
    raise RuntimeError("`leadlog up` did not get ready; its own words are above")


def _through(load: Load, address: control.Address) -> Sample:
    """Post for a while, and wait until all of it is processed and projected."""
    wall, cpu = time.perf_counter(), cpu_of(address.pid)
    posted = post(load, apart()[1])
    (told,) = control.ask(address, "wait", {"seconds": _WAIT_S})
    if not told["current"]:
        raise TimeoutError(f"the projections are behind after {_WAIT_S:.0f} s")
    used = cpu_of(address.pid) - cpu
    return Sample(posted.requests, time.perf_counter() - wall, used, posted.p99_us / 1e3)


BENCHMARK = Benchmark(
    name="whole",
    a="leadlog up: post to projected",
    b="",
    unit="leads/s",
    aim=300,
    cost=True,
    open=opened,
)
