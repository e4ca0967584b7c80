"""Holds what the commands show against a history: nothing lost, invented or doubled."""

import base64
from collections import Counter

import httpx
from chaos.history import Told
from support.deliveries import Post
from support.leadlog_up import Leadlog

_SENT_AGAIN = 2000
_SHOWN = 2


def check(server: Leadlog, told: Told) -> dict[str, int]:
    """With the server running. What was found, in numbers; AssertionError at the first breach."""
    audit = settled(server)
    stored = stored_leads(server)
    check_statuses(told)
    check_leads(told, stored)
    check_quarantine(server, told)
    check_events(server, told, audit)
    return {
        "posts": len(told.posts),
        "attempts": told.attempts,
        **{end: told.count(end) for end in ("ok", "fail", "unknown")},
        "leads": len(stored),
        **audit["deliveries"],
    }


def settled(server: Leadlog) -> dict:
    """The audit over everything, once all is processed and projected; it must hold."""
    (audit,) = server.objects("audit", "--wait", "60", "--full")
    assert audit["ok"], audit
    return audit


def stored_leads(server: Leadlog) -> Counter[str]:
    """How often each lead stands on a card."""
    return Counter(lead for card in server.objects("card", "list") for lead in card["leads"])


def check_statuses(told: Told) -> None:
    """Every answer was one that this post must get, or none."""
    for number, post in told.posts.items():
        wanted = {403, 422} if post.fate == "refused" else {200, 202}
        assert told.statuses[number] <= wanted | {0, 503}, (post, told.statuses[number])


def check_leads(told: Told, stored: Counter[str]) -> None:
    said = {post.lead for post in told.ok("lead").values()}
    sent = {post.lead for post in told.sent("lead").values()}
    assert said, "nothing was accepted: the run shows nothing"
    assert not said - stored.keys(), f"lost: {sorted(said - stored.keys())[:3]}"
    assert not stored.keys() - sent, f"invented: {sorted(stored.keys() - sent)[:3]}"
    assert set(stored.values()) == {1}, f"doubled: {stored.most_common(3)}"


def check_quarantine(server: Leadlog, told: Told) -> None:
    """What could not be read is kept byte for byte."""
    kept = server.objects("quarantine", "list")
    said = {post.body for post in told.ok("quarantined").values()}
    sent = {post.body for post in told.sent("quarantined").values()}
    shown = [server.objects("quarantine", "show", item["id"])[0] for item in kept[:_SHOWN]]
    assert {base64.b64decode(item["body"]) for item in shown} <= sent
    # The same bytes again after five minutes are another delivery: hence "at least".
    assert len(kept) >= len(said)
    assert {item["reason"] for item in kept} <= {"broken_json"}


def check_events(server: Leadlog, told: Told, audit: dict) -> None:
    """Every event that was said to be stored is: sent again, it is a duplicate."""
    said = {post.event: post for post in told.ok("lead").values()}
    sent = {post.event for post in told.sent("lead").values()}
    assert len(said) <= audit["deliveries"]["accepted"] <= len(sent)
    again = list(said.values())[:: max(1, len(said) // _SENT_AGAIN)]
    send_all(server, again)
    before, after = audit["deliveries"], settled(server)["deliveries"]
    assert after == {**before, "duplicate": before["duplicate"] + len(again)}


def send_all(server: Leadlog, posts: list[Post]) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        for post in posts:
            answer = client.post(post.path, content=post.body, headers=post.headers)
            assert answer.status_code in {200, 202}, answer.text
