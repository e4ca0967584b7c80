"""Typeform (docs/providers.md, 4.7): JSON, signed where the webhook has a secret.

The lead is the response, by its `token`. Decisions where the reference is silent: a partial
response is a delivery about the same lead with a key of its own (its content), so that the whole
one adds to it; a partial response without any answer is ignored as empty; hidden fields are read
as fields of a form (labels, client ids); an uploaded file is told by its address without query,
which nobody can open without an access token.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from channels.sdk import signature
from channels.sdk.delivery import Delivery
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.lead import Attachment
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.read import as_dict, as_list, read_json_object
from channels.sdk.settings import AccountSettings, Secret
from channels.webform.base import FormAdapter
from channels.webform.entries import Entry, capped, entries, entry_of, json_bytes, text_of
from channels.webform.meanings import role_by_type
from channels.webform.provider_times import time_or_none

_WHOLE = "form_response"
_PARTIAL = "form_response_partial"


class TypeformSettings(AccountSettings, frozen=True, kw_only=True):
    """One form's webhook."""

    secret: Secret = ""
    """The webhook's secret; without one Typeform signs nothing."""


class TypeformAdapter(FormAdapter[TypeformSettings]):
    """Forms made with Typeform."""

    account_type = "typeform"
    channel = "typeform"
    Settings = TypeformSettings

    def verify(self, delivery: Delivery) -> None:
        """`Typeform-Signature: sha256=<base64 of HMAC-SHA256 over the raw body>`."""
        self.verify_secret_path(delivery)
        if not self.settings.secret:
            return
        given = delivery.headers.get("typeform-signature", "").strip()
        if not given:
            raise NotAuthentic("the header Typeform-Signature is missing", status=401)
        expected = "sha256=" + signature.hmac_base64(self.settings.secret, delivery.body)
        if not signature.same(given, expected):
            raise NotAuthentic("the signature is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = read_json_object(json_bytes(delivery))
        event = text_of(told.get("event_type"))
        if event not in {_WHOLE, _PARTIAL}:
            return (Ignored(IgnoreReason.UNKNOWN_KIND),)
        response = told.get("form_response")
        if not isinstance(response, dict):
            raise Unreadable(QuarantineReason.MISSING_FIELD, "form_response is no object")
        return self._lead(delivery, event, response)

    def _lead(self, delivery: Delivery, event: str, response: dict[str, Any]) -> Sequence[Outcome]:
        answers = [as_dict(item) for item in capped(as_list(response.get("answers")))]
        titles = _titles(response.get("definition"))
        form = self.read([*_answers(answers, titles), *_told_beside(response)], delivery)
        content = self.key_of_content(delivery)
        token = text_of(response.get("token")) or content
        if event == _PARTIAL and not answers:
            return (Ignored(IgnoreReason.EMPTY, f"{token}/{content}"),)
        return self.accepted(
            delivery,
            form,
            lead_key=token,
            delivery_key=token if event == _WHOLE else f"{token}/{content}",
            occurred_at=self._time(response),
            attachments=_files(answers),
        )

    def _time(self, response: dict[str, Any]) -> str | None:
        times = (response.get("submitted_at"), response.get("landed_at"))
        return next((t for t in (time_or_none(v, "UTC") for v in times) if t), None)


def _titles(definition: Any) -> dict[str, str]:
    """The questions by the ids of their fields; what is not defined has none."""
    fields = (as_dict(item) for item in capped(as_list(as_dict(definition).get("fields"))))
    return {text_of(field.get("id")): text_of(field.get("title")) for field in fields}


def _answers(answers: list[dict[str, Any]], titles: dict[str, str]) -> list[Entry]:
    return [_answer(answer, titles) for answer in answers if _kind(answer) != "file_url"]


def _answer(answer: dict[str, Any], titles: dict[str, str]) -> Entry:
    """One answer under its question, its reference or its id, whichever is there first."""
    field = as_dict(answer.get("field"))
    ref = text_of(field.get("ref"))
    name = titles.get(text_of(field.get("id"))) or ref or text_of(field.get("id"))
    kind = text_of(field.get("type")) or _kind(answer)
    return entry_of(name, _value(answer), role=role_by_type(kind, name, ref), identifier=ref)


def _kind(answer: dict[str, Any]) -> str:
    return text_of(answer.get("type"))


def _value(answer: dict[str, Any]) -> str:
    value = answer.get(_kind(answer))
    if not isinstance(value, dict):
        return text_of(value)
    labels = as_list(value.get("labels")) or [value.get("label")]
    parts = (
        [*labels, value.get("other")]
        if {"labels", "label", "other"} & set(value)
        else value.values()
    )
    return ", ".join(text for text in map(text_of, parts) if text)


def _told_beside(response: dict[str, Any]) -> list[Entry]:
    """Hidden fields, the score and variables, the form's id."""
    hidden = entries(as_dict(response.get("hidden")))
    score = as_dict(response.get("calculated")).get("score")
    variables = [as_dict(item) for item in capped(as_list(response.get("variables")))]
    return [
        *hidden,
        *(entry_of(text_of(v.get("key")), _value(v), role="other") for v in variables),
        entry_of("score", text_of(score), role="other"),
        entry_of("form_id", text_of(response.get("form_id")), role="other"),
    ]


def _files(answers: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    addresses = (text_of(a.get("file_url")) for a in answers if _kind(a) == "file_url")
    return tuple(_file(address) for address in addresses if address)


def _file(address: str) -> Attachment:
    bare = address.partition("?")[0]
    try:
        name = urlsplit(bare).path.rpartition("/")[2]
    except ValueError:
        name = ""
    return Attachment(kind="file", name=name, ref=bare)
