"""What leads say, for comparing: without the raw delivery, which is spelled anew each time."""

from channels.sdk.lead import LeadEvent
from channels.sdk.testing.doors import Answer


def sayings(answer: Answer, *, but: tuple[str, ...] = ()) -> list[tuple[str, object]]:
    """Each item's outcome, with its lead's fields (other than `but`) or its reason."""
    return [
        (one.outcome, saying(one.lead, but=but) if one.lead else one.reason)
        for one in answer.stored
    ]


def saying(lead: LeadEvent, *, but: tuple[str, ...] = ()) -> dict[str, object]:
    """The fields of a lead, other than `raw` and `but`."""
    return {
        name: getattr(lead, name)
        for name in lead.__struct_fields__
        if name != "raw" and name not in but
    }
