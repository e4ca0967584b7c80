"""What is no customer's mail: docs/providers.md, 3.4, in its order."""

import pytest

BOUNCES = [
    {"Return_Path": "<>"},
    {"Return_Path": "< >"},
    {"From": "MAILER-DAEMON@mx.example.net"},
    {"From": "Mail Delivery System <MAILER-DAEMON>"},
    {"From": "postmaster@example.net"},
    {"X_Failed_Recipients": "a@b.example"},
    {"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"},
    {"Content_Type": 'multipart/report; boundary=b; report-type="delivery-status"'},
]
AUTO_REPLIES = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated"},
    {"Auto_Submitted": "auto-replied (vacation)"},
    {"X_Auto_Response_Suppress": "All"},
    {"X_Autoreply": "yes"},
    {"X_Autorespond": "x"},
    {"Precedence": "auto_reply"},
    {"Precedence": "bulk"},
    {"Precedence": "junk"},
    {"Subject": "Автоответ: Отпуск"},
    {"Subject": "=?utf-8?B?0JDQstGC0L7QvtGC0LLQtdGC?="},
    {"Subject": "Out of office: Order"},
    {"Subject": "Автоматический ответ: Заявка"},
    {"Content_Type": "multipart/report; report-type=disposition-notification; boundary=b"},
]
BULK = [
    {"List_Id": "News <news.example.com>"},
    {"List_Unsubscribe": "<mailto:u@x.example>"},
    {"Precedence": "list"},
    {"Feedback_ID": "1:2:3"},
    {"Precedence": "bulk", "List_Unsubscribe": "<https://x.example>"},
]
SPAM = [
    {"X_Spam_Flag": "YES"},
    {"X_Spam_Status": "Yes, score=9.9 required=5.0"},
    {"X_Spam": "yes"},
    {"X_Spam": "Yes"},
]
CUSTOMERS = [
    {"Auto_Submitted": "no"},
    {"Return_Path": "<petr@example.ru>"},
    {"X_Spam_Status": "No, score=-1"},
    {"X_Spam_Flag": "NO"},
    {"Subject": "Re: Автоответ: заявка принята"},
    {"Subject": "Автоответчик Panasonic есть?"},
    {"From": "postmasters@example.ru"},
    {"Precedence": "first-class"},
    {"Disposition_Notification_To": "petr@example.ru"},
    {"List_Id": "Sales <sales.ourdomain.example>", "List_Unsubscribe": "<x>", "Precedence": "list"},
]


@pytest.mark.parametrize("headers", BOUNCES, ids=str)
def test_bounces(headers: dict[str, str], mail, read) -> None:
    result = read(mail(**headers))
    assert (result["outcome"], result["reason"]) == ("ignored", "bounce")


@pytest.mark.parametrize("headers", AUTO_REPLIES, ids=str)
def test_automatic_answers(headers: dict[str, str], mail, read) -> None:
    result = read(mail(**headers))
    assert (result["outcome"], result["reason"]) == ("ignored", "auto_reply")


@pytest.mark.parametrize("headers", BULK, ids=str)
def test_lists_and_newsletters(headers: dict[str, str], mail, read) -> None:
    result = read(mail(**headers))
    assert (result["outcome"], result["reason"]) == ("ignored", "bulk")


@pytest.mark.parametrize("headers", SPAM, ids=str)
def test_spam_is_kept_in_quarantine(headers: dict[str, str], mail, read) -> None:
    result = read(mail(**headers))
    assert (result["outcome"], result["reason"]) == ("quarantined", "spam")


@pytest.mark.parametrize("headers", CUSTOMERS, ids=str)
def test_customers_mail_passes(headers: dict[str, str], mail, lead) -> None:
    assert lead(mail(**headers))["kind"] == "message"


def test_bounce_comes_before_automatic_answer(mail, read) -> None:
    assert read(mail(Return_Path="<>", Auto_Submitted="auto-replied"))["reason"] == "bounce"


def test_automatic_answer_comes_before_list_and_spam(mail, read) -> None:
    raw = mail(Auto_Submitted="auto-replied", List_Id="<x.y>", X_Spam="yes")
    assert read(raw)["reason"] == "auto_reply"


def test_colleagues_automatic_answer_is_no_outgoing_mail(mail, read) -> None:
    raw = mail(From="maria@ourdomain.example", To="a@b.example", Auto_Submitted="auto-replied")
    assert read(raw)["reason"] == "auto_reply"
