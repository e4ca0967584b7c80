"""What a lead event must be before it is decided about, whoever put it on the log."""

import msgspec
import pytest
from support.worlds import lead

from channels.sdk.lead import Identity
from ingest.processor.checks import checked

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


def test_times_are_in_utc_with_milliseconds():
    given = msgspec.structs.replace(lead(1, PHONE), occurred_at="2026-03-01T12:00:00+03:00")
    assert checked(given).occurred_at == "2026-03-01T09:00:00.000Z"


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
