"""The API for cards, deals and what is decided, over real stores."""

import re
from uuid import UUID, uuid4

import pytest
from support import desks
from support.desks import feed, lead, lead_id, opened, run

from leadlog.control import OperationFailed

A, B = "phone:+79120000001", "telegram:77"


@pytest.fixture
def system(tmp_path):
    with opened(tmp_path) as system:
        feed(
            system,
            lead(1, ("phone", "+79120000001", "claimed"), profile={"name": "Анна Смирнова"}),
            lead(2, ("telegram", "77", "attested"), hour=10, profile={"name": "Пётр"}),
        )
        yield system


@pytest.fixture
def api(system):
    with desks.client(system) as api:
        yield api


def cards(api, **asked):
    return api.get("/api/v1/cards", params=asked).json()


def post(api, path, body=None, **headers):
    return api.post(f"/api/v1/{path}", json=body or {}, headers=headers)


def deal_of(api, name) -> str:
    return api.get(f"/api/v1/cards/{name}").json()["deals"][0]["id"]


def test_pages_of_cards_together_give_every_card_once(api):
    first = cards(api, limit=1)
    second = cards(api, limit=1, cursor=first["next"])
    assert len({card["id"] for card in first["items"] + second["items"]}) == 2
    assert second["next"] is None


@pytest.mark.parametrize("query", ["8 (912) 000-00-01", "смирнва", "Anna", lead_id(1), A])
def test_a_card_is_found_by_address_id_or_name(api, query):
    found = api.get("/api/v1/cards/find", params={"query": query}).json()
    assert [card["name"] for card in found["items"]] == ["Анна Смирнова"]


def test_nobody_found_is_an_empty_page(api):
    found = api.get("/api/v1/cards/find", params={"query": "+79990000000"})
    assert (found.status_code, found.json()) == (200, {"items": [], "next": None})


def test_a_card_is_shown_with_its_timeline_now_and_as_known_then(api):
    shown = api.get(f"/api/v1/cards/{A}").json()
    assert [entry["type"] for entry in shown["timeline"]] == ["touch", "deal"]
    assert shown["leads"] == [lead_id(1)]
    post(api, "cards/merge", {"a": A, "b": B})
    then = api.get(f"/api/v1/cards/{A}", params={"at": "3"}).json()
    assert (len(then["leaves"]), then["as_of"]) == (1, 3)
    assert len(api.get(f"/api/v1/cards/{A}").json()["leaves"]) == 2


def test_a_merge_is_previewed_made_explained_and_undone(api):
    before = cards(api)
    preview = post(api, "cards/merge", {"a": A, "b": B, "dry_run": True}).json()
    assert preview["dry_run"]
    assert cards(api) == before
    made = post(api, "cards/merge", {"a": A, "b": B, "reason": "one voice", "actor": "anna"})
    assert made.json()["changed"] == preview["changed"] != {"persons": 0, "deals": 0, "leads": 0}
    why = api.get(f"/api/v1/cards/{A}/explain", params={"other": B}).json()
    assert [link["by"] for link in why["links"]] == ["anna"]
    post(api, "cards/undo", {"decision": made.json()["decision"]})
    assert cards(api) == before


def test_the_same_key_twice_is_one_effect(api):
    key = {"Idempotency-Key": "merge of monday"}
    first, again = (post(api, "cards/merge", {"a": A, "b": B}, **key).json() for _ in range(2))
    assert first["decision"] == again["decision"]
    assert again["changed"] == first["changed"] == {"persons": 2, "deals": 1, "leads": 1}


def test_a_key_is_the_same_command_by_whatever_way_it_comes(system, api):
    key = {"Idempotency-Key": "merge of monday"}
    first = post(api, "cards/merge", {"a": A, "b": B, "actor": "anna"}, **key).json()
    given = {"id": A, "other": B, "actor": "anna", "command": "merge of monday"}
    assert list(run(system, "card.merge", given)) == [first]


def test_a_key_that_is_a_uuid_is_the_decisions_id(api):
    key = str(uuid4())
    assert post(api, "cards/share", {"id": A}, **{"Idempotency-Key": key}).json()["decision"] == key


def test_what_is_not_there_is_404(api):
    for path in (
        "cards/phone:+79990000000",
        f"deals/{UUID(int=1)}",
        f"cards/{UUID(int=1)}/explain",
    ):
        assert api.get(f"/api/v1/{path}").status_code == 404, path
    assert post(api, "cards/undo", {"decision": str(UUID(int=1))}).status_code == 404


def test_a_refusal_is_409_and_says_why(api):
    refused = post(api, f"deals/{deal_of(api, A)}/reopen")
    assert (refused.status_code, refused.json()["detail"]) == (409, "the deal is open")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("cards/merge", {"a": A}),
        ("cards/merge", {"a": A, "b": B, "colour": "red"}),
        ("cards/merge", {"a": A, "b": 5}),
        ("cards/merge", {"a": A, "b": A}),
        ("cards/withdraw", {}),
        ("cards/withdraw", {"from": "yesterday", "rule": "x"}),
        ("cards/undo", {"decision": "no id"}),
        ("deals/no-id/accept", {}),
        ("quarantine/retry", {"ids": []}),
    ],
)
def test_what_makes_no_sense_is_400_and_changes_nothing(api, path, body):
    before = cards(api)
    answer = post(api, path, body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert cards(api) == before


@pytest.mark.parametrize(
    ("action", "body", "why"),
    [
        ("stage", {"stage": "nowhere"}, "has no stage 'nowhere'; it has: unsorted, contact, "),
        ("stage", {"stage": "won"}, "not entered by hand"),
        ("stage", {"stage": "contact", "amount": "much"}, "no decimal number"),
        ("won", {"amount": "much"}, "no decimal number"),
        ("lost", {"reason": "mood"}, "reason must be one of: price, "),
        ("decline", {"reason": "mood"}, "reason must be one of: price, "),
        ("note", {"text": " "}, "an empty note"),
        ("join", {}, "the same deal"),
    ],
)
def test_what_no_deal_could_be_is_a_wrong_call_whatever_the_mistake(system, api, action, body, why):
    deal = deal_of(api, A)
    given = {**body, "other": deal} if action == "join" else body
    answer = post(api, f"deals/{deal}/{action}", given)
    assert answer.status_code == 400
    assert why in answer.json()["detail"]
    operation = "deal.join" if action == "join" else "deal.command"
    with pytest.raises(OperationFailed) as failed:
        list(run(system, operation, {"id": deal, "action": action, **given}))
    assert failed.value.status == 2


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (
            "deals/{deal}/stage",
            {"stage": "nowhere"},
            "нет этапа «nowhere»; есть: unsorted, contact",
        ),
        ("deals/{deal}/lost", {"reason": "mood"}, "Нужна причина из списка: price, terms"),
        ("deals/{deal}/reopen", {}, "Сделка открыта"),
        ("cards/undo", {"decision": "x"}, "«x» — не идентификатор (решение)"),
        ("quarantine/retry", {"ids": ["x"]}, "«x» — не идентификатор (доставка в карантине)"),
    ],
)
def test_a_problem_is_told_in_the_language_asked_for_with_the_ids_of_programs(
    api, path, body, told
):
    path = f"/api/v1/{path.format(deal=deal_of(api, A))}"
    asked = {"accept-language": "ru-RU,ru;q=0.9,en;q=0.5"}
    answer = api.post(path, json=body, headers=asked)
    assert told in answer.json()["detail"]
    assert answer.headers["content-language"] == "ru"
    assert answer.json()["title"] in {"Так не получится", "Отказано"}
    english = api.post(path, json=body)
    assert not re.search("[а-я]", english.text)
    assert english.status_code == answer.status_code


def test_what_changed_meanwhile_and_what_reports_cannot_be_are_told_in_russian(api):
    deal = deal_of(api, A)
    post(api, f"deals/{deal}/stage", {"stage": "offer", "actor": "anna"})
    stale = post(api, f"deals/{deal}/won", {"version": 1}, **{"accept-language": "ru"}).json()
    assert stale["detail"].startswith("После версии 1 изменилось (сделка): Сделка на этапе")
    asked = {"params": {"basis": "both"}, "headers": {"accept-language": "ru"}}
    wrong = api.get("/api/v1/funnel", **asked).json()
    assert wrong["detail"].endswith("; может быть: cohort, event")
    assert wrong["allowed"] == ["cohort", "event"]


def test_what_is_no_time_is_told_with_how_times_are_written(api):
    answer = post(api, "cards/withdraw", {"from": "yesterday", "rule": "one form"})
    assert "write a day as 2026-01-31 or a time" in answer.json()["detail"]


def test_deals_of_no_status_that_there_is_are_a_wrong_call(api):
    answer = api.get("/api/v1/deals", params={"status": "wonn"})
    assert answer.status_code == 400
    assert "there are: declined, lost, open, won" in answer.json()["detail"]


@pytest.mark.parametrize("asked", [{"limit": "0"}, {"limit": "x"}, {"cursor": "x"}])
def test_wrong_parameters_are_400(api, asked):
    assert api.get("/api/v1/cards", params=asked).status_code == 400


def test_a_deal_is_moved_and_a_stale_version_is_told_what_changed(api):
    deal = deal_of(api, A)
    seen = api.get(f"/api/v1/deals/{deal}").json()["version"]
    post(api, f"deals/{deal}/accept", {"actor": "anna", "version": seen})
    stale = post(api, f"deals/{deal}/lost", {"reason": "price", "version": seen})
    assert stale.status_code == 409
    assert {"StageEntered", "OwnerSet"} == {one["event"] for one in stale.json()["changes"]}
    assert stale.json()["changes"][0]["actor"] == "anna"
    now = stale.json()["version"]
    assert post(api, f"deals/{deal}/won", {"amount": "100", "version": now}).status_code == 200
    shown = api.get(f"/api/v1/deals/{deal}").json()
    assert (shown["status"], shown["amount"], shown["owner"]) == ("won", "100", "anna")


def test_a_deal_is_declined_reopened_and_owned(api):
    deal = deal_of(api, B)
    for action, body in (
        ("decline", {"reason": "spam"}), ("reopen", {}), ("own", {"owner": "vera"}),
        ("stage", {"stage": "measure"}),
    ):  # fmt: skip
        assert post(api, f"deals/{deal}/{action}", body).status_code == 200, action
    shown = api.get(f"/api/v1/deals/{deal}").json()
    assert (shown["status"], shown["stage"], shown["owner"]) == ("open", "measure", "vera")


def test_a_note_is_written_once_and_stands_in_the_deals_history(api):
    deal = deal_of(api, B)
    note = {"text": "Перезвонить в среду", "actor": "vera", "version": 1}
    for _ in "twice":
        written = post(api, f"deals/{deal}/note", note, **{"Idempotency-Key": "7"})
        assert (written.status_code, written.json()["version"]) == (200, 2)
    (last,) = api.get(f"/api/v1/deals/{deal}").json()["history"][1:]
    assert (last["what"], last["text"], last["actor"]) == ("note", note["text"], "vera")
    assert post(api, f"deals/{deal}/note", note).status_code == 409


def test_pages_of_deals_together_give_every_deal_once(api):
    first = api.get("/api/v1/deals", params={"limit": 1}).json()
    second = api.get("/api/v1/deals", params={"limit": 1, "cursor": first["next"]}).json()
    assert len({deal["id"] for deal in first["items"] + second["items"]}) == 2
    assert api.get("/api/v1/deals", params={"status": "won"}).json()["items"] == []


def test_a_suggestion_is_accepted_and_taken_back(system, api):
    feed(system, lead(3, ("vk", "5", "claimed"), ("phone", "+79120000003", "claimed")))
    (item,) = (i for i in api.get("/api/v1/suggestions").json()["items"] if i["why"] == "rule")
    made = post(api, f"suggestions/{item['id']}/accept").json()
    assert len(api.get("/api/v1/cards/vk:5").json()["leaves"]) == 2
    post(api, "cards/undo", {"decision": made["decision"]})
    refused = post(api, f"suggestions/{item['id']}/refuse").json()
    assert refused["decision"] != made["decision"]
    left = api.get("/api/v1/suggestions").json()["items"]
    assert item["id"] not in [one["id"] for one in left if one["why"] == "rule"]


def test_evidence_is_withdrawn_by_query(system, api):
    feed(system, lead(4, ("phone", "+79120000004", "claimed"), ("email", "d@x.ru", "claimed")))
    assert post(api, "cards/withdraw", {"rule": "one form"}).status_code == 200
    assert len(api.get("/api/v1/cards/email:d@x.ru").json()["leaves"]) == 1


def test_the_quarantine_and_the_audit_can_be_read(system, api):
    (told,) = desks.run(system, "feed", {"lines": [("test", 1, "{broken", False)]})
    assert told["broken"]
    system.drain()
    (kept,) = api.get("/api/v1/quarantine").json()["items"]
    assert "body" in api.get(f"/api/v1/quarantine/{kept['id']}").json()
    (tried,) = post(api, "quarantine/retry", {"ids": [kept["id"]]}).json()["items"]
    assert tried["outcome"] == "quarantined"
    system.catch_up()
    assert api.get("/api/v1/audit").json()["ok"]


def test_the_api_describes_every_operation_with_its_problems(api):
    described = api.get("/api/v1/openapi.json").json()
    paths = described["paths"]
    assert {
        "/api/v1/cards", "/api/v1/cards/find", "/api/v1/cards/{card}", "/api/v1/cards/merge",
        "/api/v1/cards/{card}/explain", "/api/v1/cards/undo", "/api/v1/cards/withdraw",
        "/api/v1/cards/rematch",
        "/api/v1/suggestions/{suggestion}/accept", "/api/v1/deals/{deal}/stage",
        "/api/v1/quarantine", "/api/v1/audit",
    } <= set(paths)  # fmt: skip
    merge = paths["/api/v1/cards/merge"]["post"]
    assert "409" in merge["responses"]
    assert "Idempotency-Key" in {one["name"] for one in merge["parameters"]}
    assert "bearer" in str(described["components"]["securitySchemes"])
    assert "/cards" not in paths


def test_nobody_on_the_way_keeps_personal_data(api):
    for path in (f"/api/v1/cards/{A}", "/api/v1/cards", "/cards", f"/cards/{A}", "/review"):
        assert api.get(path).headers["cache-control"] == "no-store", path


STALE = {
    "cards/merge": {"a": A, "b": B},
    "cards/unmerge": {"a": A, "b": B},
    "cards/share": {"id": A},
    "cards/unshare": {"id": A},
    "cards/withdraw": {"identity": A},
    "cards/undo": {},
}


@pytest.mark.parametrize("path", STALE)
def test_a_decision_on_a_card_that_changed_is_refused_with_what_changed(system, api, path):
    feed(system, lead(3, ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")))
    shared = post(api, "cards/share", {"id": B}).json()["decision"]
    seen = api.get(f"/api/v1/cards/{A}").json()["version"]
    merged = post(api, "cards/merge", {"a": A, "b": B, "actor": "boris"}).json()["decision"]
    version = "card_version" if path == "cards/withdraw" else "version"
    given = STALE[path] or {"decision": shared}
    stale = post(api, path, {**given, version: seen})
    assert stale.status_code == 409
    assert stale.headers["content-type"] == "application/problem+json"
    (change,) = stale.json()["changes"]
    assert (change["what"], change["decision"], change["actor"]) == ("merge", merged, "boris")
    assert change["recorded_at"] in stale.json()["detail"]
    now = api.get(f"/api/v1/cards/{A}").json()["version"]
    assert post(api, path, {**given, version: now}).status_code == 200


@pytest.mark.parametrize("language", ["en", "ru"])
def test_who_changed_it_and_when_is_told_in_every_language(api, language):
    seen = api.get(f"/api/v1/cards/{A}").json()["version"]
    post(api, "cards/merge", {"a": A, "b": B, "actor": "boris"})
    api.headers["Accept-Language"] = language
    stale = post(api, "cards/share", {"id": A, "version": seen}).json()
    (change,) = stale["changes"]
    assert "boris" in stale["detail"]
    assert change["recorded_at"] in stale["detail"]


@pytest.mark.parametrize(
    ("language", "told"), [("en", "is from the future"), ("ru", "ещё не было")]
)
@pytest.mark.parametrize("path", [*STALE, "deals/accept"])
def test_a_version_that_the_store_has_not_reached_is_refused_everywhere(api, path, language, told):
    shared = post(api, "cards/share", {"id": B}).json()["decision"]
    given = {**(STALE.get(path) or {"decision": shared})}
    if path == "deals/accept":
        path, given = f"deals/{deal_of(api, A)}/accept", {}
    api.headers["Accept-Language"] = language
    version = "card_version" if path == "cards/withdraw" else "version"
    refused = post(api, path, {**given, version: 10**9})
    assert refused.status_code == 409
    assert told in refused.json()["detail"]
    assert refused.json()["version"] < 10**9


ONE_REASON = (
    '[[pipelines]]\nid = "sales"\nlost_reasons = ["price"]\nstages = [{ id = "unsorted" }]\n'
)


def test_a_deal_is_declined_as_spam_whatever_reasons_the_pipeline_has(tmp_path):
    with opened(tmp_path, ONE_REASON) as system, desks.client(system) as api:
        feed(system, lead(1, ("phone", "+79120000001", "claimed")))
        deal = deal_of(api, A)
        assert '<option value="spam">' in api.get(f"/cards/{A}").text
        lost = post(api, f"deals/{deal}/lost", {"reason": "spam"})
        assert (lost.status_code, "price" in lost.json()["detail"]) == (400, True)
        assert post(api, f"deals/{deal}/decline", {"reason": "spam"}).status_code == 200


def test_a_version_is_tried_out_and_applied_to_the_past(tmp_path):
    with opened(tmp_path) as system:
        feed(system, lead(1, ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")))
    settings = f'[matching]\nversion = 2\nshared = ["{A}"]\n'
    with opened(tmp_path, settings) as system, desks.client(system) as api:
        tried = post(api, "cards/rematch", {"dry_run": True}).json()
        assert (tried["changed"]["persons"], tried["dry_run"]) == (2, True)
        assert len(api.get(f"/api/v1/cards/{A}").json()["leaves"]) == 2
        assert post(api, "cards/rematch").json()["changed"] == tried["changed"]
        assert len(api.get(f"/api/v1/cards/{A}").json()["leaves"]) == 1
        again = post(api, "cards/rematch")
        assert (again.status_code, "already" in again.json()["detail"]) == (409, True)


def test_a_key_that_was_used_for_another_command_is_refused(api):
    key = {"Idempotency-Key": "monday"}
    deal = deal_of(api, A)
    assert post(api, f"deals/{deal}/accept", **key).status_code == 200
    for path, body in (
        ("cards/merge", {"a": A, "b": B}), ("cards/share", {"id": A}),
        (f"deals/{deal}/lost", {"reason": "price"}), (f"deals/{deal_of(api, B)}/accept", {}),
    ):  # fmt: skip
        again = post(api, path, body, **key)
        assert again.status_code == 409, path
        assert "used for another command" in again.json()["detail"]
    assert post(api, f"deals/{deal}/accept", **key).status_code == 200


# --- what comes to a deal after it was won or lost ---


@pytest.fixture
def ended(system, api):
    """Peter's deal was won by Vera, and he writes again; gives the deal's id."""
    deal = deal_of(api, B)
    for action in ("accept", "won"):
        assert post(api, f"deals/{deal}/{action}", {"actor": "вера"}).status_code == 200
    again = {"kind": "message", "channel": "telegram", "text": "И ещё одну дверь"}
    feed(system, lead(3, ("telegram", "77", "attested"), hour=12, **again))
    return deal


def waiting(api, **asked):
    found = api.get("/api/v1/suggestions", params=asked).json()["items"]
    return [item for item in found if item["kind"] == "returned"]


def test_who_writes_to_an_ended_deal_is_in_the_queue_on_the_card_and_at_the_deal(api, ended):
    (item,) = waiting(api)
    assert item["a"] | {"name": "Пётр"} == item["a"]
    assert (item["deal"]["id"], item["deal"]["status"], item["deal"]["owner"]) == (
        ended, "won", "вера",
    )  # fmt: skip
    assert (item["touch"]["lead"], item["touch"]["text"]) == (lead_id(3), "И ещё одну дверь")
    returned = {"touches": 1, "first": lead_id(3), "last": lead_id(3)}
    returned["since"] = "2026-03-01T12:00:00.000Z"
    assert api.get(f"/api/v1/deals/{ended}").json()["returned"] == returned
    assert api.get(f"/api/v1/cards/{B}").json()["deals"][0]["returned"] == returned
    assert api.get(f"/api/v1/cards/{B}", params={"limit": 5}).json()["deals"][0]["returned"]


def test_the_queue_of_one_owner_has_what_came_to_their_deals(api, ended):
    assert [item["deal"]["id"] for item in waiting(api, owner="вера")] == [ended]
    assert waiting(api, owner="анна") == waiting(api, owner="-") == []
    assert waiting(api, of=str(uuid4())) == []


@pytest.mark.parametrize("by", ["queue", "deal"])
def test_a_new_deal_is_opened_with_what_came_and_undone(api, ended, by):
    path = {"queue": f"suggestions/{waiting(api)[0]['id']}/accept", "deal": f"deals/{ended}/anew"}
    made = post(api, path[by], {"actor": "вера", "reason": "a second door"})
    assert made.json()["changed"]["leads"] == 1
    deals = api.get(f"/api/v1/cards/{B}").json()["deals"]
    assert [(deal["status"], deal["leads"]) for deal in deals] == [
        ("won", [lead_id(2)]), ("open", [lead_id(3)]),
    ]  # fmt: skip
    assert deals[1]["repeat_of"] == ended
    assert waiting(api) == []
    post(api, "cards/undo", {"decision": made.json()["decision"]})
    assert len(waiting(api)) == 1


@pytest.mark.parametrize("by", ["queue", "deal"])
def test_it_is_left_with_its_deal_and_undone(api, ended, by):
    path = {"queue": f"suggestions/{waiting(api)[0]['id']}/refuse", "deal": f"deals/{ended}/leave"}
    left = post(api, path[by], {"actor": "вера"})
    assert waiting(api) == []
    assert "returned" not in api.get(f"/api/v1/deals/{ended}").json()
    assert post(api, f"deals/{ended}/leave").status_code == 409
    post(api, "cards/undo", {"decision": left.json()["decision"]})
    assert len(waiting(api)) == 1


def test_a_decision_that_did_not_see_the_last_message_is_409_and_says_which(system, api, ended):
    version = waiting(api)[0]["version"]
    feed(system, lead(4, ("telegram", "77", "attested"), hour=13, kind="message", channel="vk"))
    refused = post(api, f"deals/{ended}/leave", {"version": version})
    assert refused.status_code == 409
    assert [change["lead"] for change in refused.json()["changes"]] == [lead_id(4)]
    assert waiting(api)[0]["touches"] == 2


def test_a_command_that_is_no_json_is_refused_with_what_to_do(api):
    """Whatever a browser may send from elsewhere without asking is not JSON (docs/adr/0011)."""
    answer = api.post("/api/v1/cards/share", content="x", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 403
    assert "Content-Type: application/json" in answer.json()["detail"]
