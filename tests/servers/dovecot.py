"""Dovecot: an IMAP server, plain and over TLS, any user with one password, mails as Maildir."""

import grp
import imaplib
import os
import pwd
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers.process import ServerProcess, free_port, listening, program

PASSWORD = "password-of-all"
_USER = "dovecot"
_START_WITHIN_S = 30
_SETTINGS = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
auth_cache_size = 0
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
mailbox_idle_check_interval = 1 secs
mail_max_userip_connections = 1000
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


class DovecotServer:
    """`folder` is for it alone; whoever runs the tests may be root, the server never is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = program("dovecot", "dovecot-imapd")
        self._process: ServerProcess | None = None
        self.port = free_port()
        self.tls_port = free_port()
        self.certificate = folder / "cert.pem"
        self._configure()

    def start(self) -> None:
        self._process = ServerProcess(
            "Dovecot",
            [self._program, "-F", "-c", str(self._folder / "dovecot.conf")],
            log=self._folder / "server.log",
            user=_USER if os.geteuid() == 0 else None,
        )
        self._process.wait_until(lambda: listening(self.port), _START_WITHIN_S)

    def stop(self) -> None:
        """The server and the processes of its sessions, which outlive it by themselves."""
        if self._process is None:
            return
        children = _children_of(int((self._folder / "run" / "master.pid").read_text()))
        self._process.stop()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def client(self, user: str) -> imaplib.IMAP4:
        """A connection of the user's own program."""
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(user, PASSWORD)
        return client

    def maildir(self, user: str) -> Path:
        return self._folder / "mail" / user

    def _configure(self) -> None:
        runs_as = _account()
        _write_certificate(self.certificate, self._folder / "key.pem")
        text = _SETTINGS.format(
            folder=self._folder,
            user=runs_as.pw_name,
            group=grp.getgrgid(runs_as.pw_gid).gr_name,
            uid=runs_as.pw_uid,
            gid=runs_as.pw_gid,
            password=PASSWORD,
            port=self.port,
            tls_port=self.tls_port,
        )
        (self._folder / "dovecot.conf").write_text(text)
        for path in (self._folder, *self._folder.iterdir()):
            os.chown(path, runs_as.pw_uid, runs_as.pw_gid)


def _children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in listed.split()]


def _account() -> pwd.struct_passwd:
    """Who the server runs as: ourselves, or where we are root, the package's own user."""
    return pwd.getpwnam(_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _write_certificate(certificate: Path, key: Path) -> None:
    """For 127.0.0.1, signed by itself: nobody trusts it who was not told to."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
