"""Which addresses are ours: the mailbox's own, and all of our domains."""

from dataclasses import dataclass

from channels.email.addresses import Mailbox
from channels.email.authenticity import within
from channels.sdk.identities import normalise_email


@dataclass(frozen=True, slots=True)
class Ourselves:
    """`domains` in lower case and IDNA; `address` normalised, empty where none is set."""

    address: str
    domains: frozenset[str]

    @classmethod
    def of(cls, address: str, own_domains: tuple[str, ...]) -> "Ourselves":
        """From settings as they are written. A free mailer's domain is never ours by itself."""
        domains = (normalise_email(f"a@{domain.removeprefix('@')}") for domain in own_domains)
        return cls(
            normalise_email(address) or "",
            frozenset(domain.partition("@")[2] for domain in domains if domain),
        )

    def have(self, box: Mailbox) -> bool:
        """Whether a colleague or our mailbox is behind the address; a plus-tag changes nothing."""
        local, _, domain = box.value.rpartition("@")
        bare = f"{local.partition('+')[0]}@{domain}"
        return bare == self.address or any(within(domain, own) for own in self.domains)

    def writes_ids_at(self, domain: str) -> bool:
        """Whether Message-IDs of ours end in `domain`; of any, where we don't know our own."""
        zones = {*self.domains, self.address.rpartition("@")[2]} - {""}
        return not zones or any(within(domain, zone) for zone in zones)
