"""What stands on a card, as a person of one language reads it."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import idna
import phonenumbers
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal

from channels.sdk.times import parse_time
from eventstore.domain.pipeline import Pipeline
from projections.desk import words
from projections.desk.names import Names
from projections.desk.services import Json

_CURRENCY: Final = "RUB"
"""Where a channel names none."""


class CardNames(Names):
    """The names of the numbers, and those of cards."""

    def identity_kind(self, kind: str) -> str:
        return self.known(words.IDENTITY_KINDS, kind)

    def identity(self, kind: str, value: str) -> str:
        """A number and an address as they are written, anything else as it is."""
        if kind == "phone":
            try:
                number = phonenumbers.parse(value)
            except phonenumbers.NumberParseException:
                return value
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        return _address(value) if kind == "email" else value

    def time(self, text: str) -> str:
        """A time of the API, in UTC; the script of the page makes it local."""
        try:
            moment = parse_time(text)
        except ValueError:
            return text
        shape = "d MMM, HH:mm" if moment.year == datetime.now(UTC).year else "d MMM y, HH:mm"
        return str(format_datetime(moment, shape, locale=self.language))

    def money(self, amount: str, currency: str | None) -> str:
        try:
            number = Decimal(amount)
        except InvalidOperation:
            return amount
        if not number.is_finite() or abs(number) > 10**15:
            return amount
        code = (currency or _CURRENCY).upper()
        if len(code) != 3 or not code.isalpha():
            return f"{format_decimal(number, locale=self.language)} {currency}"
        whole = "#,##0 ¤" if number == number.to_integral_value() else "#,##0.00 ¤"
        return str(
            format_currency(number, code, whole, locale=self.language, currency_digits=False)
        )

    def stage(self, stage: str, pipeline: Pipeline | None = None) -> str:
        return self.stage_named(stage, pipeline.stage_name(stage) if pipeline else "")

    def deal_status(self, status: str) -> str:
        return self.known(words.DEAL_STATUSES, status)

    def deal_event(self, entry: Json, pipeline: Pipeline | None = None) -> str:
        """What happened to a deal of this pipeline, in a few words."""
        what = str(entry["what"])
        if what == "closed":
            status = self.known(words.DEAL_CLOSED, str(entry.get("status") or ""))
            return " · ".join(filter(None, (status, self.lost_reason(entry.get("reason") or ""))))
        stage = self.stage(entry.get("stage") or "", pipeline)
        holes = {"stage": stage, "owner": entry.get("owner") or "—"}
        told = self.known(words.DEAL_EVENTS, what)
        return told % holes if "%(" in told and what in words.DEAL_EVENTS else told

    def deal_fate(self, what: str) -> str:
        """What would become of a deal; for one that is joined there is no word."""
        return self.known(words.DEAL_FATES, what)

    def why_joined(self, by: str) -> str:
        """Why a deal goes into another: by a rule, or whose decision it was."""
        if by in words.JOIN_RULES:
            return self.known(words.JOIN_RULES, by)
        return self.translate(words.JOINED_BY) % {"name": by}

    def routed(self, routed: Json, pipeline: str) -> str:
        """Why a deal went to its pipeline."""
        told = words.ROUTED["rule" if routed["rule"] else "default"]
        if routed["follows"]:
            told = words.ROUTED["follows"]
        return self.translate(told) % {**routed, "pipeline": pipeline}

    def decision(self, what: str) -> str:
        return self.known(words.DECISIONS, what)

    def change(self, entry: Json) -> str:
        """What changed a card or a deal meanwhile."""
        if "event" in entry:
            return self.deal_event(entry)
        told = self.known(words.CHANGES, str(entry["what"]))
        return told % {"channel": self.channel(entry["channel"])} if "channel" in entry else told

    def change_by(self, entry: Json) -> str:
        """The same with who did it and when, as programs know them."""
        told = (self.change(entry), entry.get("actor"), entry.get("recorded_at"))
        return " · ".join(filter(None, told))

    def done(self, what: str) -> str:
        return self.known(words.DONE, what)

    def lost_reason(self, reason: str) -> str:
        return self.known(words.LOST_REASONS, reason)

    def rule(self, rule: str) -> str:
        return self.known(words.RULES, rule)

    def field(self, name: str) -> str:
        """What a form asked under this name."""
        return self.known(words.FIELDS, name)

    def touch(self, entry: Json) -> str:
        """Which kind of touch: a missed call, a message from us."""
        state = entry.get("call_state")
        kind = self.known(words.CALL_STATES, state) if state else self.value("kind", entry["kind"])
        if entry.get("direction") == "out":
            return self.translate(words.OUTGOING) % {"kind": kind}
        return kind

    def call(self, call: Json) -> str:
        """Which line of ours, and how long they spoke."""
        told = []
        if line := call.get("line"):
            told.append(
                self.translate(words.ON_LINE) % {"line": self.identity("phone", _plus(line))}
            )
        if extension := call.get("extension"):
            told.append(self.translate(words.EXTENSION) % {"extension": extension})
        if seconds := int(call.get("talk_s") or 0):
            spoken = f"{seconds // 60}:{seconds % 60:02}"
            told.append(self.translate(words.SPOKEN) % {"time": spoken})
        return " · ".join(told)

    def reply(self, entry: Json) -> str:
        """What became of a message of ours, and why not."""
        state = self.known(words.REPLY_STATES, entry["state"])
        why = entry.get("reason")
        return f"{state}: {self.known(words.NOT_SENT, why)}" if why else state

    def other_entry(self, entry: Json) -> str:
        """An entry of a kind that has no words of its own here."""
        return " · ".join(str(entry[name]) for name in ("type", "what") if entry.get(name))


def _plus(line: str) -> str:
    """A line as exchanges write it: a number without its plus, or a name."""
    return f"+{line}" if line.isdigit() and len(line) > 10 else line


def _address(value: str) -> str:
    """An e-mail address with the letters of its domain; as it is, where they cannot be told."""
    name, at, domain = value.rpartition("@")
    try:
        return f"{name}{at}{idna.decode(domain)}"
    except idna.IDNAError:
        return value
