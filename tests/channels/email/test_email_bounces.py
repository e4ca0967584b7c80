"""What a bounce says of addresses: reference/channels.md, 3.4."""

import pytest

from channels.email.bounces import undeliverable
from channels.email.mime import read_mail


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
