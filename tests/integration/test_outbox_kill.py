"""Killed anywhere, the outbox repeats at most what it was sending, and says so."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from integration.outbox_under_fault import opened
from servers.provider import Provider, Says
from support.worlds import lead

from channels.sdk.sending import Message
from eventstore.customer_base import Entry, Lead
from eventstore.orders import order
from eventstore.reply_commands import ReplyCommands
from eventstore.touches import bytes_of

SCRIPT = Path(__file__).with_name("outbox_under_fault.py")


@pytest.fixture
def provider():
    with Provider(lambda _: Says({})) as provider:
        yield provider


def written(folder, *texts):
    """Messages in one conversation; their ids."""
    base = opened(folder)
    event = msgspec.structs.replace(
        lead(1, ("telegram", "7", "attested"), thread="7"), channel="telegram", account="bot"
    )
    base.handle([Entry("log", 0, Lead(event))])
    replies, found = ReplyCommands(base), []
    for text in texts:
        by, message = order("anna"), Message(to="7", text=text)
        lead_id = bytes_of(event.lead_id)
        replies.write(lead_id, message, by, channel="telegram", account="bot")
        found.append(by.command)
    base.recorder.close()
    return found


def run(folder, provider, fault=""):
    """The outbox's exit status."""
    command = [sys.executable, str(SCRIPT), str(folder), provider.url]
    done = subprocess.run(
        command, env={**os.environ, "LEADLOG_FAULT": fault}, check=False, timeout=120
    )
    return done.returncode


def replies_in(folder, ids):
    base = opened(folder)
    found = [ReplyCommands(base).find(reply) for reply in ids]
    base.recorder.close()
    return found


@pytest.mark.parametrize(
    ("point", "asked", "repeated"),
    [
        ("outbox.before_send", ["раз", "два"], True),
        ("outbox.after_send", ["раз", "раз", "два"], True),
        ("outbox.after_record", ["раз", "два"], False),
    ],
)
def test_a_kill_repeats_at_most_what_was_being_sent_and_says_so(
    tmp_path, provider, point, asked, repeated
):
    ids = written(tmp_path, "раз", "два")
    assert run(tmp_path, provider, f"{point}:1:kill") == -9
    assert run(tmp_path, provider) == 0
    assert [one.body["text"] for one in provider.asked] == asked
    assert len({one.body["key"] for one in provider.asked}) == 2
    first, second = replies_in(tmp_path, ids)
    assert (first.state, second.state) == ("sent", "sent")
    assert (first.repeated, second.repeated) == (repeated, False)
