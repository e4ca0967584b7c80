"""Lead forms of a community since a moment, as the events that the long poll would have brought.

A lead's number is unique within the community, so that one that came twice is one lead. VK gives
them to tokens of users who advertise, and refuses most communities' own (error 27).
"""

from collections.abc import AsyncGenerator
from typing import Any, Final

from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.vk.api import VERSION, VkApi

_PAGE: Final = 1000
_MOST_PAGES: Final = 100


async def missed_forms(api: VkApi, since: int) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Page by page; `since` in seconds since 1970."""
    for form in map(as_dict, as_list(await api.value("leadForms.list"))):
        place = ""
        for _ in range(_MOST_PAGES):
            more = {"next_page_token": place} if place else {}
            form_id = as_text(form.get("form_id"))
            told = await api.call("leadForms.getLeads", form_id=form_id, limit=str(_PAGE), **more)
            leads = [as_dict(lead) for lead in as_list(told.get("leads"))]
            yield [
                _event(api.group_id, form, lead)
                for lead in leads
                if (as_int(lead.get("date")) or 0) >= since
            ]
            place = as_text(told.get("next_page_token"))
            if not place or not leads:
                break


def _event(group_id: str, form: dict[str, Any], lead: dict[str, Any]) -> dict[str, Any]:
    labels = {
        as_text(question.get("key")): as_text(question.get("label"))
        for question in map(as_dict, as_list(form.get("questions")))
    }
    answers = [
        {"key": key, "question": labels.get(key, ""), "answer": _typed(answer.get("answer"))}
        for answer in map(as_dict, as_list(lead.get("answers")))
        for key in [as_text(answer.get("key"))]
    ]
    names = {"form_id": form.get("form_id"), "form_name": as_text(form.get("name"))}
    found = {**{name: lead.get(name) for name in ("lead_id", "user_id", "ad_id", "date")}, **names}
    return {
        "type": "lead_forms_new",
        "object": {**found, "answers": answers},
        "group_id": as_int(group_id),
        "v": VERSION,
    }


def _typed(answer: Any) -> str:
    """`{"value"}`, or a list of them where several could be ticked."""
    ticked = answer if isinstance(answer, list) else [answer]
    texts = [as_text(one.get("value")) if isinstance(one, dict) else as_text(one) for one in ticked]
    return ", ".join(filter(None, texts))
