"""When the sender of a mail is attested: Authentication-Results, RFC 8601."""

from collections.abc import Callable

import pytest

OURS = "mx.ourdomain.example"


@pytest.fixture(scope="session")
def proof(mail, lead) -> Callable[..., str]:
    """The proof of the sender of a mail with these headers above its own."""

    def judge(*headers: str, authserv_id: str = OURS) -> str:
        raw = "\n".join([*headers, ""]).encode() + mail()
        found: str = lead(raw, authserv_id=authserv_id)["identities"][0]["proof"]
        return found

    return judge


@pytest.mark.parametrize(
    "results",
    [
        "dkim=pass header.d=example.ru",
        "dkim=pass (2048-bit key; unprotected) header.d=Example.RU header.i=@example.ru",
        "dkim=pass header.i=@example.ru",
        "dkim=pass header.d=mail.example.ru",
        "spf=pass smtp.mailfrom=example.ru",
        "spf=pass (sender ok) smtp.mailfrom=bounce@mail.example.ru",
        "spf=fail smtp.mailfrom=x.example; dkim=pass header.d=example.ru",
        "dkim=fail header.d=other.example; dkim=pass header.d=example.ru",
        "dmarc=pass header.from=example.ru",
        "dmarc=pass (p=reject dis=none)",
        'dkim=pass header.d="example.ru"',
    ],
)
def test_pass_for_the_domain_in_from_attests(results: str, proof) -> None:
    assert proof(f"Authentication-Results: {OURS}; {results}") == "attested"


@pytest.mark.parametrize(
    "results",
    [
        "none",
        "dkim=none; spf=none",
        "dkim=fail header.d=example.ru",
        "dkim=pass header.d=other.example",
        "dkim=pass",
        "spf=softfail smtp.mailfrom=example.ru",
        "spf=pass smtp.mailfrom=mailer.example",
        "dkim=pass header.d=ru",
        "dkim=pass header.d=notexample.ru",
        "dkim=pass header.d=example.ru; dmarc=fail header.from=example.ru",
        "x-dkim=pass header.d=example.ru",
        "(dkim=pass header.d=example.ru)",
    ],
)
def test_anything_else_leaves_the_sender_claimed(results: str, proof) -> None:
    assert proof(f"Authentication-Results: {OURS}; {results}") == "claimed"


PASS = "dkim=pass header.d=example.ru"


def test_no_result_at_all_leaves_the_sender_claimed(proof) -> None:
    assert proof() == "claimed"


def test_results_of_another_server_are_not_trusted(proof) -> None:
    assert proof(f"Authentication-Results: mx.example.ru; {PASS}") == "claimed"
    assert proof(f"Authentication-Results: xmx.ourdomain.example; {PASS}") == "claimed"


def test_version_after_the_servers_name_is_read_over(proof) -> None:
    assert proof(f"Authentication-Results: {OURS} 1; {PASS}") == "attested"


def test_our_domain_stands_for_all_of_its_servers(proof) -> None:
    field = f"Authentication-Results: mx7.mail.ourdomain.example; {PASS}"
    assert proof(field, authserv_id="ourdomain.example") == "attested"


def test_results_below_our_own_hops_are_trusted(proof) -> None:
    assert (
        proof(
            "Received: by 2002:a05:6402:1::1 with SMTP id x",
            "Received: from mail.example.ru (mail.example.ru [192.0.2.1]) by mx.ourdomain.example",
            f"Authentication-Results: {OURS}; {PASS}",
            "Received: from [10.0.0.1] by mail.example.ru",
        )
        == "attested"
    )


def test_results_below_a_foreign_hop_are_forged(proof) -> None:
    assert (
        proof(
            "Received: from mail.evil.example by mx.ourdomain.example",
            "Received: from x by mail.evil.example",
            f"Authentication-Results: {OURS}; {PASS}",
        )
        == "claimed"
    )


def test_results_below_an_unnamed_hop_outside_are_forged(proof) -> None:
    assert (
        proof(
            "Received: from mail.evil.example by mx.ourdomain.example",
            "Received: from x by localhost",
            f"Authentication-Results: {OURS}; {PASS}",
        )
        == "claimed"
    )


def test_topmost_verdict_of_a_method_counts(proof) -> None:
    assert (
        proof(
            f"Authentication-Results: {OURS}; dkim=none",
            f"Authentication-Results: {OURS}; {PASS}",
        )
        == "claimed"
    )


def test_methods_in_several_fields_are_read_together(proof) -> None:
    assert (
        proof(
            f"Authentication-Results: {OURS}; spf=none",
            f"Authentication-Results: {OURS}; {PASS}",
        )
        == "attested"
    )
