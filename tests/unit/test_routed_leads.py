"""Leads of several pipelines: where each goes, and that it stays there (SEMANTICS 3.3, 4.1)."""

import msgspec
import pytest
from support.worlds import Fed, base, lead

from eventstore.deal_commands import DealCommands
from eventstore.domain.events import Routed, RoutingAdopted
from eventstore.domain.pipeline import SALES, Pipeline, Stage
from eventstore.domain.routing import Routing, RoutingRule, When
from eventstore.keyring import Keyring
from eventstore.orders import CommandRefused, order
from eventstore.queries import Cards
from eventstore.routing_adoption import STREAM, adopt_routing, routing_versions
from eventstore.touches import bytes_of, deal_id
from eventstore.versions import VersionChanged

SERVICE = Pipeline(
    id="service",
    lost_reasons=("not ours",),
    stages=(Stage("unsorted"), Stage("visit"), Stage("repair", required=("amount",))),
)
ROUTING = Routing(
    version=4,
    rules=(
        RoutingRule("repairs", When(utm_source="repair"), "service"),
        RoutingRule("shop", When(utm_source="shop"), "sales"),
    ),
)
ANNA = ("phone", "+79120000001", "claimed")
OFFICE = ("phone", "+79120000002", "claimed")
DAY = 86_400
BEGIN = 1_700_000_000


@pytest.fixture
def opened(tmp_path):
    """Opens the same store, with other rules if given."""
    made = []

    def open_(routing=ROUTING, **policy):
        for fed in made:
            fed.base.recorder.close()
        before = made[-1:]
        fed = Fed(
            base(tmp_path / "e.db", pipelines=(SALES, SERVICE), routing=routing, **policy),
            **({"offsets": before[0].offsets} if before else {}),
        )
        made[:] = [fed]
        return fed

    yield open_
    for fed in made:
        fed.base.recorder.close()


@pytest.fixture
def fed(opened):
    return opened()


def deal(number: int, pipeline: str) -> bytes:
    return deal_id(bytes_of(lead(number).lead_id), pipeline)


def placed(fed, *numbers: int) -> list[bytes]:
    """The deals of these leads."""
    leads = [bytes_of(lead(number).lead_id) for number in numbers]
    work = fed.base.work()
    work.load_leads(leads)
    return [work.leads[name].deal for name in leads]


def routed(fed, number: int) -> Routed | None:
    work = fed.base.work()
    name = bytes_of(lead(number).lead_id)
    work.load_leads([name])
    return work.leads[name].newest.routed


def test_a_lead_opens_its_deal_in_the_pipeline_that_a_rule_chose(fed):
    fed.feed(lead(1, ANNA, source="repair"), lead(2, ANNA))
    assert placed(fed, 1, 2) == [deal(1, "service"), deal(2, "sales")]


def test_a_touch_joins_the_persons_open_deal_in_its_own_pipeline(fed):
    fed.feed(lead(1, ANNA, source="repair"), lead(2, ANNA))
    fed.feed(lead(3, ANNA, source="repair", at=BEGIN + 1), lead(4, ANNA, at=BEGIN + 2))
    assert placed(fed, 3, 4) == [deal(1, "service"), deal(2, "sales")]


def test_a_deal_is_a_repeat_of_one_in_its_own_pipeline(fed):
    fed.feed(lead(1, ANNA, source="repair"), lead(2, ANNA))
    shown = {one["id"]: one for one in Cards(fed.base).show("phone:+79120000001")["deals"]}
    assert [one["repeat_of"] for one in shown.values()] == [None, None]


def test_who_turn_out_to_be_one_keep_a_deal_in_each_pipeline(fed):
    mail = ("email", "a@x.ru", "claimed")
    fed.feed(lead(1, ANNA, source="repair"), lead(2, mail), lead(3, mail, source="repair"))
    fed.feed(lead(4, ANNA, mail))
    shown = Cards(fed.base).show("phone:+79120000001")["deals"]
    assert sorted(one["pipeline"] for one in shown) == ["sales", "service"]


def test_with_many_deals_a_message_reopens_one_though_another_pipeline_has_an_open_one(opened):
    fed = opened(most_deals_in_a_row=1)
    fed.feed(lead(1, ANNA), lead(2, ANNA, source="repair"))
    DealCommands(fed.base).close(
        deal(1, "sales"), "lost", order("", at=BEGIN * 1000), reason="price"
    )
    at = BEGIN + DAY
    fed.feed(lead(3, ANNA, source="repair", at=at), lead(4, ANNA, at=at, kind="message"))
    assert placed(fed, 3, 4) == [deal(2, "service"), deal(1, "sales")]


# --- what is recorded ---


def test_a_touch_tells_by_which_rule_of_which_version_it_was_routed(fed):
    fed.feed(lead(1, ANNA, source="repair"), lead(2, ANNA))
    assert routed(fed, 1) == Routed("repairs", 4)
    assert routed(fed, 2) == Routed("", 4)


def test_without_rules_nothing_is_told_of_them(opened):
    fed = opened(Routing())
    fed.feed(lead(1, ANNA, source="repair"))
    assert routed(fed, 1) is None
    assert placed(fed, 1) == [deal(1, "sales")]


def test_a_lead_stays_where_it_was_routed_whatever_is_told_of_it_later(opened):
    opened().feed(lead(1, ANNA, source="repair"), lead(2, ANNA))
    fed = opened(Routing(5, (RoutingRule("all", When(channel="*"), "sales"),)))
    earlier = lead(1, ANNA, ("email", "a@x.ru", "claimed"), delivery=1, at=BEGIN - DAY)
    labelled = lead(2, ANNA, delivery=1, source="repair", at=BEGIN - DAY)
    fed.feed(earlier, labelled)
    assert placed(fed, 1, 2) == [deal(1, "service"), deal(2, "sales")]
    assert routed(fed, 1) == Routed("repairs", 4)
    assert routed(fed, 2) == Routed("", 4)


def test_what_is_decided_again_goes_by_what_was_chosen_then(opened):
    opened().feed(lead(1, ANNA, source="repair"), lead(2, OFFICE, source="repair"))
    fed = opened(Routing(5, (RoutingRule("all", When(channel="*"), "sales"),)))
    a, b = (Cards(fed.base).leaf_of(f"phone:+7912000000{n}") for n in (1, 2))
    merged = fed.commands.merge(a, b, order("anna"))
    assert placed(fed, 1, 2) == [deal(1, "service"), deal(2, "service")]
    fed.commands.undo(merged.decision, order("anna"))
    assert placed(fed, 1, 2) == [deal(1, "service"), deal(2, "service")]
    (one,) = Cards(fed.base).show("phone:+79120000002")["deals"]
    assert one["pipeline"] == "service"


# --- conversations ---


def message(number: int, *identities, **more):
    return lead(number, *identities, kind="message", thread="chat", at=BEGIN + number, **more)


def test_a_message_that_no_rule_fits_goes_where_its_conversation_went(fed):
    fed.feed(message(1, ANNA, source="repair"))
    fed.feed(message(2, ANNA), message(3, ANNA, direction="out"), lead(4, ANNA))
    assert placed(fed, 2, 3) == [deal(1, "service")] * 2
    assert placed(fed, 4) == [deal(4, "sales")]
    assert routed(fed, 2) == Routed("repairs", 4, follows=bytes_of(lead(1).lead_id))


def test_a_conversation_goes_on_so_in_one_batch_and_from_somebody_else(fed):
    fed.feed(message(1, ANNA, source="repair"), message(2, OFFICE))
    assert placed(fed, 2) == [deal(2, "service")]


def test_a_rule_that_fits_a_later_message_chooses_for_that_message_alone(fed):
    fed.feed(message(1, ANNA, source="repair"), message(2, ANNA, source="shop"))
    fed.feed(message(3, ANNA))
    assert placed(fed, 1, 2, 3) == [deal(1, "service"), deal(2, "sales"), deal(1, "service")]


def test_a_conversation_that_no_rule_began_goes_by_the_first_rule_that_fits_in_it(fed):
    fed.feed(message(1, ANNA), message(2, ANNA, source="repair"))
    fed.feed(message(3, ANNA))
    assert placed(fed, 1, 2, 3) == [deal(1, "sales"), deal(2, "service"), deal(2, "service")]


def test_threads_of_two_accounts_are_two_conversations(fed):
    other = msgspec.structs.replace(message(2, ANNA), account="other")
    fed.feed(message(1, ANNA, source="repair"), other)
    assert placed(fed, 2) == [deal(2, "sales")]


def test_a_conversation_whose_pipeline_is_no_more_goes_to_the_default(opened):
    opened().feed(message(1, ANNA, source="repair"))
    fed = opened()
    fed.base.policy.pipelines.pop("service")
    fed.feed(message(2, ANNA))
    assert placed(fed, 2) == [deal(2, "sales")]


def test_on_a_shared_card_each_pipeline_has_its_deal_of_a_thread(fed):
    fed.feed(lead(8, OFFICE))
    fed.commands.mark(Cards(fed.base).leaf_of("phone:+79120000002"), True, order("anna"))
    fed.feed(message(1, OFFICE, source="repair"), message(2, OFFICE, source="shop"))
    fed.feed(message(3, OFFICE), message(4, OFFICE, source="shop"))
    assert placed(fed, 1, 2, 3, 4) == [
        deal(1, "service"), deal(2, "sales"), deal(1, "service"), deal(2, "sales"),
    ]  # fmt: skip


# --- the other pipeline's own stages and reasons ---


def test_a_deal_moves_by_the_stages_and_reasons_of_its_own_pipeline(fed):
    fed.feed(lead(1, ANNA, source="repair"), lead(2, OFFICE, source="repair"))
    commands, one, other = DealCommands(fed.base), deal(1, "service"), deal(2, "service")
    with pytest.raises(CommandRefused, match="not ours"):
        commands.close(other, "declined", order("anna"), reason="price")
    commands.close(other, "declined", order("anna"), reason="not ours")
    commands.accept(one, order("anna"))
    with pytest.raises(CommandRefused, match="amount"):
        commands.enter(one, "repair", order("anna"))
    with pytest.raises((CommandRefused, ValueError), match="visit"):
        commands.enter(one, "measure", order("anna"))
    commands.enter(one, "repair", order("anna"), amount="900")
    stages = [e.get("stage") for e in Cards(fed.base).show("phone:+79120000001")["timeline"]]
    assert [stage for stage in stages if stage] == ["unsorted", "visit", "repair"]


# --- versions ---


def test_a_version_is_recorded_once_and_never_means_anything_else(opened):
    fed = opened()
    adopt_routing(fed.base)
    adopt_routing(fed.base)
    events = fed.base.recorder.streams([STREAM], personal=False)[STREAM]
    assert [type(e.event) for e in events] == [RoutingAdopted]
    assert routing_versions(fed.base.recorder, fed.base.keyring) == {4: ROUTING}
    changed = opened(msgspec.structs.replace(ROUTING, rules=ROUTING.rules[:1]))
    with pytest.raises(VersionChanged, match="version 4 was recorded with other rules"):
        adopt_routing(changed.base)
    adopt_routing(opened(msgspec.structs.replace(ROUTING, version=5)).base)


def test_where_there_are_no_rules_no_version_is_recorded(opened):
    fed = opened(Routing())
    adopt_routing(fed.base)
    assert fed.base.recorder.last_position() == 0


def test_the_recorded_rules_are_sealed(fed):
    adopt_routing(fed.base)
    (event,) = fed.base.recorder.streams([STREAM], personal=False)[STREAM]
    assert b"repair" not in event.event.content
    with pytest.raises(Exception, match="cannot be opened"):
        routing_versions(fed.base.recorder, Keyring(b"another key of thirty-two bytes!"))
