"""What people typed into a page's lead forms is fetched, whether a notification came or not."""

import msgspec
import pytest
from servers.graph import PAGE, TOKEN, GraphFake, lead

from channels.messengers.facebook_leads import FacebookLeadsAdapter
from channels.messengers.lead_forms import LeadFormsPoller
from ingest.log.port import RecordType
from ingest.pollers.state import Phase


class Hasty(FacebookLeadsAdapter):
    def poller(self, *, clock):
        poller = super().poller(clock=clock)
        assert isinstance(poller, LeadFormsPoller)
        poller._pause_s = 0.02
        return poller


@pytest.fixture
def graph():
    with GraphFake() as graph:
        yield graph


@pytest.fixture
def make(graph, polls):
    def polled(**settings):
        table = {"name": "forms", "page_id": PAGE, "page_token": TOKEN, "api_url": graph.url}
        return polls(Hasty(Hasty.Settings.from_table({**table, **settings})))

    return polled


async def test_the_leads_of_all_forms_are_fetched_over_all_pages(make, graph):
    graph.put(*map(lead, range(23)), lead(50, form="21"))
    polled = make()
    await polled.run_until(lambda _: polled.leads >= 24)
    assert sorted(polled.told("thread")) == sorted([str(9000 + n) for n in [*range(23), 50]])


async def test_what_is_new_is_fetched_once(make, graph):
    graph.put(*map(lead, range(3)))
    polled = make()
    later = []

    def two_more(_):
        if polled.leads == 3 and not later:
            later.append(len(graph.asked))
            graph.put(lead(4), lead(5))
        return later and len(graph.asked) > later[0] + 8

    await polled.run_until(two_more)
    assert sorted(polled.told("thread")) == ["9000", "9001", "9002", "9004", "9005"]


async def test_after_a_restart_only_the_last_minutes_are_asked_for(make, graph):
    graph.put(lead(1, at=1_769_000_000), lead(2, at=1_769_900_000))
    polled = make()
    await polled.run_until(lambda _: len(graph.asked) > 3)
    graph.asked.clear()
    await polled.run_until(lambda _: len(graph.asked) > 3)
    (asked,) = {given["filtering"] for path, given in graph.asked if path == "/20/leads"}
    assert msgspec.json.decode(asked)[0]["value"] == 1_769_900_000 - 15 * 60 - 1


async def test_a_lead_from_the_future_hides_none_that_come_later(make, graph):
    graph.put(lead(1, at=4_000_000_000))
    polled = make()
    await polled.run_until(lambda _: polled.leads == 1 and len(graph.asked) > 4)
    graph.put(lead(2, at=4_000_000_001), lead(3, at=2_000_000_000))
    await polled.run_until(lambda _: len(set(polled.told("thread"))) == 3)


async def test_what_was_typed_before_the_date_given_is_history(make, graph):
    graph.put(lead(1, at=1_769_000_000), lead(2, at=1_769_990_000))
    polled = make(leads_since="2026-02-01")
    await polled.run_until(lambda _: polled.leads and len(graph.asked) > 4)
    assert polled.told("thread") == ["9002"]


async def test_a_broken_lead_harms_no_other_and_is_kept_once(make, graph):
    graph.put(lead(1), {"form_id": "20", "created_time": "2026-02-01T10:00:00+0000"}, lead(3))
    polled = make()
    await polled.run_until(lambda _: len(graph.asked) > 10)
    assert sorted(polled.told("thread")) == ["9001", "9003"]
    assert len(polled.records(RecordType.QUARANTINED)) == 1


async def test_only_the_forms_that_are_named_are_asked(make, graph):
    graph.put(lead(1, form="20"), lead(2, form="21"))
    polled = make(form_ids=[21], page_id="")
    await polled.run_until(lambda _: polled.leads)
    assert polled.told("thread") == ["9002"]


async def test_the_token_is_proven_by_the_secret_of_the_app_and_stands_in_no_address(make, graph):
    graph.put(lead(1))
    await make(app_secret="s").run_until(lambda _: len(graph.asked) > 2)
    assert all(len(given["appsecret_proof"]) == 64 for _, given in graph.asked)
    assert TOKEN not in str(graph.asked)


@pytest.mark.parametrize(
    ("error", "told"),
    [((400, 190), "page_token"), ((403, 200), "leads_retrieval"), ((400, 100), "page_id")],
)
async def test_what_a_person_must_mend_stops_the_account(make, graph, error, told):
    graph.error = error
    role = await make().run_until(lambda role: role.states["forms"].phase is Phase.STOPPED)
    assert told in role.states["forms"].reason


@pytest.mark.parametrize("error", [(400, 80005), (429, 0), (500, 2)])
async def test_what_passes_is_tried_again(make, graph, error):
    graph.error = error
    graph.put(lead(1))
    polled = make()
    await polled.run_until(lambda role: role.states["forms"].phase is Phase.RETRYING)
    graph.error = None
    await polled.run_until(lambda _: polled.leads)


@pytest.mark.parametrize(
    "settings",
    [{"page_token": "t"}, {"page_id": "me"}, {"form_ids": ["../x"]}, {"leads_since": "yesterday"}],
)
def test_settings_that_cannot_be_are_named(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        FacebookLeadsAdapter.Settings.from_table({"name": "forms", **settings})
