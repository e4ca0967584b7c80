"""How Kafka is spoken to: in the clear or by TLS, as anybody or as a user; alike by all clients.

Certificates are always checked, with the name of the server: there is no setting that would not.
"""

import ssl
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
"""How the password is proven (RFC 4616, RFC 7677); SCRAM never sends it."""
MECHANISMS: Final[tuple[Mechanism, ...]] = get_args(Mechanism)


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAccess:
    """What the settings in [kafka] say."""

    tls: bool = False
    ca_file: str = ""
    """PEM: who must have signed the servers' certificates; empty: the system's authorities."""
    cert_file: str = ""
    """PEM: our own certificate, for servers that ask for one, and its key unless `key_file` has."""
    key_file: str = ""
    user: str = ""
    """Empty: the servers ask for none."""
    password: str = field(default="", repr=False)
    sasl: Mechanism = "SCRAM-SHA-512"

    @property
    def protocol(self) -> str:
        """As Kafka calls it in `listener.security.protocol.map`."""
        return ("SASL_" if self.user else "") + ("SSL" if self.tls else "PLAINTEXT")

    def tls_context(self) -> ssl.SSLContext | None:
        """Read from the files anew, so that renewed ones count; None where all is in the clear.

        Raises OSError for files that cannot be read or have no certificate in them.
        """
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file or None, password=_no_passphrase)
        return context

    def client_settings(self) -> dict[str, Any]:
        """What every client of aiokafka is made with, beside the servers. Raises OSError."""
        settings: dict[str, Any] = {"security_protocol": self.protocol}
        if self.tls:
            settings["ssl_context"] = self.tls_context()
        if self.user:
            settings |= {
                "sasl_mechanism": self.sasl,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return settings


OPEN: Final = KafkaAccess()
"""In the clear and as nobody: for brokers that only we can reach."""


def _no_passphrase() -> str:
    """Asked for an encrypted key; without it OpenSSL would ask whoever sits at the terminal."""
    raise OSError("the key is encrypted; leadlog takes keys without a passphrase only")
