"""docs/asyncapi.yaml is what the code writes to Kafka, down to each header."""

import importlib.util
import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from channels.sdk.ids import event_id, lead_id
from channels.sdk.lead import Identity, LeadEvent, Profile
from eventstore.domain.events import AnyEvent
from eventstore.keyring import Keyring
from eventstore.reading import Recorded
from ingest.log.kafka_records import to_message as record_message
from ingest.log.port import Record, RecordType
from ingest.log.records import IgnoredDelivery, QuarantinedDelivery, lead_record
from ingest.outbox.published import to_message as event_message

ROOT = Path(__file__).parents[2]
AT = "2026-01-01T00:00:00.000Z"
ID = bytes(range(16))
KEYRING = Keyring(b"k" * 32)
KINDS = get_args(AnyEvent)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("asyncapi", ROOT / "scripts/write_asyncapi.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page():
    return yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text("utf-8"))


def test_the_page_is_what_make_docs_writes(script):
    assert script.PAGE.read_text("utf-8") == script.page(), "run: make docs"


def test_references_lead_somewhere(page):
    for reference in re.findall(r"\$ref: '?(#[^\s']+)", yaml.safe_dump(page)):
        part = page
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_every_event_is_told(page):
    assert set(page["channels"]["events"]["messages"]) == {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_event_is_published_as_the_page_says(page, kind):
    message = event_message(Recorded(7, 1_767_225_600_000, ID, 2, _made(kind)))
    told = page["components"]["messages"][kind.__name__]
    _check(page, told, message.headers, message.value)
    shown = told["payload"]["properties"]["data"]["properties"]
    assert msgspec.json.decode(message.value)["data"].keys() == shown.keys()


def test_a_record_of_another_shape_is_found(page):
    message = event_message(Recorded(7, 0, ID, 2, _made(KINDS[0])))
    told = page["components"]["messages"][KINDS[1].__name__]
    with pytest.raises(AssertionError):
        _check(page, told, message.headers, message.value)


def test_a_lead_is_logged_as_the_page_says(page):
    lead = LeadEvent(
        lead_id=lead_id("webform", "site", "1"),
        event_id=event_id("webform", "site", "1"),
        channel="webform",
        account="site",
        kind="form",
        direction="in",
        occurred_at=AT,
        received_at=AT,
        identities=(Identity(kind="phone", value="+79210001122", proof="claimed"),),
        profile=Profile(name="Инна"),
        fields={"size": "2 x 3"},
    )
    _check_record(page, "LeadEvent", lead_record(lead))


@pytest.mark.parametrize(
    ("name", "record"),
    [
        (
            "IgnoredDelivery",
            Record(
                RecordType.IGNORED,
                msgspec.json.encode(
                    IgnoredDelivery(account="a", channel="vk", received_at=AT, reason="echo")
                ),
            ),
        ),
        (
            "QuarantinedDelivery",
            Record(
                RecordType.QUARANTINED,
                msgspec.json.encode(
                    QuarantinedDelivery(
                        id="q",
                        account="a",
                        channel="vk",
                        received_at=AT,
                        reason="spam",
                        body="eA==",
                    )
                ),
            ),
        ),
    ],
)
def test_a_delivery_that_is_no_lead_is_logged_as_the_page_says(page, name, record):
    _check_record(page, name, record)


def _check_record(page, name, record):
    message = record_message(record, KEYRING)
    _check(page, page["components"]["messages"][name], message.headers, message.value)


def _check(page, told, headers, value):
    shown = {name: text.decode() for name, text in headers}
    assert shown.keys() <= told["headers"]["properties"].keys()
    assert _faults(page, told["headers"], shown) == []
    assert _faults(page, told["payload"], msgspec.json.decode(value)) == []


def _faults(page, schema, instance):
    whole = {**schema, "components": page["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(instance)]


def _made(kind):
    """An event with something in every field but the sealed one."""
    hints = get_type_hints(kind)
    names = [name for name in kind.__struct_fields__ if name != "personal"]
    return kind(**{name: _value(hints[name]) for name in names})


def _value(hint):
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return arguments[0]
    if get_origin(hint) in (Union, UnionType):
        return _value(next(a for a in arguments if a is not NoneType))
    if get_origin(hint) is tuple:
        return tuple(_value(a) for a in arguments if a is not ...)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        return hint(**{name: _value(hints[name]) for name in hint.__struct_fields__})
    return {bytes: ID, str: "x", int: 5, bool: True}[hint]
