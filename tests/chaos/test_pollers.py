"""Killed by -9 while it fetches, and while mail is handed over: all is there, exactly once.

CHAOS_SEED and CHAOS_KILLS make another, or a longer, run.
"""

import os
import random
import time

import pytest
from chaos.crashes import kill_at, kill_at_random
from chaos.customers import Customers
from chaos.points import MAIL, POLLERS
from servers.process import free_port
from servers.telegram import TOKEN, TelegramFake, message
from servers.vk import GROUP, VkFake
from servers.vk import TOKEN as VK_TOKEN
from servers.vk import message as vk_message
from support.leadlog_up import Leadlog

SEED = int(os.environ.get("CHAOS_SEED", "20260201"))
KILLS = int(os.environ.get("CHAOS_KILLS", "50"))
SETTINGS = """
[mail]
port = {port}

[[accounts]]
type = "telegram"
name = "polled_bot"
token = "{telegram_token}"
api_url = "{telegram}"

[[accounts]]
type = "vk"
name = "polled_shop"
token = "{vk_token}"
group_id = {group}
api_url = "{vk}"

[[accounts]]
type = "email"
name = "inbox"
address = "sales@shop.example"
"""


@pytest.fixture
def world(tmp_path):
    with TelegramFake() as telegram, VkFake() as vk:
        port = free_port()
        settings = SETTINGS.format(
            port=port,
            telegram=telegram.url,
            telegram_token=TOKEN,
            vk=vk.url,
            vk_token=VK_TOKEN,
            group=GROUP,
        )
        with Leadlog(tmp_path, settings=settings) as server:
            server.start()
            wait(lambda: any(path == "/lp" for path, _ in vk.asked))  # its ts is stored

            def write(number):
                telegram.put(message(number))
                vk.put(vk_message(number, user=20_000_000 + number % 20))

            customers = Customers(write, port)
            customers.start()
            yield server, telegram, customers
            customers.ended.set()


def test_random_kills_lose_and_double_nothing_that_is_fetched_or_handed_over(world):
    server, telegram, customers = world
    kill_at_random(server, KILLS, random.Random(SEED))
    check(server, telegram, customers)


def test_kills_at_every_fault_point_lose_and_double_nothing(world):
    server, telegram, customers = world
    for point in (*POLLERS, *MAIL):
        kill_at(server, point, 2)
    check(server, telegram, customers)


def check(server, telegram, customers):
    customers.ended.set()
    customers.join(60)
    wait(lambda: not telegram.waiting)
    expected = 2 * customers.written + len(customers.mails)
    wait(lambda: audit(server)["leads"]["events"] >= expected)
    found = audit(server)
    assert found["ok"], found
    assert found["leads"]["events"] == expected
    leads = [lead for card in server.objects("card", "list") for lead in card["leads"]]
    assert len(leads) == len(set(leads)) == expected
    assert customers.written > 20
    assert len(customers.mails) > 2


def audit(server):
    (told,) = server.objects("audit", "--wait", "60", "--full")
    return told


def wait(true):
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
