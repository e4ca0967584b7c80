"""The showroom's line, at Zadarma: start, answer and end of a call; times are the wall clock's."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hmac import digest
from urllib.parse import quote
from zoneinfo import ZoneInfo

from leadlog.demo.cast import Cast
from leadlog.demo.providers.course import Course
from leadlog.demo.request import Expected, Request, Step, form_request
from leadlog.demo.workshop import SHOWROOM_LINE

_ZONE = ZoneInfo("Europe/Moscow")
_NOW = timedelta(0)


def incoming(cast: Cast, number: str, course: Course, *, after: timedelta = _NOW) -> Iterable[Step]:
    """A customer calls: `number` in E.164."""
    call_id = f"in_{cast.number()}"
    about = {"pbx_call_id": call_id, "caller_id": number, "called_did": SHOWROOM_LINE}
    yield _step(cast, {**about, "event": "NOTIFY_START"}, after, seconds=0)
    end = {**about, "event": "NOTIFY_END", "duration": str(course.talked)}
    if course.talked:
        answer = {
            "event": "NOTIFY_ANSWER",
            "pbx_call_id": call_id,
            "caller_id": number,
            "destination": course.extension,
        }
        yield _step(cast, answer, after, seconds=course.waited)
        end |= {"internal": course.extension, "disposition": "answered", "status_code": "16"}
    else:
        end |= {"disposition": "no answer", "status_code": "19"}
    yield _step(cast, end, after, seconds=course.lasted)


def address_check(cast: Cast) -> Request:
    """What Zadarma asks before it takes an address: to hear its own word again."""
    word = quote(f"mebel-{cast.number()}")
    return Request(
        account="showroom", method="GET", path=f"?zd_echo={word}", expected=Expected.HANDSHAKE
    )


def _step(cast: Cast, told: Mapping[str, str], after: timedelta, *, seconds: int) -> Step:
    def build(at: datetime) -> Request:
        fields = {**told, "call_start": at.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")}
        return form_request("showroom", fields, headers={"signature": _signature(cast, fields)})

    return Step(after, build, timedelta(seconds=seconds))


def _signature(cast: Cast, fields: Mapping[str, str]) -> str:
    called = fields["destination" if fields["event"] == "NOTIFY_ANSWER" else "called_did"]
    signed = f"{fields['caller_id']}{called}{fields['call_start']}"
    secret = str(cast.shop["showroom"]["secret"])
    return b64encode(digest(secret.encode(), signed.encode(), "sha1").hex().encode()).decode()
