"""The pages and the API over made-up numbers."""

import json
import re
import threading

import pytest
from litestar.testing import TestClient

from eventstore.domain.pipeline import SALES, Pipeline, Stage
from projections.desk.app import create_app
from projections.desk.live import Live
from projections.desk.services import Link, Services
from projections.funnel.result import FunnelResult, Group, steps_of
from projections.overview import ChannelCounts, Overview
from projections.reports import NotYetProjected

NASTY = '<script>alert("1")</script>'
REPAIRS = Pipeline(id="repairs", name="Repairs", stages=(Stage("unsorted"),))


class Numbers:
    """Stands in for the reports: remembers what it was asked."""

    def __init__(self):
        self.pending = 0
        self.asked = []
        self.error = None
        self.counted = 0

    def funnel(self, request):
        self.asked.append(request)
        if self.error:
            raise self.error
        names = [(step, step) for step in request.pipeline.steps]
        counts = [10 - n for n in range(len(names))]
        group = Group(by=dict.fromkeys(request.by, NASTY), steps=steps_of(names, counts))
        return FunnelResult(
            basis=request.basis, of=request.of, as_of=77, recorded_at="2026-01-01T00:00:00.000Z",
            pipeline=request.pipeline.id, since=None, until=None, window_ms=None,
            steps=group.steps, groups=(group,) if request.by else (),
        )  # fmt: skip

    def overview(self):
        self.counted += 1
        if self.error:
            raise self.error
        channels = (ChannelCounts("telegram", 1200, 900), ChannelCounts(NASTY, 1, 1))
        return Overview(
            position=77, lag=0, leads=1201, cards=901, channels=channels, minutes=(0,) * 59 + (3,)
        )


@pytest.fixture
def numbers():
    return Numbers()


@pytest.fixture
def client(numbers):
    services = Services(
        pipelines=[SALES, REPAIRS],
        funnel=numbers.funnel,
        overview=numbers.overview,
        pending=lambda: numbers.pending,
        company="Lad & Sons",
        menu=[Link("/cards", "Cards")],
    )
    with TestClient(create_app(services), raise_server_exceptions=False) as client:
        yield client


def test_the_first_page_shows_the_numbers(client):
    page = client.get("/", headers={"accept-language": "en"})
    assert page.status_code == 200
    for text in ("1,201", "901", "Telegram", "Unsorted", "Lad &amp; Sons", 'href="/cards"'):
        assert text in page.text


def test_where_there_are_several_pipelines_the_first_page_says_whose_deals_it_counts(client):
    page = client.get("/", params={"pipeline": "repairs"}, headers={"accept-language": "en"}).text
    labels = re.findall('<span class="label">(.*?)</span>', page)
    assert labels == ["Leads", "Customer cards", "Deals · Repairs", "Won · Repairs"]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "carried out, with 1,234 touches"), ("ru", "Решение ещё выполняется")],
)
def test_numbers_that_a_decision_is_still_missing_from_say_so(client, numbers, language, told):
    heads = {"accept-language": language}
    assert told not in client.get("/numbers", headers=heads).text
    numbers.pending = 1234
    assert told in client.get("/numbers", headers=heads).text
    assert told not in client.get("/numbers?as_of=5", headers=heads).text


@pytest.mark.parametrize(
    "path", ["/", "/live", "/numbers?by=channel", f"/numbers?pipeline={NASTY}"]
)
def test_what_others_wrote_is_never_markup(client, path):
    assert "<script>alert" not in client.get(path).text


@pytest.mark.parametrize(
    ("path", "headers", "word"),
    [
        ("/", {"accept-language": "ru-RU,ru;q=0.9,en;q=0.5"}, "Обращения"),
        ("/", {"accept-language": "de, en;q=0.5, ru;q=0.1"}, "Leads"),
        ("/", {"accept-language": "de"}, "Leads"),
        ("/?lang=ru", {"accept-language": "en"}, "Обращения"),
        ("/?lang=xx", {"accept-language": "ru;q=x, ru"}, "Обращения"),
        ("/numbers", {"cookie": "lang=ru"}, "Показать"),
        ("/nowhere", {"cookie": "lang=ru"}, "К обзору"),
    ],
)
def test_the_language_is_the_one_asked_for_kept_or_accepted(client, path, headers, word):
    assert word in client.get(path, headers=headers).text


def test_a_language_asked_for_is_kept(client):
    client.get("/?lang=ru")
    assert "Обращения" in client.get("/", headers={"accept-language": "en"}).text


def test_switching_the_language_keeps_the_question(client):
    assert "/numbers" in (page := client.get("/numbers?by=channel&by=kind&lang=en").text)
    assert "?by=channel&amp;by=kind&amp;lang=ru" in page


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/funnel?x=1", "/static/desk.css"])
def test_every_answer_has_the_headers_that_protect(client, path):
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_the_live_part_is_sent_only_when_it_has_changed(client):
    first = client.get("/live")
    again = client.get("/live", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.text) == (200, 304, "")
    assert "<html" not in first.text


def test_the_numbers_page_asks_what_the_form_says(client, numbers):
    form = {"from": "2026-01-01", "to": "", "by": ["channel", "paid"], "basis": "event"}
    page = client.get("/numbers", params={**form, "pipeline": "repairs"})
    [asked] = numbers.asked
    assert (asked.pipeline, asked.basis, asked.by) == (REPAIRS, "event", ("channel", "paid"))
    assert asked.since == 1_767_225_600_000
    assert 'id="figure"' in page.text
    assert "as_of=77" in page.text


def test_a_wrong_form_says_what_is_wrong(client):
    page = client.get("/numbers?as_of=soon")
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "no time: &#39;yesterday&#39;" in client.get("/numbers?from=yesterday&lang=en").text
    assert "<b>С</b>: «yesterday» — не время" in client.get("/numbers?from=yesterday&lang=ru").text
    assert 'value="soon"' in page.text


def test_a_period_that_ends_before_it_begins_is_told_by_the_labels_of_the_page(client):
    asked = "/numbers?from=2026-03-02&to=2026-03-01&lang="
    english, russian = (client.get(asked + language).text for language in ("en", "ru"))
    assert "<b>To (not included)</b>: it must be later than &#39;From&#39;" in english
    assert "<b>По (не включая)</b>: должно быть позже, чем «С»" in russian
    problem = client.get("/api/v1/funnel?from=2026-03-02&to=2026-03-01").json()
    assert problem["detail"].startswith("to: должно быть позже, чем «from»")


def test_the_api_answers_as_the_interface_has_it(client, numbers):
    answer = client.get("/api/v1/funnel?by=channel,kind&by=paid&as_of=12&window=3d")
    shape = answer.json()
    assert {"basis", "as_of", "pipeline", "from", "to", "steps", "groups"} <= set(shape)
    [asked] = numbers.asked
    assert (asked.by, asked.position) == (("channel", "kind", "paid"), 12)


@pytest.mark.parametrize(
    ("query", "field", "allowed"),
    [
        ("basis=x", "basis", "cohort"),
        ("by=channel,x", "by", "utm_campaign"),
        ("pipeline=x", "pipeline", "repairs"),
        ("colour=x", "colour", "as_of"),
        ("format=xml", "format", "csv"),
    ],
)
def test_a_wrong_parameter_is_a_problem_that_names_what_is_allowed(client, query, field, allowed):
    answer = client.get(f"/api/v1/funnel?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field
    assert allowed in answer.json()["allowed"]


def test_csv_and_parquet_are_files_named_after_the_position(client):
    answer = client.get("/api/v1/funnel?format=csv&by=channel")
    assert "funnel-77.csv" in answer.headers["content-disposition"]
    assert answer.text.splitlines()[0].endswith("count,of_first,of_previous")
    assert client.get("/api/v1/funnel?format=parquet").content[:4] == b"PAR1"


@pytest.mark.parametrize("error", [NotYetProjected("behind"), OSError("away")])
@pytest.mark.parametrize("path", ["/", "/numbers", "/api/v1/funnel", "/api/v1/overview"])
def test_numbers_that_are_away_are_503_and_come_back(client, numbers, error, path):
    numbers.error = error
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    numbers.error = None
    assert client.get(path).status_code == 200


def test_a_mistake_of_ours_tells_nothing_of_the_inside(client, numbers):
    numbers.error = RuntimeError("inside")
    answer = client.get("/api/v1/funnel")
    assert answer.status_code == 500
    assert "inside" not in answer.text


def test_unknown_paths_are_404_in_the_shape_of_who_asks(client):
    assert client.get("/api/v1/nothing").json()["status"] == 404
    assert "<html" in client.get("/nothing").text


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "carried out, with 1,234 touches"), ("ru", "Решение ещё выполняется")],
)
def test_the_first_page_says_that_a_decision_is_still_being_carried_out(
    client, numbers, language, told
):
    heads = {"accept-language": language}
    assert told not in client.get("/live", headers=heads).text
    numbers.pending = 1234
    client.app.state.live = Live(client.app.state.services)  # what was counted before is kept
    assert told in client.get("/", headers=heads).text
    assert told in client.get("/live", headers=heads).text
    assert client.get("/api/v1/overview").json()["pending"] == 1234


def test_the_api_tells_with_numbers_of_now_what_they_are_still_without(client, numbers):
    whole = client.get("/api/v1/funnel")
    assert "pending" not in whole.json()
    assert "leadlog-pending" not in whole.headers
    numbers.pending = 7
    for shape in ("json", "csv", "parquet"):
        asked = client.get("/api/v1/funnel", params={"format": shape})
        assert asked.headers["leadlog-pending"] == "7"
    assert client.get("/api/v1/funnel").json() == whole.json() | {"pending": 7}
    then = client.get("/api/v1/funnel", params={"as_of": "77"})
    assert "pending" not in then.json()
    assert "leadlog-pending" not in then.headers


def test_the_api_describes_itself(client):
    described = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/funnel", "/api/v1/overview"} <= set(described["paths"])
    parameters = described["paths"]["/api/v1/funnel"]["get"]["parameters"]
    assert {"from", "to", "by", "as_of", "basis", "pipeline"} <= {one["name"] for one in parameters}


@pytest.mark.parametrize("name", ["desk.css", "overview.js", "numbers.js", "icon.svg"])
def test_files_come_from_here_and_are_kept_by_their_tag(client, name):
    first = client.get(f"/static/{name}", headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    tag = {"if-none-match": first.headers["etag"]}
    assert client.get(f"/static/{name}", headers=tag).status_code == 304
    assert client.get(f"/static/{name}", headers={"accept-encoding": ""}).content == first.content


def test_the_plots_script_is_the_one_of_the_installed_package(client):
    assert b"plotly.js v" in client.get("/static/plotly.min.js").content[:200]


@pytest.mark.parametrize("name", ["..%2fapp.py", "app.py", "desk.css%00", "%2e%2e/services.py"])
def test_no_other_file_is_served(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_no_page_names_another_host(client):
    for path in ("/", "/numbers", "/static/desk.css", "/static/overview.js", "/static/numbers.js"):
        text = client.get(path).text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text


def test_a_figure_is_one_value_that_a_page_can_carry(client):
    page = client.get("/numbers?by=channel").text
    figure = page.partition('id="figure">')[2].partition("</script>")[0]
    [trace] = json.loads(figure)["data"]
    assert trace["name"] == NASTY
    assert "<" not in figure


def test_many_who_look_are_counted_for_once(numbers):
    now = [0.0]
    services = Services(pipelines=[SALES], funnel=numbers.funnel, overview=numbers.overview)
    live = Live(services, clock=lambda: now[0])
    threads = [threading.Thread(target=live.snapshot, args=(SALES,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers.counted == 1
    now[0] = 0.6
    live.snapshot(SALES)
    assert numbers.counted == 2
