"""Looking for credentials where none may be: in what is kept, answered and logged."""

import base64
import contextlib
import io
import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from structlog.testing import capture_logs

from channels.sdk.testing.doors import Answer

_SHORTEST = 5
"""A shorter secret is found everywhere by chance; none that protects anything is so short."""
_BASE64 = re.compile(r'"body":"([A-Za-z0-9+/=]{8,})"')


def secrets_in(answer: Answer, secrets: tuple[str, ...]) -> Iterator[str]:
    """Where in an answer and in what was stored one of the secrets stands."""
    headers = " ".join(f"{name}: {value}" for name, value in answer.reply.headers)
    for place, text in (
        ("the reply", answer.reply.body.decode("utf-8", "replace") + headers),
        ("the exception", answer.fault),
        *((f"the {one.outcome} record", _whole(one.record)) for one in answer.stored),
    ):
        if is_in(text, secrets):
            yield place


def is_in(text: str, secrets: tuple[str, ...]) -> bool:
    """Whether a secret stands in a text, in any spelling that can be undone."""
    plain = unquote_plus(text)
    spellings = {text, plain, _unescaped(text), _unescaped(plain)}
    return any(
        secret in spelling
        for secret in secrets
        if len(secret) >= _SHORTEST
        for spelling in spellings
    )


@contextlib.contextmanager
def overheard() -> Iterator[list[str]]:
    """Everything that is printed or logged meanwhile, whole once the block is left."""
    heard: list[str] = []
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            with capture_logs() as entries:
                yield heard
            heard.extend(map(str, entries))
    finally:
        logging.getLogger().removeHandler(handler)
        heard.append(stream.getvalue())


def _whole(record: bytes) -> str:
    """The record, and the bodies in it as they came."""
    text = record.decode("utf-8", "replace")
    bodies = [base64.b64decode(found + "=" * (-len(found) % 4)) for found in _BASE64.findall(text)]
    return "\n".join([text, *(body.decode("utf-8", "replace") for body in bodies)])


def _unescaped(text: str) -> str:
    r"""JSON's escapes undone: `\/` and `\u0041`."""
    with contextlib.suppress(ValueError):
        return str(json.loads(f'"{text}"'))
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text).replace("\\/", "/")
