"""One IMAP connection, blocking: it belongs to one thread (docs/providers.md, 3.1).

Every folder is opened with EXAMINE and every mail read with PEEK: nothing changes on the server.
Raises `RetryLater` for whatever may pass, `StopAdapter` for what a person must mend, and
`MailRefused` for one mail that the server does not give.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec
from imap_tools import (
    BaseMailBox,
    MailBox,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
)
from imap_tools.errors import ImapToolsError

from channels.email.settings import EmailSettings
from channels.sdk.errors import RetryLater, StopAdapter

_TIMEOUT_S = 60.0
_MOST_MAILS = 50
_MOST_BYTES = 4 * 1024 * 1024
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_MAY_PASS = re.compile(
    r"UNAVAILABLE|INUSE|LIMIT|SERVERBUG|too many|try again|temporar", re.IGNORECASE
)


class FolderCursor(msgspec.Struct, frozen=True):
    """Up to where a folder was read: UIDs ascend for as long as UIDVALIDITY stays."""

    uidvalidity: int = 0
    last_uid: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail; `raw` is shorter than `size` where the size limit cut it."""

    raw: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """The next mails of a folder, and whether there are more."""

    mails: tuple[Fetched, ...]
    cursor: FolderCursor
    more: bool


@dataclass(frozen=True, slots=True)
class _Told:
    uid: int
    size: int
    received: datetime | None


class MailRefused(Exception):
    """The server does not give this one mail."""

    def __init__(self, uid: int) -> None:
        super().__init__(f"the server refuses the mail with UID {uid}")
        self.uid = uid


class ImapSession:
    """Connected and logged in."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._since = _midnight(settings.imap_since)
        with _explained(settings):
            self._mailbox = _connected(settings)
            # What a server can do it may tell only after the login.
            self._can_idle = (
                b"IDLE" in b" ".join(self._mailbox.client.capability()[1]).upper().split()
            )

    def page(self, folder: str, cursor: FolderCursor, skipped: Collection[int] = ()) -> Page:
        """The mails after `cursor`, at most 50 or 4 MB of them; of `skipped` ones no bytes."""
        with _explained(self._settings):
            start = self._opened(folder, cursor)
            waiting = self._after(start.last_uid)
            told = self._told(waiting[:_MOST_MAILS])
            mails: list[Fetched] = []
            last = start.last_uid
            for uid in waiting[:_MOST_MAILS]:
                if sum(len(mail.raw) for mail in mails) > _MOST_BYTES:
                    break
                if uid in told and not self._is_history(told[uid]):
                    mails += self._fetched(told[uid], skip=uid in skipped)
                last = uid
            return Page(
                tuple(mails),
                FolderCursor(start.uidvalidity, last),
                more=bool(waiting) and waiting[-1] > last,
            )

    def wait(self, folder: str, seconds: float) -> bool:
        """Wait until something may have changed in `folder`; False where IDLE is not offered.

        Only a hint: pushes get lost, so the caller looks after each pause in any case.
        """
        with _explained(self._settings):
            if not self._can_idle:
                return False
            self._mailbox.folder.set(folder, readonly=True)
            self._mailbox.idle.wait(timeout=seconds)
            return True

    def cut(self) -> None:
        """End the connection at once; from any thread: what waits on it then raises."""
        with contextlib.suppress(OSError, AttributeError):
            self._mailbox.client.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError, AttributeError):
            self._mailbox.client.sock.close()

    def _opened(self, folder: str, cursor: FolderCursor) -> FolderCursor:
        """Open the folder; from its beginning, where the UIDs that we know mean nothing now.

        That is when UIDVALIDITY changed, and when UIDNEXT went back without it (some servers do:
        chatmail/core 2188). Mails read twice have the ids that they had.
        """
        self._mailbox.folder.set(folder, readonly=True)
        uidvalidity = self._number("UIDVALIDITY")
        uidnext = self._number("UIDNEXT")
        if uidvalidity != cursor.uidvalidity or 0 < uidnext <= cursor.last_uid:
            return FolderCursor(uidvalidity, 0)
        return cursor

    def _number(self, name: str) -> int:
        value = self._mailbox.client.response(name)[1][-1]
        return int(value) if isinstance(value, bytes) and value.isdigit() else 0

    def _after(self, last_uid: int) -> list[int]:
        """UIDs above; `n:*` names the last mail even where its UID is below n (RFC 3501 6.4.8)."""
        found = self._command("SEARCH", f"UID {last_uid + 1}:*")
        uids = {int(word) for line in found if isinstance(line, bytes) for word in line.split()}
        return sorted(uid for uid in uids if uid > last_uid)

    def _told(self, uids: list[int]) -> dict[int, _Told]:
        """Sizes and dates. A server may answer twice for one mail: the UID tells."""
        if not uids:
            return {}
        told: dict[int, _Told] = {}
        for line in self._command("FETCH", ",".join(map(str, uids)), _FACTS):
            text = line if isinstance(line, bytes) else b""
            uid, size, date = _UID.search(text), _SIZE.search(text), _DATE.search(text)
            if uid and size:
                told[int(uid[1])] = _Told(int(uid[1]), int(size[1]), _received(date))
        return told

    def _is_history(self, told: _Told) -> bool:
        return bool(self._since and told.received and told.received < self._since)

    def _fetched(self, told: _Told, *, skip: bool) -> Iterator[Fetched]:
        """The mail, unless it was deleted meanwhile; cut to the size limit by the server."""
        if skip:
            yield Fetched(b"", told.size)
            return
        most = self._settings.imap_max_bytes
        part = "BODY.PEEK[]" if told.size <= most else f"BODY.PEEK[]<0.{most}>"
        try:
            status, answer = self._mailbox.client.uid("FETCH", str(told.uid), f"(UID {part})")
        except imaplib.IMAP4.error as error:  # some servers hang up over a mail that they lost
            raise MailRefused(told.uid) from error
        if status != "OK":
            raise MailRefused(told.uid)
        literals = [piece[1] for piece in answer if isinstance(piece, tuple)]
        yield from (Fetched(raw, told.size) for raw in literals[:1])

    def _command(self, *words: str) -> list[object]:
        status, answer = self._mailbox.client.uid(*words)
        if status != "OK":
            raise RetryLater(f"the mail server refuses UID {words[0]}", after_s=30.0)
        return list(answer)


_FACTS = "(UID INTERNALDATE RFC822.SIZE)"


def _connected(settings: EmailSettings) -> BaseMailBox:
    host, port = settings.imap_host, settings.imap_port
    mailbox: BaseMailBox
    match settings.imap_tls:
        case "starttls":
            mailbox = MailBoxStartTls(host, port, timeout=_TIMEOUT_S, ssl_context=_checked())
        case True:
            mailbox = MailBox(host, port, timeout=_TIMEOUT_S, ssl_context=_checked())
        case _:
            mailbox = MailBoxUnencrypted(host, port, timeout=_TIMEOUT_S)
    user, password = settings.imap_user or settings.address, settings.imap_password
    login = mailbox.login if (user + password).isascii() else mailbox.login_utf8
    login(user, password, initial_folder=None)
    return mailbox


def _checked() -> ssl.SSLContext:
    """imaplib checks no certificate unless it is told to."""
    return ssl.create_default_context()


@contextlib.contextmanager
def _explained(settings: EmailSettings) -> Iterator[None]:
    """Faults of the network and the server in the words of the port."""
    try:
        yield
    except MailboxLoginError as error:
        if _MAY_PASS.search(str(error)):
            raise RetryLater("the mail server puts off the login", after_s=60.0) from error
        raise StopAdapter(
            f"{settings.name}: the mail server refuses imap_user and imap_password; "
            "most providers want a password for programs, and IMAP switched on"
        ) from error
    except MailboxFolderSelectError as error:
        if _MAY_PASS.search(str(error)):
            raise RetryLater("the mail server puts off a folder", after_s=60.0) from error
        raise StopAdapter(
            f"{settings.name}: the mail server has no such folder; see imap_folders"
        ) from error
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        raise RetryLater(
            f"the mail server is away: {type(error).__name__}: {error}"[:200]
        ) from error


def _midnight(day: str) -> datetime | None:
    return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None


def _received(date: re.Match[bytes] | None) -> datetime | None:
    if not date:
        return None
    try:
        return parsedate_to_datetime(
            date[1].decode("ascii", "replace").replace("-", " ", 2).strip()
        )
    except (ValueError, TypeError):
        return None
