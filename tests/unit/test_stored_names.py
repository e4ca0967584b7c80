"""What is stored is stored for ever: tags, names, types and order of everything in an event.

To add a field, give it a default and add its line to stored_names.txt. Never change or remove a
line there: events of years ago are read by it.
"""

import base64
import itertools
import typing
from pathlib import Path

import msgspec
import pytest

from channels.sdk import lead, sending
from eventstore import mapper
from eventstore.domain import events

GOLDEN = Path(__file__).with_name("stored_names.txt").read_text(encoding="utf-8").splitlines()

PLAIN = (
    events.LeadIdentity,
    events.Campaign,
    events.Routed,
    lead.LeadContent,
    lead.Identity,
    lead.Mention,
    lead.Profile,
    lead.Attachment,
    lead.Call,
    lead.OrderItem,
    lead.Order,
    lead.Booking,
    lead.Campaign,
    lead.Consent,
    sending.Message,
)
"""Stored within events: of these, `LeadIdentity` and `Routed` are arrays, whose order counts."""

STATES = Path(__file__).with_name("stored_states.txt")
"""An event's class and its stored bytes in base64, one a line, as version 0.1 wrote them; the
personal part is sealed."""

STORED = (*typing.get_args(events.AnyEvent), *PLAIN)


def described(kind):
    """`tag Class` and one `  stored=attribute: type = default` a field."""
    config = kind.__struct_config__
    shape = "array" if config.array_like else config.tag or "-"
    home = events.__name__ if kind in vars(events).values() else kind.__module__
    yield f"{shape} {home.rpartition('.')[2]}.{kind.__name__}"
    for field in msgspec.structs.fields(kind):
        yield f"  {field.encode_name}={field.name}: {type_text(field.type)}{default_text(field)}"


def default_text(field):
    """The default, which counts: fields at their default are not stored."""
    if field.required:
        return ""
    factory = field.default_factory
    default = field.default if factory is msgspec.NODEFAULT else factory()
    return f" = {type(default).__name__}()" if is_struct(default) else f" = {default!r}"


def is_struct(value):
    return isinstance(value, msgspec.Struct)


def type_text(hint):
    if hint is ...:
        return "..."
    arguments = typing.get_args(hint)
    if not arguments:
        return "None" if hint is type(None) else hint.__name__
    if typing.get_origin(hint) is typing.Literal:
        return "|".join(map(repr, sorted(arguments)))
    if hasattr(hint, "__metadata__"):
        return type_text(arguments[0])
    if typing.get_origin(hint) in (tuple, dict):
        inner = ", ".join(type_text(argument) for argument in arguments)
        return f"{typing.get_origin(hint).__name__}[{inner}]"
    return " | ".join(type_text(argument) for argument in arguments)


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.__name__)
def test_nothing_stored_changes_its_name_its_type_or_its_place(kind):
    head, *fields = described(kind)
    start = GOLDEN.index(head) + 1
    frozen = list(itertools.takewhile(lambda line: line.startswith(" "), GOLDEN[start:]))
    assert frozen == fields


def test_no_event_leaves_the_list():
    heads = [line for line in GOLDEN if not line.startswith(" ")]
    assert heads == [next(described(kind)) for kind in STORED]


def test_an_event_stored_by_the_first_version_is_read():
    lines = STATES.read_text(encoding="utf-8").split()
    states = dict(zip(lines[::2], lines[1::2], strict=True))
    found = {name: opened(base64.b64decode(state)) for name, state in states.items()}
    assert found == {
        "LeadRecorded": events.LeadRecorded(
            event_id=sixteen(1),
            channel="webform",
            account="site",
            kind="form",
            direction="in",
            occurred_at=1_767_225_600_000,
            received_at=1_767_225_601_000,
            identities=(
                events.LeadIdentity(sixteen(2), "phone", attested=False, rank=1),
                events.LeadIdentity(sixteen(3), "email", attested=False, rank=0),
            ),
            rules=1,
            thread=sixteen(9),
            campaign=events.Campaign(source="yandex", medium="cpc", paid=True),
            amount="1200.00",
            currency="RUB",
            pipeline="sales",
            deal=sixteen(4),
            opened=True,
            leaf=sixteen(2),
            personal=lead.LeadContent(
                lead_id="05050505-0505-0505-0505-050505050505",
                event_id="01010101-0101-0101-0101-010101010101",
                channel="webform",
                account="site",
                kind="form",
                direction="in",
                occurred_at="2026-01-01T00:00:00.000Z",
                received_at="2026-01-01T00:00:01.000Z",
                identities=(
                    lead.Identity(
                        kind="phone", value="+79123456789", proof="claimed", raw="8 912 345-67-89"
                    ),
                ),
                profile=lead.Profile(name="Anna"),
                fields={"size": "2x3"},
            ),
        ),
        "DealClosed": events.DealClosed(
            command=sixteen(6), actor="anna", at=1_767_225_602_000, status="lost", reason="price"
        ),
        "EvidenceWithdrawn": events.EvidenceWithdrawn(
            actor="boris", at=1, items=((sixteen(1), sixteen(2), sixteen(3)),)
        ),
        "NoteAdded": events.NoteAdded(
            command=sixteen(6), actor="anna", at=3, text="call the husband"
        ),
        "CardsMerged": events.CardsMerged(
            actor="anna", at=4, reason="one voice", one=sixteen(2), other=sixteen(3)
        ),
    }


def opened(state):
    return mapper.with_personal(mapper.to_event(state), state, stream=sixteen(5), keys=[sixteen(7)])


def sixteen(number):
    return bytes([number]) * 16
