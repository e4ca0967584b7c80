"""Forms of the exchanges: as signed bytes, and as texts, from the body or the address."""

from urllib.parse import unquote

from channels.sdk.delivery import Delivery
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.read import first_values, read_form, read_pairs


def exact_form(delivery: Delivery) -> dict[str, bytes]:
    """The values of an urlencoded body as the bytes that were signed, whatever their charset."""
    values = first_values(read_pairs(delivery.body, charset="latin-1"))
    return {name: value.encode("latin-1") for name, value in values.items()}


def signed_form(delivery: Delivery) -> dict[str, bytes]:
    """The same for `verify`: nobody signed what cannot be read."""
    try:
        return exact_form(delivery)
    except Unreadable as error:
        raise NotAuthentic("the form cannot be read", status=403) from error


def parameters(delivery: Delivery) -> dict[str, str]:
    """Every parameter of the body, or of the address where there is no body; first values count."""
    if not delivery.body:
        return first_values(read_pairs(delivery.query))
    in_body, _ = read_form(delivery)
    return first_values(in_body)


def segments(delivery: Delivery) -> tuple[str, ...]:
    """The path's segments, those of the account's own address included where nobody routed it."""
    if delivery.segments is not None:
        return delivery.segments
    return tuple(unquote(part) for part in delivery.path.split("/") if part)
