"""What rounds of a paired benchmark say (leadlog.bench.pair)."""

import subprocess
import sys
from contextlib import contextmanager
from queue import SimpleQueue

import pytest

from leadlog.bench import scaling
from leadlog.bench.leads import Mix, logged_leads, persons
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides, run, summed_up


def benchmark(**more):
    return Benchmark(**{"name": "x", "a": "A", "b": "B", "unit": "u/s", "aim": 0.5, **more})


def sample(rate, cpu_us=10.0):
    return Sample(100, 100 / rate, 100 * cpu_us / 1e6)


def test_the_ratio_is_the_median_of_the_rounds_not_the_ratio_of_medians():
    ours = [sample(50), sample(200), sample(90)]
    limits = [sample(100), sample(800), sample(100)]  # ratios .5, .25, .9
    told = summed_up(benchmark(open=None), ours, limits)
    assert told.ratio == pytest.approx(0.5)
    assert (told.least, told.most) == (pytest.approx(0.25), pytest.approx(0.9))
    assert told.met


def test_a_cost_is_met_by_staying_below_it():
    within = summed_up(benchmark(open=None, aim=300, cost=True), [sample(9, 299)], [])
    beyond = summed_up(benchmark(open=None, aim=300, cost=True), [sample(9, 301)], [])
    assert (within.met, beyond.met) == (True, False)
    assert within.ratio is None


def test_the_sides_take_turns_in_alternating_order(tmp_path):
    turns = []

    @contextmanager
    def opened(setting):
        def side(name):
            def turn(number):
                turns.append(f"{name}{number}")
                return sample(10)

            return turn

        yield Sides(side("a"), side("b"))

    setting = Setting(quick=True, cache=tmp_path, progress=lambda _: None)
    told = run(benchmark(open=opened), setting, rounds=3)
    assert turns == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert told.rounds == 3


def test_made_up_leads_are_the_same_for_the_same_seed():
    one, again = (list(logged_leads(50, Mix(), seed=7)) for _ in range(2))
    assert one == again
    assert list(logged_leads(50, Mix(), seed=8)) != one


def test_newcomers_only_where_nobody_returns():
    from random import Random

    assert list(persons(5, Mix(returning=0.0), Random(1), first=10)) == [10, 11, 12, 13, 14]


def test_a_processor_that_ends_too_early_is_told_at_once():
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    told: SimpleQueue = SimpleQueue()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        scaling._listen(process, 0, told)
    with pytest.raises(RuntimeError, match="ended with status 3"):
        scaling._ready(told, 1)


LOGS = """
import structlog, sys
from leadlog.bench import kafka_worker as worker

worker.process = lambda *_: structlog.get_logger().warning("store_away")
worker.main("loop", "kafka://127.0.0.1:9/leads", "1", sys.argv[1], "")
"""


def test_what_a_processor_logs_does_not_stand_among_what_it_tells(tmp_path):
    command = [sys.executable, "-c", LOGS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (done.stdout, "store_away" in done.stderr) == ("", True)


def test_what_a_processor_says_to_people_hides_nothing_that_it_tells(capfdbinary):
    holding = b'{"type": "Holding", "partitions": 4, "cpu_s": 1.5}'
    command = [sys.executable, "-c", f"print('a warning'); print({holding.decode()!r})"]
    told: SimpleQueue = SimpleQueue()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        scaling._listen(process, 0, told)
    sys.stderr.flush()
    assert scaling._ready(told, 1) == {0: scaling.Holding(4, 1.5)}
    assert b"a warning" in capfdbinary.readouterr().err
