"""Our own form endpoint (docs/providers.md, 4.1): posted by browsers, beacons and scripts.

Decisions where the reference is silent: the honeypot is looked at before the fields, so that a
bot learns nothing from an error; a form with nothing filled in is ignored as empty; the answer
is 202 `{"status":"accepted"}` for everybody who was not told of an error; the page's address
counts only when the form sends it (the `Referer` header is not kept and could not be read again).
"""

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from itertools import chain

from channels.sdk import signature
from channels.sdk.adapter import redact
from channels.sdk.delivery import Delivery, Reply, json_reply
from channels.sdk.errors import FieldError, NotAuthentic, Refused, Unreadable
from channels.sdk.intake import problem
from channels.sdk.lead import Consent
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.settings import AccountSettings, Secret
from channels.webform.base import FormAdapter, keys_in_headers, without_boundary
from channels.webform.checks import wrong_fields
from channels.webform.consents import told_consents
from channels.webform.entries import Body, Entry, entries, read_body, read_json_body, text_of
from channels.webform.kept import is_kept_whole
from channels.webform.pages import is_page_wanted, thanks_page, wrong_page
from channels.webform.snippet import snippet_reply
from channels.webform.submission import Submission

HONEYPOT = "_gotcha"
"""A honeypot that every form has, beside the one that its account names."""

_CONSENTS = ("consents", "consent")
_MAX_PLAIN_BODY = 64 * 1024
_ACCEPTED = json_reply(b'{"status":"accepted"}', status=202)
_EXPECTED = {
    QuarantineReason.BROKEN_JSON: "one JSON object in UTF-8",
    QuarantineReason.WRONG_TYPE: "one JSON object",
    QuarantineReason.BROKEN_FORM: "a form as its content type says",
    QuarantineReason.TOO_LARGE: "at most 500 fields, nested at most 8 deep, 64 KB without files",
}


class WebformSettings(AccountSettings, frozen=True, kw_only=True):
    """One form, or several that need no telling apart."""

    form_id: str = ""
    """A name for the form, put with the lead's fields where the form itself sends none."""
    origins: tuple[str, ...] = ()
    """Sites whose scripts may read the answer (`https://shop.example`); `*` for any."""
    honeypot: str = ""
    """The name of a field that people do not see: filled in, the form is no lead."""
    required: tuple[str, ...] = ()
    """Fields that must be filled in, by their name or their role (`phone`, `email`, `name`)."""
    api_key: Secret = ""
    """Where set: header `X-Api-Key`, `Authorization: Bearer`, or a field `api_key`."""


class WebformAdapter(FormAdapter[WebformSettings]):
    """The form on our own site."""

    account_type = "webform"
    methods = frozenset({"POST", "GET", "HEAD"})
    channel = "webform"
    Settings = WebformSettings
    max_body = 32 * 1024 * 1024
    content_types = frozenset(
        {
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/plain",
        }
    )

    def handshake(self, delivery: Delivery) -> Reply | None:
        """A browser's preflight, and the script for the form's page.

        The preflight is told what may be sent; `cors` adds from where, as to every reply.
        """
        if delivery.method == "POST":
            return None
        if delivery.method == "OPTIONS":
            return Reply(204, headers=_PREFLIGHT)
        return snippet_reply(delivery) or _NOT_POSTED

    def cors(self, delivery: Delivery) -> tuple[tuple[str, str], ...]:
        """Reflect a configured origin; the answer always varies with it."""
        origin = delivery.headers.get("origin", "").strip()
        if origin and (_bare(origin) in self._origins or "*" in self._origins):
            return (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))
        return (("Vary", "Origin"),)

    def body_limit(self, media_type: str) -> int:
        """64 KB, and 32 MB where files may come along."""
        return self.max_body if media_type == "multipart/form-data" else _MAX_PLAIN_BODY

    def verify(self, delivery: Delivery) -> None:
        """The secret path and the API key, where the account has them."""
        self.verify_secret_path(delivery)
        if not self.settings.api_key:
            return
        given = keys_in_headers(delivery) or _keys_in_body(delivery)
        if not given:
            raise NotAuthentic("the API key is missing: send it as X-Api-Key", status=401)
        if not any([signature.same(key, self.settings.api_key) for key in given]):  # noqa: C419 - all are compared, in constant time
            raise NotAuthentic("the API key is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        try:
            return self._parse(delivery)
        except Unreadable as error:  # nobody but the sender could put it right
            raise Refused(_body_error(error.reason, error.detail)) from error

    def _parse(self, delivery: Delivery) -> Sequence[Outcome]:
        content_type = delivery.content_type
        if content_type and content_type not in self.content_types:
            wanted = f"one of {', '.join(sorted(self.content_types))}"
            raise Refused(FieldError("content-type", "it is not taken", wanted), status=415)
        body = _read(delivery)
        known = self._traps
        traps = [name for name in body.values if name.strip().lower() in known]
        consents = _told_consents(body, delivery)
        left_out = {*traps, *consents}
        found = _entries(body, without=left_out)
        if any(body.values[name] is not False and text_of(body.values[name]) for name in traps):
            return (Ignored(IgnoreReason.HONEYPOT, self.key_of_content(delivery)),)
        wrong = wrong_fields(found, required=self.settings.required, country=self.settings.country)
        if wrong:
            raise Refused(*wrong)
        whole = body.is_json and not left_out and is_kept_whole(found)
        cut = redact(delivery.body, self.secrets) if whole else self.cut(delivery)
        form = self.read(found, delivery)
        form.consents[:0] = chain.from_iterable(consents.values())
        return self._lead(delivery, body, form, cut)

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        """The same for a lead, a repeat and a bot."""
        del outcomes
        return thanks_page(delivery) if is_page_wanted(delivery) else _ACCEPTED

    def refusal(self, delivery: Delivery, error: Refused) -> Reply | None:
        """A page for the browser that posted the form by itself."""
        if not is_page_wanted(delivery):
            return None
        return wrong_page(delivery, error.errors, error.status)

    def _lead(
        self, delivery: Delivery, body: Body, form: Submission, cut: bytes
    ) -> Sequence[Outcome]:
        if self.settings.form_id and not form.is_empty:
            form.fields.setdefault("form_id", self.settings.form_id)
        lead_key, delivery_key = self._keys(delivery, cut, form.submission_id)
        return self.accepted(
            delivery,
            form,
            lead_key=lead_key,
            delivery_key=delivery_key,
            attachments=body.attachments,
            raw=self.raw_of(delivery, cut),
        )

    @cached_property
    def _origins(self) -> frozenset[str]:
        return frozenset(map(_bare, self.settings.origins))

    @cached_property
    def _traps(self) -> frozenset[str]:
        return frozenset({HONEYPOT, self.settings.honeypot.strip().lower()} - {""})

    def _keys(self, delivery: Delivery, cut: bytes, submission: str) -> tuple[str, str]:
        """A submission's id is the lead's; with its content the delivery's (SEMANTICS 1.4)."""
        if not submission:
            key = self.key_of_content(delivery, cut)
            return key, key
        content = sha256(without_boundary(cut, delivery)).hexdigest()
        return submission, f"{submission}/{content}"


_WRONG_METHOD = problem(405, "wrong method", "this account takes POST")
_NOT_POSTED = Reply(
    405, _WRONG_METHOD.body, _WRONG_METHOD.content_type, (("Allow", "POST, OPTIONS"),)
)
_PREFLIGHT = (
    ("Access-Control-Allow-Methods", "POST"),
    ("Access-Control-Allow-Headers", "content-type, x-api-key, authorization"),
    ("Access-Control-Max-Age", "86400"),
)


def _read(delivery: Delivery) -> Body:
    """The body by its content type; `text/plain` is a beacon, whose text is JSON."""
    content_type = delivery.content_type
    if content_type != "multipart/form-data" and len(delivery.body) > _MAX_PLAIN_BODY:
        error = _body_error(QuarantineReason.TOO_LARGE, "it is larger than 64 KB")
        raise Refused(error, status=413)
    if content_type == "text/plain":
        return read_json_body(delivery)
    return read_body(delivery)


def _told_consents(body: Body, delivery: Delivery) -> dict[str, tuple[Consent, ...]]:
    """The fields that tell consents one by one, with what they tell."""
    told = {name: body.values[name] for name in _CONSENTS if name in body.values}
    if not told:
        return {}
    at, ip = delivery.received_at, delivery.remote_ip
    read = {name: told_consents(value, at, ip) for name, value in told.items()}
    return {name: consents for name, consents in read.items() if consents}


def _entries(body: Body, *, without: set[str]) -> list[Entry]:
    if not without:
        return entries(body.values)
    return entries({name: value for name, value in body.values.items() if name not in without})


def _body_error(reason: QuarantineReason, problem: str) -> FieldError:
    return FieldError("body", problem or reason.value, _EXPECTED.get(reason, "a readable form"))


def _bare(origin: str) -> str:
    return origin.strip().rstrip("/").lower()


def _keys_in_body(delivery: Delivery) -> list[str]:
    try:
        values = _read(delivery).values
    except (Unreadable, Refused):
        return []
    given = values.get("api_key")
    return [given] if isinstance(given, str) and given else []
