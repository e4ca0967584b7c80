"""Keys and conversations of mails: docs/providers.md, 3.2."""

from collections.abc import Callable

import pytest

OURS = "<lead.0193f2aa.k3@ourdomain.example>"
OLDER = "<lead.0193f2aa.k1@ourdomain.example>"


@pytest.fixture(scope="session")
def ids(lead) -> Callable[..., tuple[str, str]]:
    """The ids of a mail's lead."""

    def run(raw: bytes, **account: str) -> tuple[str, str]:
        found = lead(raw, **account)
        return found["lead_id"], found["event_id"]

    return run


class TestKeys:
    def test_lead_and_event_of_a_mail_have_one_id(self, mail, ids) -> None:
        lead_id, event_id = ids(mail())
        assert lead_id == event_id

    def test_same_mail_by_another_way_is_the_same(self, mail, ids) -> None:
        raw = mail("Hello\nthere")
        again = b"Received: from x by y\nX-Spam-Score: 1\n" + raw.replace(b"\n", b"\r\n")
        assert ids(raw) == ids(again)

    def test_folding_and_blanks_in_the_message_id_change_nothing(self, mail, ids) -> None:
        assert ids(mail()) == ids(mail(Message_ID="\n  < m.1@example.ru >"))

    def test_message_id_has_case(self, mail, ids) -> None:
        assert ids(mail()) != ids(mail(Message_ID="<M.1@example.ru>"))

    @pytest.mark.parametrize(
        "other",
        [
            {"Subject": "Other"},
            {"From": "anna@example.ru"},
            {"Date": "Fri, 14 Feb 2025 10:00:01 +0300"},
            {"body": "Other"},
        ],
    )
    def test_other_mail_with_the_same_message_id_is_another(
        self, other: dict[str, str], mail, ids
    ) -> None:
        assert ids(mail()) != ids(mail(**other))

    def test_what_is_appended_below_the_first_four_kilobytes_changes_nothing(
        self, mail, ids
    ) -> None:
        assert ids(mail("x" * 5000)) == ids(mail("x" * 5000 + "\nno viruses found"))

    def test_without_message_id_the_bytes_are_the_key(self, mail, ids) -> None:
        raw = mail(Message_ID=None)
        assert ids(raw) == ids(raw)
        assert ids(raw) != ids(b"X-Other: 1\n" + raw)

    def test_mailboxes_have_keys_of_their_own(self, mail, ids) -> None:
        assert ids(mail()) != ids(mail(), name="other")


class TestThread:
    def test_first_mail_is_its_own_conversation(self, mail, lead) -> None:
        assert lead(mail())["thread"] == "<m.1@example.ru>"

    def test_answer_to_our_mail_is_found_by_in_reply_to(self, mail, lead) -> None:
        raw = mail(In_Reply_To=OURS, References=f"<a@x.example> {OLDER}")
        assert lead(raw)["thread"] == OURS

    def test_our_mail_is_found_in_references_from_the_right(self, mail, lead) -> None:
        raw = mail(In_Reply_To="<b@x.example>", References=f"<a@x.example> {OLDER} {OURS} <b@x>")
        assert lead(raw)["thread"] == OURS

    def test_our_mail_is_found_by_the_token_in_the_address(self, mail, lead) -> None:
        raw = mail(
            To="Sales <sales+lead.0193f2aa.k3@ourdomain.example>", References="<a@x.example>"
        )
        assert lead(raw)["thread"] == OURS

    def test_id_that_only_looks_like_ours_is_not(self, mail, lead) -> None:
        raw = mail(In_Reply_To="<lead.1.2@evil.example>", References="<a@x.example>")
        assert lead(raw)["thread"] == "<a@x.example>"

    def test_root_of_the_references_where_none_is_ours(self, mail, lead) -> None:
        raw = mail(In_Reply_To="<b@x.example>", References="<a@x.example>\n <b@x.example>")
        assert lead(raw)["thread"] == "<a@x.example>"

    def test_answered_mail_where_there_are_no_references(self, mail, lead) -> None:
        assert lead(mail(In_Reply_To="Your mail <b@x.example>"))["thread"] == "<b@x.example>"

    def test_mail_without_any_id_has_no_conversation(self, mail, lead) -> None:
        assert "thread" not in lead(mail(Message_ID=None))

    def test_mailbox_that_names_no_domain_knows_ours_by_their_form(self, mail, lead) -> None:
        raw = mail(In_Reply_To=OURS, References="<a@x.example>")
        assert lead(raw, address="", own_domains=[])["thread"] == OURS
