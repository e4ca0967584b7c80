"""Contact Form 7, by an add-on that posts its tags (docs/providers.md, 4.5): JSON or a form.

Names are tags (`your-name`, `tel-619`); select and checkbox tags give lists. Nothing is signed
and there is no delivery id: the account's `secret_path` is the only credential, content and slot
are the key.
"""

from collections.abc import Sequence

from channels.sdk.delivery import Delivery
from channels.sdk.outcome import Outcome
from channels.sdk.settings import AccountSettings
from channels.webform.base import FormAdapter
from channels.webform.entries import entries, read_body


class ContactForm7Adapter(FormAdapter[AccountSettings]):
    """Forms of WordPress sites made with Contact Form 7."""

    account_type = "cf7"
    channel = "cf7"

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        body = read_body(delivery)
        return self.accepted(
            delivery,
            self.read(entries(body.values), delivery),
            lead_key=self.key_of_content(delivery),
            attachments=body.attachments,
        )
