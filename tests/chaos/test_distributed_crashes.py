"""Each role of a distributed installation killed by -9 at each of its fault points, under load.

After each kill the invariants I1 to I6 and I9, at the end of a role I7 and I8 as well.
CHAOS_SEED makes another run.
"""

import os
import time

import pytest
from chaos.commands import Desk
from chaos.customers import SENDER, Customers
from chaos.invariants import Stores, come_to_rest, posts_of
from chaos.points import (
    COMMANDS,
    FAUST,
    GATEWAY,
    LEASE,
    MAIL,
    OUTBOX,
    POLLERS,
    PROJECTION,
    PUBLISHER,
    SPOOL,
    STORE,
)
from chaos.replies import Letters, published_once
from chaos.stage import RESTS_WITHIN_S, Stage, wait_for
from servers.process import free_port
from servers.provider import Provider
from servers.telegram import TOKEN, TelegramFake, message
from support.deliveries import polled_message

from leadlog.role_names import Role

SEED = int(os.environ.get("CHAOS_SEED", "20260201"))
PAUSED_S = 6.0
"""Longer than an append to Kafka may take."""
FETCHED = """
[mail]
port = {mail}

[[accounts]]
type = "email"
name = "inbox"
address = "sales@shop.example"

[[accounts]]
type = "telegram"
name = "polled_bot"
token = "{token}"
api_url = "{url}"
"""


@pytest.fixture
def stage(servers, tmp_path):
    with Stage(tmp_path, servers, seed=SEED) as stage:
        yield stage


def test_a_gateway_killed_anywhere(stage):
    stage.start(gateway_1="gateway", gateway_2="gateway", processor="processor", facts="projector")
    for point in GATEWAY:
        with stage.load():
            stage.kill_at({"gateway-2": point}, stage.rng.randrange(1, 40))
        stage.check()
    stage.check_all()


def test_a_gateway_killed_anywhere_while_it_spools_and_drains(stage, servers):
    stage.start(gateway_1="gateway", spool="gateway", processor="processor", facts="projector")
    for point in SPOOL:
        stage["spool"].stop()
        stage.start_to_die("spool", point)
        stage["spool"].wait_until_ready()
        with stage.load():
            servers.kafka.pause()
            time.sleep(PAUSED_S)
            servers.kafka.resume()
            stage.died_at("spool", point)
            stage.cluster.start_again("spool")
        stage.check()
    stage.check_all()


def test_workers_killed_anywhere_two_at_a_time(stage):
    stage.start(
        gateway_1="gateway", facts="projector", one="processor", two="processor", three="processor"
    )
    for points in zip(FAUST[::2], FAUST[1::2], strict=True):
        with stage.load():
            stage.kill_at(dict(zip(("one", "two"), points, strict=True)))
        stage.check()
    stage.check_all()


def test_processors_killed_anywhere_in_a_transaction(servers, tmp_path):
    """Both read every partition: whoever lives has decided about the same leads."""
    with Stage(tmp_path, servers, seed=SEED, runner="loop") as stage:
        stage.start(gateway_1="gateway", facts="projector", one="processor", two="processor")
        for point in STORE:
            with stage.load():
                stage.kill_at({"one": point}, stage.rng.randrange(1, 4))
            stage.check()
        stage.check_all()


def test_a_projector_killed_anywhere(stage):
    stage.start(gateway_1="gateway", processor="processor", facts="projector", heir="projector")
    for point in (*LEASE, *PROJECTION):
        with stage.load():
            stage.kill_alone_at("facts", "heir", point, 1 if point in LEASE else 3)
        stage.check()
    stage.check_all()


def test_an_outbox_killed_anywhere_repeats_at_most_what_it_was_sending(
    servers, tmp_path, monkeypatch
):
    with Provider(Letters.answer) as provider, Stage(tmp_path, servers, seed=SEED) as stage:
        monkeypatch.setenv("LEADLOG_BOT_API_URL", provider.url)
        stage.start(
            gateway_1="gateway",
            processor="processor",
            facts="projector",
            outbox="outbox",
            heir="outbox",
        )
        with stage.load():
            pass
        stage.check()
        letters = Letters(stage, provider)
        for point in (*LEASE, *OUTBOX, *PUBLISHER):
            with stage.load(least=100):
                stage.kill_alone_at("outbox", "heir", point, meanwhile=letters.write)
            letters.all_sent()
            stage.check([Role.PROCESSOR, Role.PROJECTOR, Role.OUTBOX])
            letters.each_once_but_under_way()
        published_once(stage)
        stage.check_all()


def test_what_is_fetched_and_handed_over_survives_kills_anywhere(servers, tmp_path):
    door = free_port()
    with TelegramFake() as telegram:
        more = FETCHED.format(mail=door, token=TOKEN, url=telegram.url)
        with Stage(tmp_path, servers, seed=SEED, more=more) as stage:
            stage.start(
                gateway_1="gateway",
                processor="processor",
                facts="projector",
                pollers="pollers",
                heir="pollers",
            )
            customers = Customers(lambda number: telegram.put(message(number)), door)
            customers.start()
            for point in POLLERS:
                stage.kill_alone_at("pollers", "heir", point, 2)
            for point in MAIL:
                stage.kill_at({"gateway-1": point}, 2)
            customers.ended.set()
            customers.join(60)
            wait_for(lambda: not telegram.waiting, "void: not all was fetched")
            stage.given += [polled_message(n) for n in range(1, customers.written + 1)]
            stage.given += mails(stage, customers)
            assert stage.check_all()["posts"] > 50


def mails(stage, customers):
    """As posts. Their ids come of what stands in them: I1 and I2 are held by their senders."""
    come_to_rest(stage.system, RESTS_WITHIN_S)
    found = posts_of(Stores.of(stage.system), "inbox")
    assert found.keys() == {SENDER.format(number) for number in customers.mails}, "I1, I2: mails"
    return found.values()


def test_a_desk_killed_anywhere_in_a_command_has_done_it_once(stage):
    stage.start(gateway_1="gateway", processor="processor", facts="projector", desk="desk")
    with stage.load():
        pass
    stage.check()
    desk = Desk(stage, "desk")
    for point in COMMANDS:
        desk.killed_at(point)
        stage.check()
    stage.check_all()
