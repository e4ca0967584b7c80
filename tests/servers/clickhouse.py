"""A stand-in of a ClickHouse server as a process of its own: see clickhouse_http.py."""

import datetime as dt
import ipaddress
import os
import sys
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers.process import ServerProcess, Startable, free_port, listening

USER = "leadlog"
PASSWORD = "s3cret/of@the:tests"
_QUOTED = "s3cret%2Fof%40the%3Atests"
_TESTS = Path(__file__).parents[1]
_START_WITHIN_S = 60
_numbers = count(1)


class ClickHouseServer(Startable):
    """`folder` is for it alone. Can be killed and started again on the same folder and port."""

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self._folder = folder
        self._tls = tls
        self.port = free_port()
        self.authority = folder / "certificate.pem"
        """With TLS: what a client must trust."""
        (folder / "password").write_text(PASSWORD)
        if tls:
            _make_certificate(self.authority, folder / "key.pem")

    def start(self) -> None:
        command = [sys.executable, "-m", "servers.clickhouse_http"]
        command += ["--folder", str(self._folder), "--port", str(self.port), "--user", USER]
        command += ["--password-file", str(self._folder / "password")]
        if self._tls:
            command += ["--certificate", str(self.authority), "--key", f"{self._folder}/key.pem"]
        self._process = ServerProcess(
            "ClickHouse's stand-in",
            ["env", f"--chdir={_TESTS}", *command],
            log=self._folder / "server.log",
        )
        self._process.wait_until(lambda: listening(self.port), _START_WITHIN_S)

    def url(self, *, port: int | None = None) -> str:
        """Its address without a database; `port`: where a proxy before it listens."""
        scheme = "clickhouses" if self._tls else "clickhouse"
        return f"{scheme}://{USER}:{_QUOTED}@127.0.0.1:{port or self.port}"


def fresh_name() -> str:
    """A name of a database that nobody else uses."""
    return f"test_{os.getpid()}_{next(_numbers)}"


def at(url: str, database: str) -> str:
    """The address of a database on the server that `url` names, with its other parameters."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def _make_certificate(certificate: Path, key: Path) -> None:
    """For 127.0.0.1, signed by itself, valid for a day."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leadlog tests")])
    now = dt.datetime.now(dt.UTC)
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    certificate.write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    key.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
