"""How people write what they are called and reached by, with slips.

Everything is drawn from the generator that is given, so that a seed gives the same text.
"""

from random import Random

from leadlog.phone_spellings import SPELLINGS
from leadlog.quality.names import SHORT, Name

_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
_OTHER_LATIN = _LATIN | {"х": "h", "ц": "c", "й": "i", "ю": "iu", "я": "ia", "щ": "sch", "ё": "yo"}
_NATIONAL = 10


def latin(text: str, *, other: bool = False) -> str:
    """The text in Latin letters, by one of the two ways that passports and people have."""
    letters = _OTHER_LATIN if other else _LATIN
    return "".join(
        letters.get(c.lower(), c).capitalize() if c.isupper() else letters.get(c, c) for c in text
    )


def typed_phone(value: str, rng: Random) -> str:
    """An E.164 number of Russia as a form gets it."""
    return rng.choice(SPELLINGS)(value[-_NATIONAL:])


def typed_email(value: str, rng: Random) -> str:
    """The address as a form gets it: some keyboards begin it with a capital, some leave blanks."""
    return rng.choice((value, value, value, value.capitalize(), value.upper(), f" {value} "))


def typed_name(name: Name, rng: Random) -> str:
    """The name as a form gets it."""
    first, father, last = name
    written = rng.choice(
        (
            *(first, first, first, f"{first} {last}", f"{first} {last}", f"{last} {first}"),
            *(f"{last} {first} {father}", f"{first} {father}"),
        )
    )
    return _carelessly(written, rng)


def profile_name(name: Name, rng: Random) -> str:
    """The name as a messenger's profile has it: short, or in Latin letters, more often."""
    first = SHORT.get(name.first, name.first) if rng.random() < 0.35 else name.first
    written = rng.choice((first, f"{first} {name.last}", f"{first} {name.last}"))
    return latin(written, other=rng.random() < 0.4) if rng.random() < 0.3 else written


def _carelessly(text: str, rng: Random) -> str:
    chance = rng.random()
    if chance < 0.08:
        return text.lower()
    if chance < 0.14:
        return latin(text, other=rng.random() < 0.4)
    if chance < 0.18:
        return slip(text, rng)
    return text.replace("ё", "е") if chance < 0.6 else text


def slip(text: str, rng: Random) -> str:
    """One letter left out, doubled, or changed places with the next."""
    place = rng.randrange(1, max(2, len(text) - 1))
    match rng.randrange(3):
        case 0:
            return text[:place] + text[place + 1 :]
        case 1:
            return text[:place] + text[place - 1] + text[place:]
        case _:
            return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def wrong_phone(value: str, rng: Random) -> str:
    """The number with one digit wrong, or two neighbours exchanged; it can still be dialled."""
    digits = list(value)
    place = rng.randrange(5, len(digits) - 1)
    if rng.random() < 0.5 and digits[place] != digits[place + 1]:
        digits[place], digits[place + 1] = digits[place + 1], digits[place]
    else:
        digits[place] = str((int(digits[place]) + rng.randrange(1, 10)) % 10)
    return "".join(digits)


def wrong_email(value: str, rng: Random) -> str:
    """The address with a slip in its name or in its host."""
    name, _, host = value.partition("@")
    if rng.random() < 0.4:
        return f"{name}@{slip(host.partition('.')[0], rng)}.{host.partition('.')[2]}"
    return f"{slip(name, rng)}@{host}"
