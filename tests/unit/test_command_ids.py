"""A command's id stands for one command: the same again is answered as then (SEMANTICS 3.7)."""

from uuid import UUID

import pytest
from support.worlds import KEYRING, Fed, base, decision_id, lead

from channels.sdk.sending import Message
from eventstore.deal_commands import DealCommands
from eventstore.evidence import Selection, select
from eventstore.orders import CommandReused, order
from eventstore.queries import Cards
from eventstore.reply_commands import ReplyCommands
from eventstore.review_queue import ReviewQueue
from eventstore.touches import bytes_of, deal_id

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
TELEGRAM, VK = ("telegram", "7", "attested"), ("vk", "8", "attested")
DEAL = deal_id(bytes_of(lead(1).lead_id), "sales")


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(1, PHONE, EMAIL), lead(2, TELEGRAM), lead(3, VK))
    unsent(started)
    started.feed(*(lead(n, VK, ("email", f"{n}@x.ru", "claimed")) for n in range(10, 13)))
    yield started
    started.base.recorder.close()


def leaf(identity) -> bytes:
    return KEYRING.leaf(identity[0], identity[1])


def by(number=1):
    return order("anna", command=decision_id(number))


def queue(fed) -> ReviewQueue:
    return ReviewQueue(Cards(fed.base))


def write(fed, text="Здравствуйте", number=1):
    message = Message(to="7", text=text)
    lead_id, replies = bytes_of(lead(2).lead_id), ReplyCommands(fed.base)
    return replies.write(lead_id, message, by(number), channel="test", account="test")


def unsent(fed):
    """Two messages that were given up."""
    for number in (8, 9):
        write(fed, number=number)
        reply = by(number).command
        ReplyCommands(fed.base).failed(reply, "set_aside", "gave_up", at=1_700_000_003_000)


def retry(fed, *numbers):
    return ReplyCommands(fed.base).retry([by(number).command for number in numbers], by())


COMMANDS = {
    "merge": lambda fed: fed.commands.merge(leaf(PHONE), leaf(TELEGRAM), by()),
    "merge of others": lambda fed: fed.commands.merge(leaf(PHONE), leaf(VK), by()),
    "merge for a reason": lambda fed: fed.commands.merge(
        leaf(PHONE), leaf(TELEGRAM), by(), reason="they called"
    ),
    "veto": lambda fed: fed.commands.veto(leaf(PHONE), leaf(EMAIL), by()),
    "share": lambda fed: fed.commands.mark(leaf(PHONE), True, by()),
    "unshare": lambda fed: fed.commands.mark(leaf(PHONE), False, by()),
    "withdraw": lambda fed: fed.commands.withdraw(
        select(fed.base, Selection(rule="one form")), by(), asked=("one form",)
    ),
    "accept": lambda fed: queue(fed).accept("1", by()),
    "refuse": lambda fed: queue(fed).refuse("1", by()),
    "deal accept": lambda fed: DealCommands(fed.base).accept(DEAL, by()),
    "deal stage": lambda fed: DealCommands(fed.base).enter(DEAL, "measure", by()),
    "deal own": lambda fed: DealCommands(fed.base).own(DEAL, "boris", by()),
    "reply": write,
    "retry": lambda fed: retry(fed, 8),
    "retry of both": lambda fed: retry(fed, 9, 8),
    "another reply": lambda fed: write(fed, "До свидания"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_command_again_is_answered_as_it_was_the_first_time(fed, name):
    first = COMMANDS[name](fed)
    DealCommands(fed.base).note(DEAL, "perhaps", order("boris"))
    position = fed.base.recorder.last_position()
    assert COMMANDS[name](fed) == first
    assert fed.base.recorder.last_position() == position


@pytest.mark.parametrize("name", COMMANDS)
def test_no_other_command_may_have_its_id(fed, name):
    COMMANDS[name](fed)
    position = fed.base.recorder.last_position()
    for other in COMMANDS.keys() - {name}:
        with pytest.raises(CommandReused, match="was used for another command"):
            COMMANDS[other](fed)
    assert fed.base.recorder.last_position() == position


def test_an_undo_has_an_id_of_its_own_too(fed):
    first, second = (fed.commands.merge(leaf(PHONE), leaf(one), by(n)) for n, one in
                     enumerate((TELEGRAM, VK), 1))  # fmt: skip
    undone = fed.commands.undo(first.decision, by(3))
    assert fed.commands.undo(first.decision, by(3)) == undone
    with pytest.raises(CommandReused):
        fed.commands.undo(second.decision, by(3))
    with pytest.raises(CommandReused):
        fed.commands.undo(first.decision, by(2))


def test_a_refused_command_leaves_its_id_free(fed):
    with pytest.raises(Exception, match="same leaf card"):
        fed.commands.merge(leaf(PHONE), leaf(PHONE), by())
    COMMANDS["merge"](fed)


@pytest.mark.parametrize("again", ["monday", " monday "])
def test_any_text_is_a_commands_id(fed, again):
    first = fed.commands.merge(leaf(PHONE), leaf(VK), order("anna", command="monday"))
    assert fed.commands.merge(leaf(PHONE), leaf(VK), order("anna", command=again)) == first
    with pytest.raises(CommandReused):
        fed.commands.merge(leaf(PHONE), leaf(TELEGRAM), order("anna", command=again))
    assert order("anna", command="tuesday").command != first.decision


def test_a_uuid_is_the_id_itself_in_any_spelling():
    text = "0F9F1C1E-7B0A-4C5D-8E6F-000000000001"
    same = {order("anna", command=one).command for one in (text, text.lower(), f"{{{text}}}")}
    assert same == {UUID(text).bytes}
