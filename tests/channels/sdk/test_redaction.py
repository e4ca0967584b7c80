"""No credential of an account is kept, wherever a delivery repeats it."""

import msgspec
import pytest

from channels.registry import make_adapter
from channels.sdk.delivery import Delivery
from channels.sdk.intake import Examined, examine
from channels.sdk.outcome import Accepted

SECRET = "crm-token/of the%account"
AT = "2026-02-01T10:00:00.000Z"


@pytest.fixture
def kept():
    """The lead that a form with these fields becomes, in an account with SECRET."""
    adapter = make_adapter({"type": "webform", "name": "site", "api_key": SECRET})

    def run(**fields):
        body = msgspec.json.encode({"name": "Инна", **fields})
        headers = {"content-type": "application/json", "x-api-key": SECRET}
        examined = examine(adapter, Delivery(headers=headers, body=body, received_at=AT))
        assert isinstance(examined, Examined)
        (outcome,) = examined.outcomes
        assert isinstance(outcome, Accepted)
        return outcome.lead

    return run


def test_a_secret_in_a_text_is_cut_out(kept):
    assert kept(message=f"my key is {SECRET}!").text == "my key is ***!"


def test_a_secret_in_a_field_or_its_name_is_cut_out(kept):
    lead = kept(**{"branch": SECRET, f"{SECRET}x": "1"})
    assert lead.fields == {"branch": "***", "***x": "1"}


def test_an_identity_that_holds_a_secret_is_left_out():
    adapter = make_adapter({"type": "webform", "name": "site", "api_key": "secret-of-site"})
    delivery = Delivery(
        headers={"content-type": "application/json", "x-api-key": "secret-of-site"},
        body=b'{"phone": "+79210001122", "client_id": "secret-of-site"}',
        received_at=AT,
    )
    (outcome,) = examine(adapter, delivery).outcomes
    assert [identity.kind for identity in outcome.lead.identities] == ["phone"]


def test_a_number_that_a_secret_of_digits_stands_in_is_kept():
    adapter = make_adapter({"type": "webform", "name": "site", "api_key": "79210001122"})
    delivery = Delivery(
        headers={"content-type": "application/json", "x-api-key": "79210001122"},
        body=b'{"phone": "+79210001122"}',
        received_at=AT,
    )
    (outcome,) = examine(adapter, delivery).outcomes
    assert outcome.lead.identities[0].value == "+79210001122"
