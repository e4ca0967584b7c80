"""The pollers' role cut off at random a hundred times at a real mailbox: one effect each."""

import imaplib
import os
import random
import shutil
import tempfile
import threading
import time
from pathlib import Path

import pytest
from servers.dovecot import PASSWORD, DovecotServer
from support.polled import Polled

from channels.email.adapter import EmailAdapter

RESTARTS = int(os.environ.get("POLL_RESTARTS", "100"))
SEED = int(os.environ.get("POLL_SEED", "20260201"))
MAILS = 60
LONGEST_RUN_S = 0.1
"""A login takes half of it."""


@pytest.fixture
def dovecot():
    folder = Path(tempfile.mkdtemp(prefix="leadlog-dovecot-"))
    server = DovecotServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def deliver(dovecot, ended):
    """Mails arrive now and then."""
    client = dovecot.client("ira@shop.example")
    for number in range(MAILS):
        mail = (
            f"From: c{number}@b.example\r\nMessage-ID: <{number}@b.example>\r\n\r\nHello {number}"
        )
        date = imaplib.Time2Internaldate(time.time())
        assert client.append("INBOX", None, date, mail.encode())[0] == "OK"
        ended.wait(0.03)
    client.logout()


async def test_a_mailbox_loses_and_doubles_nothing(dovecot, tmp_path):
    chance = random.Random(SEED)
    table = {
        "name": "inbox",
        "address": "ira@shop.example",
        "imap_host": "127.0.0.1",
        "imap_port": dovecot.port,
        "imap_password": PASSWORD,
        "imap_tls": False,
    }
    polled = Polled(tmp_path, EmailAdapter(EmailAdapter.Settings.from_table(table)))
    customers = threading.Thread(target=deliver, args=(dovecot, threading.Event()), daemon=True)
    customers.start()
    for _ in range(RESTARTS):
        await polled.run_until(chance.uniform(0, LONGEST_RUN_S))
    customers.join()
    await polled.run_until(lambda _: polled.different_leads == MAILS)
    touches = polled.touches()
    polled.close()
    assert len(touches) == MAILS
    assert set(touches.values()) == {1}
