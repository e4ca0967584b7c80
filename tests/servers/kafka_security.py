"""Listeners of a Kafka that ask who is there: TLS, and passwords within TLS or in the clear."""

from pathlib import Path

from servers.certificates import Authority
from servers.process import free_port

USER, PASSWORD = "leadlog", "a p@ssword/of:its own=100%"
ONLY_512 = "only512"
"""Has the same password, by SCRAM-SHA-512 alone."""
STRANGER = "stranger"
"""Has it too, and no right to anything but what a test `allow`s."""
_PROTOCOLS = {
    "TLS": "SSL",
    "MUTUAL": "SSL",
    "SECURE": "SASL_SSL",
    "CLEAR": "SASL_PLAINTEXT",
    "LOST": "PLAINTEXT",
}
NOWHERE = "127.0.0.1:1"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


class Security:
    """What a node's configuration has for it. The ports are by the name of the listener.

    TLS asks nobody, MUTUAL asks for a certificate, SECURE for a password within TLS, and CLEAR for
    one without. LOST asks nothing and tells its clients to go on at an address that is none.
    """

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "authority")
        self.client = self.authority.signed("client")
        self._server = self.authority.signed("server")
        self.ports = {name: free_port() for name in _PROTOCOLS}

    def address(self, listener: str) -> str:
        return f"127.0.0.1:{self.ports[listener]}"

    @property
    def listeners(self) -> str:
        return "".join(f",{name}://{self.address(name)}" for name in self.ports)

    @property
    def advertised(self) -> str:
        return self.listeners.replace(self.address("LOST"), NOWHERE)

    @property
    def properties(self) -> str:
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", **_PROTOCOLS}
        told = {
            "listener.security.protocol.map": ",".join(f"{n}:{p}" for n, p in protocols.items()),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._server,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.file,
            "listener.name.mutual.ssl.client.auth": "required",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:ANONYMOUS;User:CN=client;User:{USER};User:{ONLY_512}",
        }
        known = " ".join(f'user_{name}="{PASSWORD}"' for name in (USER, STRANGER))
        for listener in ("secure", "clear"):
            prefix = f"listener.name.{listener}"
            told |= {
                f"{prefix}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
                f"{prefix}.plain.sasl.jaas.config": f"{_PLAIN} {known};",
                f"{prefix}.scram-sha-256.sasl.jaas.config": _SCRAM,
                f"{prefix}.scram-sha-512.sasl.jaas.config": _SCRAM,
            }
        return "".join(f"{name}={value}\n" for name, value in told.items())

    @property
    def format_arguments(self) -> list[str]:
        """The users of SCRAM, who stand in the cluster's metadata from its beginning."""
        made = []
        for mechanism, user in (
            ("SCRAM-SHA-256", USER),
            ("SCRAM-SHA-512", USER),
            ("SCRAM-SHA-512", ONLY_512),
        ):
            made += ["--add-scram", f'{mechanism}=[name="{user}",password="{PASSWORD}"]']
        return made
