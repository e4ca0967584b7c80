"""Marquiz, quizzes (docs/providers.md, 4.3): nested JSON, or a flat form through connectors.

Nothing is signed: the account's `secret_path` is the only credential. The key is the quiz, the
time that it was finished and the contact. Answers are what was chosen, so each is a field under
its question; who somebody is comes from `contacts` alone.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from channels.sdk.delivery import Delivery
from channels.sdk.outcome import Outcome
from channels.sdk.read import as_dict, as_list
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp
from channels.webform.base import FormAdapter
from channels.webform.entries import capped, entries, nested, read_body, text_of
from channels.webform.provider_times import time_or_none
from channels.webform.submission import Submission, keep


class MarquizAdapter(FormAdapter[AccountSettings]):
    """Quizzes made with Marquiz."""

    account_type = "marquiz"
    channel = "marquiz"

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        values = nested(read_body(delivery).values)
        told = {name: v for name, v in values.items() if name not in {"answers", "created"}}
        form = self.read(entries(told), delivery)
        for question, answer in _answers(values.get("answers")):
            keep(form.fields, question, answer)
        created = time_or_none(values.get("created"), self.settings.timezone)
        return self.accepted(
            delivery,
            form,
            lead_key=self._key(delivery, values, form, created),
            occurred_at=created,
        )

    def _key(
        self,
        delivery: Delivery,
        values: dict[str, Any],
        form: Submission,
        created: Timestamp | None,
    ) -> str:
        quiz = text_of(as_dict(values.get("quiz")).get("id"))
        if not quiz or not created:
            return self.key_of_content(delivery)
        contact = ",".join(f"{i.kind}:{i.value}" for i in form.identities)
        contact = contact or text_of(values.get("contacts"))
        return f"{quiz}/{created}/{sha256(contact.encode()).hexdigest()}"


def _answers(told: Any) -> Iterator[tuple[str, str]]:
    """Questions and answers; several answers to one question are one text."""
    listed = list(told.values()) if isinstance(told, dict) else as_list(told)
    for item in capped(listed):
        answer = as_dict(item)
        question = text_of(answer.get("q", answer.get("question")))
        chosen = text_of(answer.get("a", answer.get("answer")))
        if question and chosen:
            yield question, chosen
