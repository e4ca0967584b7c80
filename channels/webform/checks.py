"""What is wrong with a submission to our own form: each field, the problem, what is expected."""

import re
from collections.abc import Collection, Sequence

import phonenumbers

from channels.sdk.errors import FieldError
from channels.sdk.identities import normalise_email
from channels.webform import addresses
from channels.webform.entries import Entry
from channels.webform.meanings import meaning, words

_MAX_CHECKED = 16
_LONGEST = 1000
_BETWEEN_EMAILS = re.compile(r"[,;\s]+")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")


def wrong_fields(
    entries: Sequence[Entry], *, required: Collection[str], country: str
) -> list[FieldError]:
    """Every wrong field, in the order of the form, missing ones first."""
    return [*_missing(entries, required), *_malformed(entries, country)]


def _missing(entries: Sequence[Entry], required: Collection[str]) -> list[FieldError]:
    if not required:
        return []
    filled = {words_or_name(entry.name) for entry in entries if entry.value}
    roles = {entry.meant.role for entry in entries if entry.value and entry.meant.sure}
    return [
        FieldError(name, "it is missing or empty", "a value, for this field is required", "missing")
        for name in required
        if words_or_name(name) not in filled and not (_role(name) and _role(name) in roles)
    ]


def words_or_name(name: str) -> tuple[str, ...] | str:
    """A name as it is compared: by its words and numbers, whatever stands between them."""
    return (*words(name), *re.findall(r"\d+", name)) or name


def _role(name: str) -> str:
    meant = meaning(name)
    return meant.role if meant.sure else ""


def _malformed(entries: Sequence[Entry], country: str) -> list[FieldError]:
    found = []
    checked = 0
    for entry in entries:
        meant = entry.meant
        check = _CHECKS.get(meant.role) if meant.sure and entry.value else None
        if check and checked < _MAX_CHECKED:
            checked += 1
            if error := check(entry, country):
                found.append(error)
    return found


def _phone(entry: Entry, country: str) -> FieldError | None:
    if addresses.phones(entry.value, country) or is_possible_phone(entry.value, country):
        return None
    expected = f"a telephone number, such as {_example(country)}"
    return FieldError(entry.name, "no telephone number has this form", expected, "phone")


def _email(entry: Entry, country: str) -> FieldError | None:
    del country
    pieces = [piece for piece in _BETWEEN_EMAILS.split(entry.value[:_LONGEST]) if piece]
    found = [normalise_email(piece) for piece in pieces]
    if found and all(address and is_well_formed(address) for address in found):
        return None
    expected = "an address such as a@b.ru"
    return FieldError(entry.name, "no e-mail address has this form", expected, "email")


_CHECKS = {"phone": _phone, "email": _email}


def is_possible_phone(text: str, country: str) -> bool:
    """Whether `phonenumbers` calls it possible, also where it is too short to identify anybody."""
    try:
        number = phonenumbers.parse(text[:300], country)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


def is_well_formed(address: str) -> bool:
    """Whether a normalised address keeps to the dots and labels of RFC 5321 and DNS."""
    local, _, domain = address.rpartition("@")
    labels = domain.split(".")
    return (
        not (local.startswith(".") or local.endswith(".") or ".." in local)
        and len(local) <= 64
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def _example(country: str) -> str:
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return "+7 912 345-67-89"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
