"""Who may see and change personal data (docs/adr/0011), over real stores."""

import pytest
from litestar.testing import TestClient
from support import desks
from support.desks import FROM_A_PAGE, TOKEN, feed, lead, opened

from leadlog.settings import ConfigurationError, load
from projections.desk.access import Access
from projections.desk.nearness import is_loopback_name
from projections.desk.sign_in import local_path

CARD = "phone:+79120000001"
PERSONAL = ("/cards", "/review", f"/cards/{CARD}", "/cards/part", "/api/v1/cards", "/api/v1/deals",
            "/api/v1/suggestions", "/api/v1/quarantine")  # fmt: skip
OPEN = ("/", "/live", "/numbers", "/api/v1/funnel", "/static/desk.css", "/api/v1/openapi.json")
WITH_TOKEN = f'[desk]\ntoken = "{TOKEN}"\n'
FOR_ALL = '[server]\nhost = "0.0.0.0"\n'
MERGE = {"id": CARD}


@pytest.fixture
def start(tmp_path):
    """Gives a client of a desk with these settings."""
    closing = []

    def started(settings="", base_url=desks.HERE) -> TestClient:
        held = opened(tmp_path, settings)
        system = held.__enter__()
        closing.append(held)
        feed(system, lead(1, ("phone", "+79120000001", "claimed"), profile={"name": "Анна"}))
        client = desks.client(system, base_url=base_url)
        client.__enter__()
        closing.append(client)
        return client

    yield started
    for one in reversed(closing):
        one.__exit__(None, None, None)


def codes(client, paths, **how) -> set[int]:
    return {client.get(path, follow_redirects=False, **how).status_code for path in paths}


def test_the_audit_is_for_those_who_may(start):
    client = start(WITH_TOKEN)
    assert codes(client, ["/api/v1/audit"]) == {401}


def test_on_loopback_without_a_token_everything_is_open_to_this_machine(start):
    assert codes(start(), PERSONAL) == {200}


def test_every_loopback_name_will_do(start):
    client = start()
    for host in ("localhost:8080", "[::1]:8080", "127.0.0.1"):
        assert codes(client, ["/cards"], headers={"host": host}) == {200}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "["])
def test_a_name_that_points_to_this_machine_opens_nothing(start, host):
    client = start()
    assert codes(client, PERSONAL, headers={"host": host}) == {403}
    assert "LEADLOG_DESK_TOKEN" in client.get("/cards", headers={"host": host}).text


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_a_proxy_passes_on_is_not_from_this_machine(start, name):
    assert codes(start(), PERSONAL, headers={name: "203.0.113.7"}) == {403}


def test_listening_to_all_without_a_token_opens_nothing_and_says_what_to_do(start):
    client = start(FOR_ALL)
    assert codes(client, PERSONAL) == {403}
    assert "LEADLOG_DESK_TOKEN" in client.get("/api/v1/cards").json()["detail"]
    assert client.post("/api/v1/cards/share", json=MERGE).status_code == 403
    assert client.get("/login").status_code == 403


@pytest.mark.parametrize("settings", [FOR_ALL, WITH_TOKEN])
def test_numbers_are_open_as_they_were(start, settings):
    assert codes(start(settings), OPEN) <= {200, 503}  # 503: nothing is projected here yet


@pytest.mark.parametrize("settings", [WITH_TOKEN, WITH_TOKEN + FOR_ALL])
def test_with_a_token_everybody_signs_in(start, settings):
    client = start(settings)
    assert codes(client, PERSONAL) == {303, 401}
    assert client.get("/api/v1/cards").headers["www-authenticate"] == "Bearer"
    to = client.get("/cards?query=a", follow_redirects=False).headers["location"]
    assert to == "/login?next=%2Fcards%3Fquery%3Da"


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"],
)
def test_any_other_token_is_refused(start, given):
    assert codes(start(WITH_TOKEN), ["/api/v1/cards"], headers={"authorization": given}) == {401}


def test_a_program_shows_the_token_and_may_write_from_anywhere(start):
    client = start(WITH_TOKEN + FOR_ALL)
    headers = {"authorization": f"Bearer {TOKEN}", "host": "crm.example", "origin": "http://a.b"}
    assert codes(client, PERSONAL, headers=headers) == {200}
    assert client.post("/api/v1/cards/share", json=MERGE, headers=headers).status_code == 200


def sign_in(client, token=TOKEN, **more):
    given = {"token": token, "name": "Анна Ивановна", "next": "/review", **more}
    return client.post("/login", data=given, headers=FROM_A_PAGE, follow_redirects=False)


def test_a_person_signs_in_decides_in_their_name_and_signs_out(start):
    client = start(WITH_TOKEN)
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert codes(client, PERSONAL) == {200}
    client.post("/api/v1/cards/share", json=MERGE, headers=FROM_A_PAGE)
    decided = client.get(f"/api/v1/cards/{CARD}").json()["timeline"][-1]
    assert decided["actor"] == "Анна Ивановна"
    client.post("/logout", headers=FROM_A_PAGE)
    assert codes(client, ["/api/v1/cards"]) == {401}


def test_over_https_the_cookie_is_for_https_only(start):
    client = start(WITH_TOKEN, base_url="https://crm.example")
    answer = client.post("/login", data={"token": TOKEN}, headers={"origin": "https://crm.example"})
    assert "secure" in answer.history[0].headers["set-cookie"].lower()


def test_a_wrong_token_begins_no_session(start):
    client = start(WITH_TOKEN)
    answer = sign_in(client, token="guess")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "guess" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", **FROM_A_PAGE}, 403),
        ({"sec-fetch-site": "same-site", **FROM_A_PAGE}, 403),
        ({}, 403),
        (FROM_A_PAGE, 303),
        ({"sec-fetch-site": "same-origin"}, 303),
    ],
)
@pytest.mark.parametrize("settings", ["", WITH_TOKEN])
def test_a_form_of_another_site_changes_nothing(start, settings, headers, status):
    client = start(settings)
    if settings:
        sign_in(client)
    answer = client.post(
        f"/cards/{CARD}/share", headers=headers, follow_redirects=False,
        data={"command": "5b1c1e8e-0000-4000-8000-000000000001", "identity": CARD},
    )  # fmt: skip
    assert answer.status_code == status
    shown = client.get(f"/api/v1/cards/{CARD}").json()
    assert shown["leaves"][0]["shared"] == (status == 303)


def test_a_session_ends_and_cannot_be_made_up():
    now = [1_000_000.0]
    access = Access(token=TOKEN, now=lambda: now[0])
    cookie = access.new_session("Анна")
    assert access.session(cookie) == "Анна"
    assert Access(token="another-token-0123456789", now=lambda: 0).session(cookie) is None
    for spoilt in ("", ".", "x.y.z.w", cookie[:-1], "9" + cookie, cookie.replace(".", "", 1), "я"):
        assert access.session(spoilt) is None, spoilt
    now[0] += 13 * 3600
    assert access.session(cookie) is None


def test_without_a_token_no_session_and_no_token_is_good():
    access = Access()
    assert not access.is_token("")
    assert access.session(access.new_session("x")) is None


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/cards?query=a%20b", "/cards?query=a%20b"),
        ("//evil.example/", "/cards"),
        ("/\\evil.example", "/cards"),
        ("https://evil.example", "/cards"),
        ("javascript:alert(1)", "/cards"),
        ("/\t/evil.example", "/cards"),
        ("", "/cards"),
    ],
)
def test_after_the_sign_in_only_this_desk_is_shown(wanted, path):
    assert local_path(wanted) == path


@pytest.mark.parametrize(
    ("host", "ours"),
    [("localhost", True), ("desk.localhost:80", True), ("127.8.9.1:1", True), ("[::1]", True),
     ("0.0.0.0", False), ("", False), ("localhost.evil.example", False), ("[::", False)],
)  # fmt: skip
def test_loopback_names(host, ours):
    assert is_loopback_name(host) is ours


def test_a_token_that_can_be_guessed_is_refused_and_not_repeated(tmp_path):
    file = tmp_path / "leadlog.toml"
    file.write_text('[desk]\ntoken = "hunter2"\n')
    with pytest.raises(ConfigurationError) as refused:
        load(file, environ={})
    assert "openssl rand" in str(refused.value)
    assert "line 2" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_token_comes_from_a_file_or_the_environment_and_is_shown_nowhere(tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    file = tmp_path / "leadlog.toml"
    file.write_text(f'[desk]\ntoken_file = "{tmp_path / "token"}"\n')
    settings = load(file, environ={})
    assert settings.desk.token == TOKEN
    assert load(None, environ={"LEADLOG_DESK_TOKEN": TOKEN}).desk.token == TOKEN
    assert TOKEN not in repr(settings)
