"""What we wrote to a person, on their page."""

import pytest
from support import desks
from support.desks import feed, lead, lead_id, opened

from channels.sdk.sending import Message
from eventstore.orders import order
from eventstore.reply_commands import ReplyCommands
from eventstore.touches import bytes_of


@pytest.fixture
def system(tmp_path):
    with opened(tmp_path) as system:
        feed(system, lead(1, ("telegram", "77", "attested"), profile={"name": "Пётр"}))
        yield system


def test_it_stands_there_with_what_became_of_it_and_who_wrote_it(system):
    replies, by = ReplyCommands(system.base), order("anna")
    message = Message(to="77", text="<b>Завтра</b> в полдень")
    replies.write(bytes_of(lead_id(1)), message, by, channel="telegram", account="bot")
    replies.failed(by.command, "failed", "blocked", at=by.at)
    with desks.client(system) as client:
        for language, told in (("en", "the person has blocked us"), ("ru", "нас заблокировал")):
            page = client.get("/cards/telegram:77", headers={"Accept-Language": language}).text
            assert told in page
            assert "&lt;b&gt;Завтра&lt;/b&gt; в полдень" in page
            assert "anna" in page
