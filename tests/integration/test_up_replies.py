"""`leadlog up` sends what was written to a person, and the card tells so."""

import httpx
import pytest
from servers.provider import Provider, Says
from support.leadlog_up import Leadlog
from support.waiting import wait_until

TOKEN = "700000001:AAexample-token-of-a-bot-0123456789"
SETTINGS = """
[[accounts]]
type = "telegram"
name = "answering_bot"
token = "{token}"
secret_token = "example-secret"
api_url = "{url}"
"""
UPDATE = {
    "update_id": 501000001,
    "message": {
        "message_id": 77,
        "from": {"id": 5550000042, "is_bot": False, "first_name": "Иван"},
        "chat": {"id": 5550000042, "type": "private", "first_name": "Иван"},
        "date": 1735689600,
        "text": "Сколько стоит?",
    },
}


def blocked(asked):
    del asked
    return Says(
        {
            "ok": False,
            "error_code": 403,
            "description": "Forbidden: bot was blocked by the user",
        },
        403,
    )


def took(asked):
    chat = {"id": int(asked.fields["chat_id"]), "type": "private"}
    return Says({"ok": True, "result": {"message_id": 93, "date": 1735689700, "chat": chat}})


@pytest.fixture
def telegram():
    with Provider(took) as provider:
        yield provider


@pytest.fixture
def server(telegram, tmp_path):
    with Leadlog(tmp_path, settings=SETTINGS.format(token=TOKEN, url=telegram.url)) as server:
        server.start()
        yield server


def outgoing(server, state):
    (card,) = server.asks("card.show", id="telegram:5550000042")
    found = [entry for entry in card["timeline"] if entry.get("direction") == "out"]
    return [entry for entry in found if entry["state"] == state]


def test_a_reply_is_sent_shown_and_where_it_is_refused_listed(server, telegram):
    secret = {"X-Telegram-Bot-Api-Secret-Token": "example-secret"}
    url = f"{server.url}/in/answering_bot"
    assert httpx.post(url, json=UPDATE, headers=secret, trust_env=False).status_code == 200
    server.objects("audit", "--wait", "60")
    write = ("card", "reply", "telegram:5550000042", "--as", "anna")
    (told,) = server.objects(*write, "--text", "120 000")
    (entry,) = wait_until(lambda: outgoing(server, "sent"))
    assert (entry["reply"], entry["text"]) == (told["reply"], "120 000")
    assert [asked.fields["text"] for asked in telegram.asked] == ["120 000"]
    telegram.usually = blocked
    (told,) = server.objects(*write, "--text", "Ау?")
    wait_until(lambda: outgoing(server, "failed"))
    (waiting,) = server.objects("outbox", "list")
    assert (waiting["reply"], waiting["reason"]) == (told["reply"], "blocked")
    telegram.usually = took
    server.objects("outbox", "retry", told["reply"])
    wait_until(lambda: len(outgoing(server, "sent")) == 2)
    assert server.objects("outbox", "show", told["reply"])[0]["text"] == "Ау?"
    assert server.objects("outbox", "list") == []
    assert 'leadlog_outbox_tries_total{account="answering_bot"' in server.get("/metrics").text
    said = server.said()
    assert "120 000" not in said
    assert TOKEN not in said
    assert server.stop() == 0
