"""Lead Ads: what the notification and the Graph API's answer say.

Decided where the reference is silent: what was typed is claimed; a hidden field with the name of a
campaign label is one; every question that names no person is a field; leads of Meta's testing
tools, known by their dummy values or their all-fours id, are ignored as tests.
"""

from typing import Any

from channels.messengers.meta import Draft, Item, filled, moment
from channels.sdk import identities
from channels.sdk.campaigns import LABELS, campaign
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Consent, Identity, Profile
from channels.sdk.outcome import Ignored, IgnoreReason, QuarantineReason
from channels.sdk.read import as_dict, as_list, as_text
from channels.sdk.times import Timestamp, canonical_time

_IN_PROFILE = frozenset({"full_name", "first_name", "last_name", "company_name", "city"})
_AD = ("form_id", "form_name", "page_id", "ad_id", "ad_name", "adgroup_id", "adset_id")
_MORE_OF_THE_AD = ("adset_name", "campaign_id", "campaign_name", "platform", "is_organic")
_DUMMY = "<test lead:"
_MOST_ANSWERS = 200


def read_notification(item: Item) -> Draft | Ignored:
    """`changes[field=leadgen]`: ids and a time, no personal data."""
    leadgen_id = _id_of(item.value, "leadgen_id")
    if set(leadgen_id) == {"4"}:
        return Ignored(IgnoreReason.TEST, leadgen_id)
    return {
        "kind": "form",
        "lead_key": leadgen_id,
        "occurred_at": moment(item.value.get("created_time")),
        "fields": _fields_of_the_ad(item.value),
        "thread": leadgen_id,
    }


def answers_of(value: Any) -> list[Any]:
    """The single answer, or those of a page of a form's leads."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise Unreadable(QuarantineReason.WRONG_TYPE, "expected a Graph API answer")
    return value["data"] if isinstance(value.get("data"), list) else [value]


def read_answer(answer: dict[str, Any], country: str) -> Draft | Ignored:
    """`GET /{leadgen_id}`: the answers of one person."""
    leadgen_id = _id_of(answer, "id")
    if not isinstance(answer.get("field_data"), list):
        raise Unreadable(QuarantineReason.MISSING_FIELD, "field_data must be a list")
    answers = _answers(answer["field_data"])
    if any(text.startswith(_DUMMY) for text in answers.values()):
        return Ignored(IgnoreReason.TEST, leadgen_id)
    known = {name: _typed(name, text, country) for name, text in answers.items()}
    made = _time_of(answer.get("created_time"))
    return {
        "kind": "form",
        "lead_key": leadgen_id,
        "delivery_key": f"{leadgen_id}/answer",
        "amends": True,
        "occurred_at": made,
        "identities": identities.present(*known.values()),
        "profile": _profile(answers),
        "campaign": campaign({name: answers[name] for name in LABELS if name in answers}),
        "fields": {
            **{name: text for name, text in answers.items() if _is_field(name, known[name])},
            **_fields_of_the_ad(answer),
        },
        "consents": _consents(answer, made),
        "thread": leadgen_id,
    }


def _id_of(value: dict[str, Any], name: str) -> str:
    """Ids come as number or text."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int | str) or not found:
        raise Unreadable(QuarantineReason.MISSING_FIELD, f"{name} must be an id")
    return str(found)


def _fields_of_the_ad(value: dict[str, Any]) -> dict[str, str]:
    return filled({name: value.get(name) for name in (*_AD, *_MORE_OF_THE_AD)})


def _answers(field_data: list[Any]) -> dict[str, str]:
    answers: dict[str, str] = {}
    for field in map(as_dict, field_data[:_MOST_ANSWERS]):
        text = as_text(field.get("values")).strip()
        if text:
            answers.setdefault(as_text(field.get("name")) or "answer", text)
    return answers


def _typed(name: str, text: str, country: str) -> Identity | None:
    """`phone_number`, `work_phone_number`, `email`, `work_email`: the person's own by name."""
    if name.lower() == "phone" or name.lower().endswith("phone_number"):
        return identities.phone(text, proof="claimed", country=country)
    if name.lower() in ("email", "work_email"):
        return identities.email(text, proof="claimed")
    return None


def _is_field(name: str, identity: Identity | None) -> bool:
    return identity is None and name not in _IN_PROFILE and name not in LABELS


def _profile(answers: dict[str, str]) -> Profile:
    first, last = answers.get("first_name", ""), answers.get("last_name", "")
    return Profile(
        name=answers.get("full_name", "") or f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
        company=answers.get("company_name", ""),
        city=answers.get("city", ""),
    )


def _time_of(created: object) -> Timestamp | None:
    """`2026-02-01T10:00:00+0000`, or seconds since 1970."""
    try:
        return canonical_time(as_text(created))
    except ValueError:
        return moment(created)


def _consents(answer: dict[str, Any], given_at: Timestamp | None) -> tuple[Consent, ...]:
    """The form's own checkboxes that were ticked."""
    boxes = as_list(answer.get("custom_disclaimer_responses"))[:_MOST_ANSWERS]
    return tuple(
        Consent(purpose=as_text(box.get("checkbox_key")), given_at=given_at)
        for box in map(as_dict, boxes)
        if as_text(box.get("is_checked")) in ("1", "true") and box.get("checkbox_key")
    )
