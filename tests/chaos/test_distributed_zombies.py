"""Processes that sleep for half a minute and wake with old work in hand; workers that come and go.

CHAOS_SEED makes another run.
"""

import os
import time

from chaos.points import STORE
from chaos.replies import Letters, published_once
from chaos.stage import Stage, wait_for
from servers.provider import Provider

from leadlog.role_names import Role

SEED = int(os.environ.get("CHAOS_SEED", "20260201"))
ASLEEP_S = 30.0
ZOMBIES = {
    "one": "processor.after_read",
    "two": "processor.before_commit",
    "three": "store.in_transaction",
    "facts": "projector.before_insert",
    "outbox": "outbox.before_send",
}
HEIRS = {"heir": "processor", "other-facts": "projector", "other-outbox": "outbox"}
CHANGES = 4


def test_zombies_of_every_role_have_no_effect_of_their_own(servers, tmp_path, monkeypatch):
    with Provider(Letters.answer) as provider, Stage(tmp_path, servers, seed=SEED) as stage:
        monkeypatch.setenv("LEADLOG_BOT_API_URL", provider.url)
        stage.start(
            gateway_1="gateway",
            one="processor",
            two="processor",
            three="processor",
            facts="projector",
            outbox="outbox",
        )
        with stage.load():
            pass
        stage.check()
        letters = Letters(stage, provider)
        for name, point in ZOMBIES.items():
            stage.freeze_at(name, point)
        with stage.load():
            letters.write()
            for name, point in ZOMBIES.items():
                wait_for(lambda name=name: stage.is_frozen(name), f"void: {name} missed {point}")
            frozen_at = time.monotonic()
            for name, role in HEIRS.items():
                stage.cluster.start(name, role)
            letters.all_sent()
            before = stage.system.base.recorder.last_position()
            wait_for(
                lambda: stage.system.base.recorder.last_position() > before + 100,
                "I9: the heirs do not go on while zombies sleep",
            )
            time.sleep(max(0.0, frozen_at + ASLEEP_S - time.monotonic()))
            for name in ZOMBIES:
                stage.wake(name)
        stage.check([Role.PROCESSOR, Role.PROJECTOR, Role.OUTBOX])
        letters.each_once_but_under_way()
        published_once(stage)
        stage.check_all()


def test_a_writer_that_sleeps_in_its_transaction_is_not_waited_for(servers, tmp_path):
    """Both read every partition, so that the other one soon needs whatever it holds."""
    with Stage(tmp_path, servers, seed=SEED, runner="loop") as stage:
        stage.start(gateway_1="gateway", one="processor", two="processor", facts="projector")
        last = stage.system.base.recorder.last_position
        for point in STORE:
            stage.freeze_at("one", point)
            with stage.load():
                wait_for(lambda: stage.is_frozen("one"), f"void: it missed {point}")
                before = last()
                wait_for(lambda before=before: last() > before + 100, f"I9: all wait at {point}")
                assert stage.is_frozen("one"), "void: somebody woke it"
                stage.wake("one")
            stage.check()
        stage.check_all()


def test_a_worker_stops_cleanly_while_its_group_waits_for_one_that_died(servers, tmp_path):
    with Stage(tmp_path, servers, seed=SEED) as stage:
        stage.start(gateway_1="gateway", one="processor", two="processor", facts="projector")
        for joins_for in (1.0, 2.5, 4.0):
            with stage.load():
                pass
            stage.check()  # both are in the group by now
            stage["two"].stop()
            stage["one"].kill()
            stage.cluster.start_again("two")
            wait_for(lambda: stage.is_up("two"), "void: it does not start")
            time.sleep(joins_for)
            assert stage["two"].stop() == 0, stage["two"].said()
            stage.cluster.start_again("one")
            stage.cluster.start_again("two")
        stage.check_all()


def test_workers_that_come_and_go_under_load(servers, tmp_path):
    with Stage(tmp_path, servers, seed=SEED) as stage:
        stage.start(gateway_1="gateway", one="processor", two="processor", facts="projector")
        with stage.load(least=600):
            for number in range(CHANGES):
                stage.cluster.start(f"guest-{number}", "processor")
                stage["one"].stop()
                stage.cluster.start_again("one")
                stage.cluster.restart("two")
                time.sleep(1)
                stage.cluster.leave(f"guest-{number}")
        stage.check_all()
