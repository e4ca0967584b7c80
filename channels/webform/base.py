"""What the adapters of all forms share: keys out of content, cut raw bodies, and the lead."""

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from channels.sdk.adapter import WebhookAdapter, is_request, redact
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.ids import content_key
from channels.sdk.lead import Attachment, Kind, Raw
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp
from channels.webform.entries import Entry
from channels.webform.kept import kept_body
from channels.webform.reading import read_submission
from channels.webform.submission import Submission

S = TypeVar("S", bound=AccountSettings)


class FormAdapter(WebhookAdapter[S]):
    """A form builder's webhook, or our own form."""

    max_body = 512 * 1024

    def cut(self, delivery: Delivery) -> bytes:
        """The body without what must not be kept (channels.md, rule 11 of section 0)."""
        return redact(kept_body(delivery), self.secrets)

    def raw(self, source: Delivery | PollItem) -> Raw:
        """The delivery as it came, credentials and foreign cookies cut out."""
        if not is_request(source) or not source.body:
            return super().raw(source)
        return self.raw_of(source, self.cut(source))

    def raw_of(self, delivery: Delivery, cut: bytes) -> Raw:
        """The same where the body is cut already."""
        content_type = delivery.headers.get("content-type", "")
        return Raw(content_type=content_type, body=base64.b64encode(cut).decode())

    def key_of_content(self, delivery: Delivery, cut: bytes | None = None) -> str:
        """The key of a delivery without an id: of what is kept, so that a reparse gives it again.

        The boundary of a multipart body is new each time, so it doesn't count.
        """
        body = self.cut(delivery) if cut is None else cut
        return content_key(without_boundary(body, delivery), delivery.received_at)

    def read(self, entries: Sequence[Entry], delivery: Delivery) -> Submission:
        """The entries as a submission to this account."""
        return read_submission(
            entries,
            country=self.settings.country,
            at=delivery.received_at,
            ip=delivery.remote_ip,
        )

    def accepted(
        self,
        delivery: Delivery,
        form: Submission,
        *,
        lead_key: str,
        delivery_key: str = "",
        occurred_at: Timestamp | None = None,
        kind: Kind = "form",
        attachments: tuple[Attachment, ...] = (),
        raw: Raw | None = None,
        **more: Any,
    ) -> tuple[Outcome]:
        """The one lead of a delivery; ignored as empty where nothing was filled in."""
        if form.is_empty and not attachments:
            return (Ignored(IgnoreReason.EMPTY, delivery_key or lead_key),)
        content = form.content(attachments)
        content["kind"] = kind
        content.update(more)
        lead = self.lead_of(
            delivery,
            content,
            lead_key=lead_key,
            delivery_key=delivery_key,
            occurred_at=occurred_at,
            raw=raw,
        )
        return (Accepted(lead),)


def keys_in_headers(delivery: Delivery) -> list[str]:
    """What a caller gives as its API key: `X-Api-Key`, and `Authorization: Bearer`."""
    scheme, _, token = delivery.headers.get("authorization", "").strip().partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return [key for key in (delivery.headers.get("x-api-key", "").strip(), bearer) if key]


def without_boundary(body: bytes, delivery: Delivery) -> bytes:
    """A multipart body without its boundary; any other body as it is."""
    if delivery.content_type != "multipart/form-data":
        return body
    _, _, rest = delivery.headers.get("content-type", "").partition("boundary=")
    boundary = rest.partition(";")[0].strip().strip('"')
    return body.replace(boundary.encode(), b"") if boundary else body
