"""The pollers' role cut off at random a hundred times: nothing lost, one effect each.

Its provider misbehaves meanwhile. Held against what it gave out, through the real log, cursors and
processor.
POLL_RESTARTS and POLL_SEED make a longer, or another, run.
"""

import os
import random
import threading

import pytest
from servers.graph import PAGE, GraphFake, lead
from servers.graph import TOKEN as PAGE_TOKEN
from servers.max import TOKEN as MAX_TOKEN
from servers.max import MaxFake
from servers.max import message as max_message
from servers.telegram import TOKEN, TelegramFake, message
from servers.vk import GROUP, VkFake
from servers.vk import TOKEN as VK_TOKEN
from servers.vk import message as vk_message
from support.polled import Polled

from channels.messengers.facebook_leads import FacebookLeadsAdapter
from channels.messengers.max import MaxAdapter
from channels.telegram.adapter import TelegramAdapter
from channels.vk.adapter import VkAdapter

RESTARTS = int(os.environ.get("POLL_RESTARTS", "100"))
SEED = int(os.environ.get("POLL_SEED", "20260201"))
LONGEST_RUN_S = 0.04
DELIVERIES = 200
FAULTS = ("", "", "", "html", "page", "broken", "reset", "cut", "hang")


@pytest.fixture
def chance():
    return random.Random(SEED)


class Trickle(threading.Thread):
    """Puts deliveries into a provider, some at a time, as long as the restarts go on."""

    def __init__(self, put, deliveries, chance):
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self._put = put
        self._waiting = list(deliveries)
        self._chance = random.Random(chance.random())

    def run(self):
        while self._waiting:
            some = self._chance.randint(1, 9)
            self._put(*self._waiting[:some])
            del self._waiting[:some]
            self.ended.wait(0.01)


async def restarted(polled, fake, chance, times):
    """Cut off at any moment, so many times, at a provider that fails now and then."""
    for _ in range(times):
        fake.faults.extend(chance.choices(FAULTS, k=2))
        await polled.run_until(chance.uniform(0, LONGEST_RUN_S))
    fake.faults.clear()


async def test_vk_loses_and_doubles_nothing_though_its_history_is_short(tmp_path, chance):
    with VkFake(longest_wait_s=0.02, kept=40) as fake:
        table = {"type": "vk", "name": "shop", "token": VK_TOKEN, "group_id": GROUP}
        settings = VkAdapter.Settings.from_table({**table, "api_url": fake.url})
        polled = Polled(tmp_path, VkAdapter(settings))
        await polled.run_until(lambda role: role.states["shop"].last_success is not None)
        asked = [vk_message(n, user=20_000_000 + n % 12) for n in range(1, DELIVERIES + 1)]
        trickle = Trickle(fake.put, asked, chance)
        trickle.start()
        for _ in range(5):
            await restarted(polled, fake, chance, RESTARTS // 5)
            chance.choice([fake.expire_key, fake.forget_everything])()
        await polled.run_until(
            lambda _: not trickle.is_alive() and polled.different_leads == DELIVERIES
        )
    touches = polled.touches()
    polled.close()
    assert len(touches) == DELIVERIES
    assert set(touches.values()) == {1}


async def test_max_loses_and_doubles_nothing(tmp_path, chance):
    with MaxFake(longest_wait_s=0.02, most=25) as fake:
        table = {"name": "max", "bot_token": MAX_TOKEN, "api_url": fake.url}
        polled = Polled(tmp_path, MaxAdapter(MaxAdapter.Settings.from_table(table)))
        trickle = Trickle(fake.put, map(max_message, range(1, DELIVERIES + 1)), chance)
        trickle.start()
        await restarted(polled, fake, chance, RESTARTS)
        await polled.run_until(lambda _: not trickle.is_alive() and not fake.waiting)
    touches = polled.touches()
    polled.close()
    assert len(touches) == DELIVERIES
    assert set(touches.values()) == {1}


async def test_lead_forms_lose_and_double_nothing(tmp_path, chance):
    with GraphFake() as fake:
        table = {"name": "forms", "page_id": PAGE, "page_token": PAGE_TOKEN, "api_url": fake.url}
        settings = FacebookLeadsAdapter.Settings.from_table(table)
        polled = Polled(tmp_path, FacebookLeadsAdapter(settings))
        trickle = Trickle(fake.put, map(lead, range(DELIVERIES)), chance)
        trickle.start()
        await restarted(polled, fake, chance, RESTARTS)
        trickle.join()
        await polled.run_until(lambda _: polled.different_leads == DELIVERIES)
    touches = polled.touches()
    polled.close()
    assert len(touches) == DELIVERIES
    assert set(touches.values()) == {1}


async def test_telegram_loses_and_doubles_nothing(tmp_path, chance):
    with TelegramFake(longest_wait_s=0.02) as fake:
        table = {"type": "telegram", "name": "bot", "token": TOKEN, "api_url": fake.url}
        polled = Polled(tmp_path, TelegramAdapter(TelegramAdapter.Settings.from_table(table)))
        trickle = Trickle(fake.put, map(message, range(1, DELIVERIES + 1)), chance)
        trickle.start()
        await restarted(polled, fake, chance, RESTARTS)
        await polled.run_until(lambda _: not trickle.is_alive() and not fake.waiting)
    touches = polled.touches()
    polled.close()
    assert len(fake.confirmed) == DELIVERIES
    assert len(touches) == DELIVERIES
    assert set(touches.values()) == {1}
