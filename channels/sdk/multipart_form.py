"""Multipart bodies: fields and files, all in memory, where the body is already."""

from contextlib import suppress
from typing import Any

import multipart

from channels.sdk.delivery import Delivery
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Attachment
from channels.sdk.outcome import QuarantineReason

MAX_FIELDS = 500
_MAX_FIELD_BYTES = 256 * 1024
_MAX_FILE_BYTES = 32 * 1024 * 1024


def read_multipart(
    delivery: Delivery, charset: str
) -> tuple[list[tuple[str, str]], list[Attachment]]:
    """The fields and files of a multipart body; Unreadable where it is none.

    `charset` is that of its texts, unless they are in windows-1251 and claim to be UTF-8.
    """
    try:
        forms, files = _parts_in(delivery, charset)
    except ValueError as error:
        forms, files = _old_russian_parts(delivery, charset, error)
    pairs = [
        (_whole(str(name)), _whole(str(value)[:_MAX_FIELD_BYTES]))
        for name, value in forms.iterallitems()
    ]
    return pairs, [_attachment(name, part) for name, part in files.iterallitems()]


def _old_russian_parts(delivery: Delivery, charset: str, first: ValueError) -> tuple[Any, Any]:
    if charset == "utf-8":
        with suppress(ValueError):
            return _parts_in(delivery, "windows-1251")
    raise Unreadable(QuarantineReason.BROKEN_FORM, str(next(iter(first.args), ""))[:200]) from first


def _parts_in(delivery: Delivery, charset: str) -> tuple[Any, Any]:
    """Fields and files; all in memory, where the body is already. ValueError if they are broken."""
    environ = {
        "CONTENT_TYPE": _without_charset(delivery.headers.get("content-type", "")),
        "CONTENT_LENGTH": str(len(delivery.body)),
        "wsgi.input": _Body(delivery.body),
    }
    try:
        found: tuple[Any, Any] = multipart.parse_form_data(
            environ,
            charset=charset,
            strict=True,
            part_limit=MAX_FIELDS,
            spool_limit=_MAX_FILE_BYTES,
            memory_limit=_MAX_FILE_BYTES,
            partsize_limit=_MAX_FILE_BYTES,
        )
    except LookupError as error:
        raise ValueError("a part claims an unknown charset") from error
    return found


def _without_charset(content_type: str) -> str:
    """The library would take any codec that a sender names; ours is chosen by `charset_of`."""
    kept = (p for p in content_type.split(";") if not p.strip().lower().startswith("charset"))
    return ";".join(kept)


def _attachment(name: str, part: Any) -> Attachment:
    part.close()
    return Attachment(
        kind="file",
        name=_whole(part.filename or ""),
        mime=_whole(part.content_type or ""),
        size=part.size,
        ref=_whole(f"part:{name}"),
    )


def _whole(text: str) -> str:
    """Text that can be written: halves of surrogate pairs replaced."""
    return text.encode("utf-8", "replace").decode()


class _Body:
    """The smallest readable object that the multipart reader asks for."""

    def __init__(self, body: bytes) -> None:
        self._rest = memoryview(body)

    def read(self, size: int = -1) -> bytes:
        size = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)
