"""The description of the API is what it answers: no key more, none less."""

import pytest
from support import desks
from support.desks import feed, lead, opened

A, B, C, MAIL = "phone:+79120000001", "telegram:77", "telegram:78", "email:a@x.ru"
FOLDS = '[[matching.folds]]\ndomains = ["gmail.com"]\ndots = true\n'
RARE = {"follow", "more_deals"}
"""Told only while much is carried out, or of somebody with very much."""


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("described"), FOLDS) as system:
        more = {
            "profile": {"name": "Анна"},
            "fields": {"city": "Тверь"},
            "campaign": {"source": "ads"},
            "order": {"amount": "100", "currency": "RUB"},
            "consents": [{"purpose": "ads", "text": "yes"}],
            "booking": {"id": "7", "service": "measuring"},
            "extra": {"answer": 42},
        }
        phone, mail = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
        feed(
            system,
            lead(1, phone, mail, **more),
            lead(2, phone, hour=10),
            lead(3, ("telegram", "77", "attested"), hour=11, profile={"name": "Анна"}),
            lead(4, ("telegram", "78", "attested"), ("vk", "5", "claimed"), hour=12),
            lead(5, ("email", "c.d@gmail.com", "claimed"), hour=13),
        )
        yield system


@pytest.fixture(scope="module")
def api(system):
    with desks.client(system) as api:
        yield api


class Description:
    """The document, and which of its properties answers had."""

    def __init__(self, document):
        self.document = document
        self.seen = {}

    def check(self, path, method, answer):
        status = str(answer.status_code)
        told = self.document["paths"][path][method]["responses"][status]
        (content,) = told["content"].values()
        self._hold(content["schema"], answer.json(), f"{method} {path}")

    def _hold(self, schema, value, where):
        schema = self._resolved(schema, value)
        if isinstance(value, dict) and "properties" in schema:
            properties = schema["properties"]
            assert set(value) <= set(properties), where
            assert set(schema.get("required", ())) <= set(value), where
            self.seen.setdefault(schema["title"], [set(), set(properties)])[0].update(value)
            for name, one in value.items():
                self._hold(properties[name], one, f"{where} {name}")
        elif isinstance(value, list):
            assert schema.get("type") == "array", where
            for one in value:
                self._hold(schema.get("items", {}), one, where)

    def _resolved(self, schema, value):
        if "$ref" in schema:
            return self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        for one in schema.get("oneOf", ()):
            found = self._resolved(one, value)
            if (found.get("type") == "null") == (value is None):
                return found
        return schema


def post(api, path, body):
    return api.post(f"/api/v1/{path}", json=body)


def come_back(system, get, done, deal):
    """Somebody writes again after this deal of theirs was won."""
    path = "/api/v1/deals/{deal}"
    for action in ("accept", "won"):
        done(f"{path}/{action}", {"actor": "anna"}, deal=deal)
    feed(system, lead(9, ("telegram", "78", "attested"), hour=20, kind="message"))
    get("/api/v1/suggestions", owner="anna")
    assert "returned" in get(path, deal=deal)
    done(f"{path}/anew", {"dry_run": True}, deal=deal)
    done(f"{path}/leave", {}, deal=deal)


def test_every_answer_has_the_keys_that_are_described_and_no_others(system, api):
    described = Description(api.get("/api/v1/openapi.json").json())

    def get(path, name=None, **asked):
        given = {key: value for key, value in asked.items() if key in path}
        answer = api.get(
            path.format(**given), params={k: v for k, v in asked.items() if k not in given}
        )
        described.check(path, "get", answer)
        return answer.json()

    def done(path, body, **named):
        answer = api.post(path.format(**named), json=body)
        described.check(path, "post", answer)
        return answer.json()

    cards, deals = "/api/v1/cards", "/api/v1/deals"
    get(cards, limit=1)
    get(f"{cards}/find", query="Анна")
    get(f"{cards}/{{card}}", card=A)
    deal = get(f"{cards}/{{card}}", card=A, limit=1)["deals"][0]["id"]
    get(f"{cards}/{{card}}", card=A, at="3")
    get(f"{cards}/{{card}}", card="email:cd@gmail.com")
    get(f"{cards}/{{card}}/explain", card=A)
    get(f"{cards}/{{card}}/explain", card=A, other=MAIL)
    done(f"{cards}/merge", {"a": A, "b": B, "dry_run": True})
    done(f"{cards}/unmerge", {"a": A, "b": MAIL, "dry_run": True})
    merged = done(f"{cards}/merge", {"a": A, "b": B})["decision"]
    get(f"{cards}/{{card}}/explain", card=A)
    assert any("into" in deal for deal in get(f"{cards}/{{card}}", card=A, all=True)["deals"])
    done(f"{cards}/unmerge", {"a": A, "b": B, "dry_run": True})
    done(f"{cards}/undo", {"decision": merged})
    get(f"{cards}/{{card}}/explain", card=C, other="vk:5")
    done(f"{cards}/unmerge", {"a": A, "b": C})
    get(f"{cards}/{{card}}/explain", card=A, other=C)
    done(f"{cards}/share", {"id": B})
    done(f"{cards}/unshare", {"id": B})
    done(f"{cards}/withdraw", {"a": A, "b": MAIL})
    get(f"{cards}/{{card}}/explain", card=A, other=MAIL)
    described.check(f"{cards}/merge", "post", post(api, "cards/merge", {"a": A, "b": A}))
    get(f"{cards}/{{card}}", card="phone:+79990000000")
    for item in get("/api/v1/suggestions")["items"][:1]:
        done("/api/v1/suggestions/{suggestion}/refuse", {}, suggestion=item["id"])
    get(deals)
    get(f"{deals}/{{deal}}", deal=deal)
    get(f"{deals}/{{deal}}", deal=deal, limit=1)
    done(f"{deals}/{{deal}}/accept", {"actor": "anna"}, deal=deal)
    done(f"{deals}/{{deal}}/stage", {"stage": "offer"}, deal=deal)
    done(f"{deals}/{{deal}}/note", {"text": "by Friday"}, deal=deal)
    done(f"{deals}/{{deal}}/won", {"version": 1}, deal=deal)
    come_back(system, get, done, get(f"{cards}/{{card}}", card=C)["deals"][0]["id"])
    get("/api/v1/overview")
    get("/api/v1/funnel", by="channel")
    get("/api/v1/quarantine")
    answered = {key for seen, _ in described.seen.values() for key in seen}
    assert {key for _, every in described.seen.values() for key in every} - answered == RARE
