"""`leadlog up` fetches what must be fetched, says from where, and tells when it cannot."""

import json
import smtplib
import socket
from contextlib import suppress

import httpx
import pytest
from servers.process import free_port
from servers.telegram import TOKEN, TelegramFake, message
from support.leadlog_up import Leadlog
from support.waiting import wait_until

SETTINGS = """
[[accounts]]
type = "telegram"
name = "polled_bot"
token = "{token}"
api_url = "{url}"
"""


@pytest.fixture
def telegram():
    with TelegramFake() as telegram:
        yield telegram


@pytest.fixture
def server(telegram, tmp_path):
    with Leadlog(tmp_path, settings=SETTINGS.format(token=TOKEN, url=telegram.url)) as server:
        server.start()
        yield server


def test_polled_accounts_are_fetched_without_any_webhook(server, telegram):
    telegram.put(*map(message, range(1, 6)))
    wait_until(lambda: not telegram.waiting)
    (audit,) = server.objects("audit", "--wait", "60", "--full")
    assert audit["ok"]
    assert audit["leads"]["events"] == 5
    assert f"fetched  polled_bot from {telegram.url.removeprefix('http://')}" in server.said()
    assert server.get("/readyz").json()["reasons"]["account polled_bot"] == "ok"
    assert (
        'leadlog_poll_state{account="polled_bot",state="polling"} 1.0'
        in server.get("/metrics").text
    )
    posted = httpx.post(f"{server.url}/in/polled_bot", json=message(1), trust_env=False)
    assert posted.status_code == 404, "nobody can post to an account that is polled"
    assert server.stop() == 0


def test_an_account_that_cannot_be_fetched_is_told_and_the_others_go_on(server, telegram):
    telegram.revoked = True
    telegram.change()
    told = wait_until(lambda: not_ok(server))
    assert told.startswith("stopped: Telegram does not know the token")
    assert server.get("/readyz").status_code == 200
    lines = [json.loads(line) for line in server.run("doctor", "--json").stdout.splitlines()]
    (line,) = [line for line in lines if line["subject"] == "account polled_bot"]
    assert (line["state"], "@BotFather" in line["told"]) == ("broken", True)
    assert TOKEN not in server.said()


def test_mail_that_is_handed_over_becomes_a_lead(tmp_path):
    port = free_port()
    account = f'[mail]\nport = {port}\n[[accounts]]\ntype = "email"\nname = "in"\n'
    with Leadlog(tmp_path, settings=f'{account}address = "a@shop.example"\n') as server:
        server.start()
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.sendmail("b@c.example", ["a@shop.example"], "From: b@c.example\r\n\r\nHello")
            (audit,) = server.objects("audit", "--wait", "60")
            assert server.stop() == 0  # while somebody is connected
            with suppress(smtplib.SMTPException, OSError):
                client.noop()
        assert audit["leads"]["events"] == 1
        assert f"mail     in by smtp at 127.0.0.1:{port}" in server.said()


def test_a_mail_server_that_never_answers_does_not_hold_up_the_end(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        account = '[[accounts]]\ntype = "email"\nname = "in"\naddress = "a@shop.example"\n'
        imap = f'imap_host = "127.0.0.1"\nimap_port = {port}\nimap_tls = false\n'
        with Leadlog(tmp_path, settings=account + imap) as server:
            server.start()
            held, _ = silent.accept()
            with held:
                assert server.stop() == 0  # within 30 s; the connection would wait for 60


def not_ok(server):
    told = server.get("/readyz").json()["reasons"]["account polled_bot"]
    return "" if told == "ok" else told
