"""Orchard, a messenger that is not there: a sound adapter, and one fault in each of its children.

It signs its bodies with any of several secrets, sends events in batches, and can be polled.
"""

import time
from collections.abc import AsyncGenerator
from itertools import count
from typing import Any, ClassVar

import structlog

from channels.sdk import identities, signature
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.batch import alone, each_item
from channels.sdk.delivery import Delivery, PollItem, Reply
from channels.sdk.errors import FieldError, NotAuthentic, Refused, Unreadable
from channels.sdk.lead import Profile
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, QuarantineReason
from channels.sdk.poller import Batch
from channels.sdk.read import as_dict, as_list, as_text, read_item, read_json
from channels.sdk.settings import AccountSettings, Secrets
from channels.sdk.testing import Rehearsal
from channels.sdk.times import epoch_or_none


class OrchardSettings(AccountSettings, frozen=True, kw_only=True):
    signing_secrets: Secrets = ()


class Orchard(WebhookAdapter[OrchardSettings], PollingAdapter[OrchardSettings]):
    """Sound in every respect."""

    account_type = "orchard"
    channel = "orchard"
    Settings = OrchardSettings
    rehearsal = f"{__name__}:rehearse"

    def verify(self, delivery):
        self.verify_secret_path(delivery)
        given = delivery.headers.get("x-orchard-signature", "")
        if not given:
            raise NotAuthentic("the signature is missing", status=401)
        if not signature.same_as_any(given, self.signatures(delivery)):
            raise NotAuthentic("the signature is wrong", status=403)

    def signatures(self, delivery):
        return [signature.hmac_hex(s, delivery.body) for s in self.settings.signing_secrets]

    def parse(self, delivery):
        return self.outcomes(delivery, read_json(delivery.body))

    def parse_item(self, item):
        return self.outcomes(item, read_item(item.item))

    def outcomes(self, source, value):
        events = as_list(as_dict(value).get("events"))
        return each_item(events, lambda event: self.outcome(source, event))

    def outcome(self, source, event):
        if not isinstance(event, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "an event must be an object")
        if event.get("type") != "message":
            return Ignored(IgnoreReason.UNKNOWN_KIND)
        return Accepted(self.message(alone(source, event), event))

    def message(self, source, event):
        key, sender = as_text(event.get("id")), as_dict(event.get("from"))
        if not key:
            raise Unreadable(QuarantineReason.MISSING_FIELD, "id: expected the message's id")
        who = identities.account("orchard", as_text(sender.get("id")))
        return self.lead(
            source,
            kind="message",
            lead_key=self.lead_key(source, event),
            delivery_key=self.delivery_key(source, event),
            occurred_at=epoch_or_none(event.get("at")),
            amends=self.amends(event),
            identities=identities.present(who, self.phone(event, sender)),
            profile=Profile(name=as_text(sender.get("name"))),
            text=as_text(event.get("text")),
            thread=as_text(event.get("chat")),
        )

    def lead_key(self, source, event):
        return as_text(event.get("edits")) or as_text(event.get("id"))

    def delivery_key(self, source, event):
        return as_text(event.get("id"))

    def amends(self, event):
        return bool(event.get("edits"))

    def phone(self, event, sender):
        card = as_dict(event.get("contact"))
        if as_text(card.get("user_id")) != as_text(sender.get("id")):
            return None
        return identities.contact_phone(as_text(card.get("phone")), proof="attested")

    def reply(self, delivery, outcomes):
        return Reply(200, b"thanks")


class OrchardServer:
    """The made-up provider: forgets what was confirmed by asking for what comes after it."""

    account: ClassVar = {
        "type": "orchard",
        "name": "garden",
        "signing_secrets": ["orchard-secret-1"],
    }
    poller_class: "type[OrchardPoller]"

    def __init__(self, deliveries, poller_class):
        self.events = [
            {"id": f"p{n}", "type": "message", "from": {"id": "7"}, "text": str(n), "number": n}
            for n in range(1, deliveries + 1)
        ]
        self.poller_class = poller_class

    def poller(self):
        return self.poller_class(self)

    def updates(self, after):
        self.events = [event for event in self.events if event["number"] > after]
        return self.events[:4]


class OrchardPoller:
    """Asks for what comes after the stored cursor."""

    def __init__(self, server):
        self.server = server

    async def batches(self, cursor) -> AsyncGenerator[Batch, None]:
        import asyncio

        after = int(cursor or 0)
        while True:
            await asyncio.sleep(0)
            events = self.fetched(after)
            if events:
                after = events[-1]["number"]
                yield Batch((self.item(events),), str(after))
            await asyncio.sleep(0)

    def fetched(self, after):
        return self.server.updates(after)

    def item(self, events):
        return PollItem(item={"events": events}, received_at="2026-02-01T10:00:00.000Z")


def rehearse(deliveries: int) -> Rehearsal:
    return OrchardServer(deliveries, OrchardPoller)


class AcknowledgesFirst(Orchard):
    """Says thanks, and means to look at it later."""

    def __init__(self, settings):
        super().__init__(settings)
        self.later = []

    def handshake(self, delivery):
        self.verify(delivery)
        self.later.append(delivery)
        return Reply(200, b"thanks")


class KnowsTooSoon(Orchard):
    """Takes for known what it has read, whether it was stored or not."""

    def __init__(self, settings):
        super().__init__(settings)
        self.known: set[str] = set()

    def outcome(self, source, event):
        key = as_text(as_dict(event).get("id"))
        if key in self.known:
            return Ignored(IgnoreReason.ECHO)
        self.known.add(key)
        return super().outcome(source, event)


class ForgetsKeys(Orchard):
    """Knows a repeat for an hour."""

    def delivery_key(self, source, event):
        return f"{event.get('id')}/{source.received_at[:13]}"


class NumbersItself(Orchard):
    """Gives each delivery a number of its own."""

    numbers = count()

    def delivery_key(self, source, event):
        return f"{event.get('id')}/{next(self.numbers)}"


class ConfirmsOnFetch(OrchardPoller):
    """Tells the provider that it has what it has only just asked for."""

    def fetched(self, after):
        events = self.server.updates(after)
        if events:
            self.server.updates(events[-1]["number"])
        return events


class LosesTheCursor(Orchard):
    rehearsal = f"{__name__}:rehearse_losing"


def rehearse_losing(deliveries: int) -> Rehearsal:
    return OrchardServer(deliveries, ConfirmsOnFetch)


class PoisonsTheBatch(Orchard):
    """Reads all events in one go, as vk_api does."""

    def outcomes(self, source, value):
        events = as_list(as_dict(value).get("events"))
        found = tuple(self.outcome(source, event) for event in events)
        return found or (Ignored(IgnoreReason.EMPTY),)


class LeaksASecret(Orchard):
    """Tells the sender what it checked a message with; of leads the intake would cut it out."""

    def reply(self, delivery, outcomes):
        return Reply(200, self.settings.signing_secrets[0].encode())


class LogsASecret(Orchard):
    """Tells its log what it checks."""

    def signatures(self, delivery):
        structlog.get_logger().info("checking", secrets=list(self.settings.signing_secrets))
        return super().signatures(delivery)


class TrustsAForwardedContact(Orchard):
    """Takes any card for the sender's own."""

    def phone(self, event, sender):
        card = as_dict(event.get("contact"))
        return identities.contact_phone(as_text(card.get("phone")), proof="attested")


class ParsesBeforeVerifying(Orchard):
    """Wants to know the kind before it checks who sent it."""

    def verify(self, delivery):
        self.parse(delivery)
        super().verify(delivery)


class AnswersAnErrorToAnUnknownKind(Orchard):
    def outcome(self, source, event):
        if isinstance(event, dict) and event.get("type") not in ("message", "typing"):
            raise Refused(FieldError("type", "unknown", "message or typing"))
        return super().outcome(source, event)

    def outcomes(self, source, value):
        events = as_list(as_dict(value).get("events"))
        return tuple(self.outcome(source, event) for event in events) or super().outcomes(
            source, value
        )


class LetsUnknownKindsIn(Orchard):
    """Checks only what it thinks worth checking."""

    def verify(self, delivery):
        if b'"message"' in delivery.body:
            super().verify(delivery)


class LooksWhetherThereIsASignature(Orchard):
    def verify(self, delivery):
        self.verify_secret_path(delivery)
        if not delivery.headers.get("x-orchard-signature"):
            raise NotAuthentic("the signature is missing", status=401)


class RemembersSignatures(Orchard):
    """Saves itself the trouble of checking a signature that was right before."""

    def __init__(self, settings):
        super().__init__(settings)
        self.right: set[str] = set()

    def verify(self, delivery):
        given = delivery.headers.get("x-orchard-signature", "")
        if given not in self.right:
            super().verify(delivery)
            self.right.add(given)


class KnowsOneSecret(Orchard):
    def signatures(self, delivery):
        return super().signatures(delivery)[:1]


class ForgetsThePath(Orchard):
    def verify_secret_path(self, delivery):
        pass


class BelievesTheTypes(Orchard):
    def message(self, source, event):
        event["text"] = event.get("text", "").strip()
        return super().message(source, event)


class GoesDeep(Orchard):
    """Walks through everything, however deep."""

    def outcomes(self, source, value):
        self.depth(value)
        return super().outcomes(source, value)

    def depth(self, value: Any) -> int:
        inner = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        nested = [v for item in inner for v in (item.values() if isinstance(item, dict) else item)]
        return 1 + max((self.depth(item) for item in nested), default=0)


class TakesItsTime(Orchard):
    """Looks hard at a long text."""

    def message(self, source, event):
        deadline = time.process_time() + (0.15 if len(as_text(event.get("text"))) > 10_000 else 0)
        while time.process_time() < deadline:
            pass
        return super().message(source, event)


class RemembersNames(Orchard):
    """A person has the name under which it was seen first."""

    def __init__(self, settings):
        super().__init__(settings)
        self.names: dict[str, str] = {}

    def message(self, source, event):
        sender = as_dict(event.get("from"))
        name = self.names.setdefault(as_text(sender.get("id")), as_text(sender.get("name")))
        return super().message(source, {**event, "from": {**sender, "name": name}})


class SpellsTimesItsOwnWay(Orchard):
    def message(self, source, event):
        import msgspec

        lead = super().message(source, event)
        return msgspec.structs.replace(lead, occurred_at=lead.occurred_at[:19] + "+00:00")


class AnswersARepeatByAnError(Orchard):
    def __init__(self, settings):
        super().__init__(settings)
        self.seen: set[bytes] = set()

    def reply(self, delivery, outcomes):
        if delivery.body in self.seen:
            return Reply(409, b"known already")
        self.seen.add(delivery.body)
        return super().reply(delivery, outcomes)


class ReadsOnlyTheFirst(Orchard):
    def outcomes(self, source, value):
        return super().outcomes(source, value)[:1]


class FallsOverItsOwnReply(Orchard):
    def reply(self, delivery: Delivery, outcomes):
        return Reply(200, f"{len(outcomes)} taken, {outcomes[1]}".encode())


FAULTS: tuple[tuple[type[Orchard], str], ...] = (
    (AcknowledgesFirst, "acknowledges-after-append"),
    (KnowsTooSoon, "survives-restarts"),
    (ForgetsKeys, "keeps-its-ids"),
    (NumbersItself, "has-one-effect"),
    (LosesTheCursor, "keeps-its-cursor"),
    (PoisonsTheBatch, "isolates-items"),
    (LeaksASecret, "keeps-secrets"),
    (LogsASecret, "keeps-secrets"),
    (TrustsAForwardedContact, "proves-contacts"),
    (ParsesBeforeVerifying, "verifies-first"),
    (AnswersAnErrorToAnUnknownKind, "takes-later-versions"),
    (LetsUnknownKindsIn, "verifies-first"),
    (LooksWhetherThereIsASignature, "refuses-strangers"),
    (RemembersSignatures, "refuses-changes"),
    (KnowsOneSecret, "refuses-old-secrets"),
    (ForgetsThePath, "keeps-its-secret-path"),
    (BelievesTheTypes, "survives-hostile-content"),
    (GoesDeep, "survives-any-size"),
    (TakesItsTime, "keeps-its-time"),
    (RemembersNames, "keeps-one-lead-in-any-order"),
    (SpellsTimesItsOwnWay, "is-well-formed"),
    (AnswersARepeatByAnError, "answers-repeats-alike"),
    (ReadsOnlyTheFirst, "reads-its-recordings"),
    (FallsOverItsOwnReply, "reads-its-recordings"),
)
"""Each faulty adapter, and the rule by which the lab must know it."""

OF_THE_GATEWAY = {"waits-for-slow-clients", "refuses-what-is-too-large"}
"""Rules that no adapter can break by itself."""
