"""What a lead event must be before it is decided about, whoever put it on the log."""

import msgspec
import pytest
from support.worlds import lead

from channels.sdk.lead import Identity
from ingest.processor.checks import checked

NOON = 1_700_000_000
PHONE = ("phone", "+79120000001", "attested")


def proofs(found):
    return {identity.value: identity.proof for identity in found.identities}


def test_a_visitor_is_always_claimed():
    found = checked(lead(1, ("visitor", "v1", "attested"), PHONE))
    assert proofs(found) == {"v1": "claimed", "+79120000001": "attested"}
    assert checked(found) == found


@pytest.mark.parametrize("field", ["lead_id", "event_id"])
@pytest.mark.parametrize("text", ["no uuid", "0f9f1c1e", ""])
def test_an_id_that_is_none_is_named_with_its_field(field, text):
    with pytest.raises(ValueError, match=rf"^{field}: '{text}' is no UUID"):
        checked(msgspec.structs.replace(lead(1, PHONE), **{field: text}))


@pytest.mark.parametrize(("kind", "value"), [("phone", "8 912 000-00-01"), ("email", "A@x.ru")])
def test_what_is_not_normalised_is_not_taken(kind, value):
    with pytest.raises(ValueError, match=f"'{kind}' is not normalised"):
        checked(lead(1, (kind, value, "claimed")))


@pytest.mark.parametrize("given", ["2023-11-14T12:00:00+03:00", "2023-11-14 09:00:00.000Z"])
def test_times_are_in_utc_with_milliseconds(given):
    found = checked(msgspec.structs.replace(lead(1, PHONE), occurred_at=given))
    assert found.occurred_at == "2023-11-14T09:00:00.000Z"


@pytest.mark.parametrize("field", ["occurred_at", "received_at"])
@pytest.mark.parametrize(
    "text", ["yesterday", "", "2023-11-14T09:00:00", "2023-02-31T09:00:00.000Z", 23 * "x" + "Z"]
)
def test_a_time_that_is_none_is_named_with_its_field(field, text):
    with pytest.raises(ValueError, match=rf"^{field}: '{text}' is no time; write it in UTC, as"):
        checked(msgspec.structs.replace(lead(1, PHONE), **{field: text}))


@pytest.mark.parametrize("odd", ["1999-12-31T23:59:59.999Z", "2099-01-01T00:00:00.000Z"])
def test_a_time_of_happening_that_cannot_be_gives_way_to_that_of_receipt(odd):
    given = msgspec.structs.replace(lead(1, PHONE), occurred_at=odd)
    assert checked(given).occurred_at == given.received_at


@pytest.mark.parametrize(("ahead", "stays"), [(86_400, True), (86_401, False)])
def test_clocks_may_differ_by_a_day(ahead, stays):
    received_at = lead(1).received_at
    given = msgspec.structs.replace(lead(1, PHONE, at=NOON + ahead), received_at=received_at)
    expected = given.occurred_at if stays else received_at
    assert checked(given).occurred_at == expected


def test_a_time_of_receipt_before_2000_is_not_taken():
    odd = "1999-12-31T23:59:59.999Z"
    given = msgspec.structs.replace(lead(1, PHONE), occurred_at=odd, received_at=odd)
    with pytest.raises(ValueError, match=r"^received_at: 1999"):
        checked(given)


def test_an_id_is_written_in_one_way():
    once = lead(1, PHONE)
    shouted = msgspec.structs.replace(
        once, lead_id=once.lead_id.replace("-", ""), event_id=once.event_id.upper()
    )
    assert checked(shouted) == once


def test_what_is_beyond_four_of_a_kind_or_eight_is_a_mention_and_the_better_proof_stays():
    phones = [Identity(kind="phone", value=f"+7912000000{n}", proof="claimed") for n in range(5)]
    mails = [Identity(kind="email", value=f"{n}@x.ru", proof="claimed") for n in "abcde"]
    proven = Identity(kind="email", value="a@x.ru", proof="attested")
    given = msgspec.structs.replace(lead(1), identities=(*phones, *mails, proven))
    found = checked(given)
    assert [identity.value for identity in found.identities] == [
        *(f"+7912000000{n}" for n in range(4)), *(f"{n}@x.ru" for n in "abcd"),
    ]  # fmt: skip
    assert proofs(found)["a@x.ru"] == "attested"
    assert {mention.value for mention in found.mentions} == {"+79120000004", "e@x.ru"}
