"""What a bounce says of addresses: docs/providers.md, 3.4."""

import pytest

from channels.email.bounces import receipts, undeliverable
from channels.email.mime import read_mail
from channels.email.screening import screen
from channels.sdk.sending import NotSent, Progress, Receipt

FAILED = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1"


def report(*recipients: str) -> bytes:
    groups = "\n\n".join(["Reporting-MTA: dns; mx.example.net", *recipients])
    return (
        "From: MAILER-DAEMON@mx.example.net\nContent-Type: multipart/report; boundary=b;"
        " report-type=delivery-status\n\n--b\n\nSorry.\n--b\nContent-Type: "
        f"message/delivery-status\n\n{groups}\n--b--\n"
    ).encode()


def test_address_of_the_sample_is_undeliverable(recorded) -> None:
    raw = recorded("email_bounce")["request"]["body"].encode()
    assert undeliverable(read_mail(raw)) == ("nobody@example.ru",)


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.1"), ("failed", "4.2.2"), ("delivered", "2.0.0")]
)
def test_only_what_failed_for_good_counts(action: str, status: str) -> None:
    group = f"Final-Recipient: rfc822; a@b.example\nAction: {action}\nStatus: {status}"
    assert undeliverable(read_mail(report(group))) == ()


def test_each_recipient_is_judged_by_itself() -> None:
    groups = [
        f"Final-Recipient: rfc822;<{name}@b.example>\nAction: {action}\nStatus: 5.1.1"
        for name, action in (("a", "failed"), ("b", "relayed"), ("c", "Failed"))
    ]
    assert undeliverable(read_mail(report(*groups))) == ("a@b.example", "c@b.example")


def test_ordinary_mail_names_nobody() -> None:
    assert undeliverable(read_mail(b"From: a@b.example\n\nStatus: 5.1.1")) == ()


def returned(part_type, original, group=FAILED):
    return (
        "From: MAILER-DAEMON@mx.example.net\nContent-Type: multipart/report; boundary=b;"
        " report-type=delivery-status\n\n--b\n\nSorry.\n--b\nContent-Type: "
        f"message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n{group}\n--b\n"
        f"Content-Type: {part_type}\n\n{original}\n--b--\n"
    ).encode()


ORIGINAL = "From: sales@our.example\nMessage-ID: <lead.7.out@our.example>\nSubject: x\n\nHello"


@pytest.mark.parametrize("part_type", ["message/rfc822", "text/rfc822-headers"])
def test_a_bounce_tells_which_mail_of_ours_came_back(part_type) -> None:
    failed = Receipt(
        id="<lead.7.out@our.example>", progress=Progress.FAILED, reason=NotSent.BAD_RECIPIENT
    )
    mail = read_mail(returned(part_type, ORIGINAL))
    assert receipts(mail) == (failed,)
    assert screen(mail, "key", frozenset()).receipts == (failed,)


def test_a_delay_tells_of_no_failure() -> None:
    group = FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1")
    assert receipts(read_mail(returned("message/rfc822", ORIGINAL, group))) == ()


@pytest.mark.parametrize("original", ["", "Subject: x", "Message-ID:", "\x00\xff"])
def test_a_bounce_without_the_original_tells_of_no_mail(original) -> None:
    assert receipts(read_mail(returned("message/rfc822", original))) == ()
