"""Why two profiles may be one person's, and what speaks against it, in words."""

from collections.abc import Iterator

from rapidfuzz.distance import OSA, JaroWinkler

from eventstore.likeness.alike_names import NEAR_NAME, names_alike
from eventstore.likeness.profiles import Profile


def reasons(one: Profile, other: Profile) -> list[str]:
    """What agrees, then what nearly does, then what differs."""
    said = [*_names(one, other), *_contacts(one, other), *_fields(one, other)]
    return [text for _, text in sorted(said, key=lambda place_and_text: place_and_text[0])]


_SAME, _NEAR, _AGAINST = range(3)


def _names(one: Profile, other: Profile) -> Iterator[tuple[int, str]]:
    if not one.names or not other.names:
        return
    alike = names_alike(one.names, other.names)
    if alike == 1:
        yield _SAME, "their names are the same"
    elif alike >= NEAR_NAME:
        yield _NEAR, f"their names are alike ({alike:.2f})"
    else:
        yield _AGAINST, "against it: their names differ"


def _contacts(one: Profile, other: Profile) -> Iterator[tuple[int, str]]:
    if one.phone and one.phone == other.phone:
        yield _SAME, "one number, which links nobody"
    elif one.phone and other.phone and OSA.distance(one.phone, other.phone) == 1:
        yield _NEAR, "their numbers are one slip apart"
    if not one.mailbox or not other.mailbox:
        return
    if one.mailbox == other.mailbox:
        same = one.host == other.host
        yield _SAME, "one address, which links nobody" if same else "one mailbox at two hosts"
    elif one.host == other.host and OSA.distance(one.mailbox, other.mailbox) == 1:
        yield _NEAR, "their addresses are one slip apart"


def _fields(one: Profile, other: Profile) -> Iterator[tuple[int, str]]:
    for name in sorted(one.fields.keys() & other.fields.keys()):
        a, b = one.fields[name], other.fields[name]
        if a == b:
            yield _SAME, f"the same {name}"
        elif OSA.distance(a, b) == 1 or JaroWinkler.similarity(a, b) >= NEAR_NAME:
            yield _NEAR, f"{name} nearly the same"
        else:
            yield _AGAINST, f"against it: another {name}"
