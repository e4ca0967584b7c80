"""A form's fields to what a lead says. Never raises."""

from collections.abc import Iterator, Mapping

from channels.email.bodies import both_texts
from channels.email.forms import Fields, known_count, pairs_of_query, read_fields
from channels.email.mentions import phones_in
from channels.email.mime import Part
from channels.sdk import identities
from channels.sdk.campaigns import LABELS, campaign
from channels.sdk.lead import Campaign, Identity, Profile

_PROFILE = ("name", "first_name", "last_name", "company", "city")


class FormContent:
    """The fields by their meaning. What nothing else took is in `fields`, under its own label."""

    def __init__(self, fields: Fields, country: str) -> None:
        self._country = country
        self._of: dict[str, list[str]] = {}
        self._identities: list[Identity] = []
        self.fields: dict[str, str] = {}
        for label, target, value in fields:
            if value:
                self._take(label, target, value)

    @classmethod
    def of(cls, mail: Part, mapping: Mapping[str, str], country: str) -> "FormContent":
        """Read a notification: of its plain text and its HTML the one that says more."""
        readings = [read_fields(text, mapping) for text in both_texts(mail)]
        return cls(max(readings, key=known_count), country)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Whom the form names, in its order; all claimed."""
        return identities.present(*self._identities)

    @property
    def text(self) -> str:
        return "\n".join(self._of.get("text", ()))

    def profile(self) -> Profile | None:
        told = {name: self._first(name) for name in _PROFILE if self._first(name)}
        if "name" not in told and ("first_name" in told or "last_name" in told):
            parts = (told.get("first_name", ""), told.get("last_name", ""))
            told["name"] = " ".join(part for part in parts if part)
        return Profile(**told) if told else None

    def campaign(self) -> Campaign | None:
        labels = {name: self._first(name) for name in LABELS if self._first(name)}
        for text in self._of.get("utm", ()):
            labels = {
                name: value for name, value in pairs_of_query(text) if name in LABELS
            } | labels
        return campaign(labels, landing=self._first("page"), referrer=self._first("referrer"))

    def _first(self, target: str) -> str:
        return next(iter(self._of.get(target, ())), "")

    def _take(self, label: str, target: str, value: str) -> None:
        found = list(self._identified(target, value))
        self._identities += found
        known = target in {*_PROFILE, *LABELS, "text", "utm", "page", "referrer"}
        if known:
            self._of.setdefault(target, []).append(value)
        elif not found:
            self._keep(target if target and target not in _IDENTIFYING else label, value)

    def _identified(self, target: str, value: str) -> Iterator[Identity]:
        match target:
            case "phone":
                yield from self._phones(value)
            case "email":
                for word in value.replace(",", " ").replace(";", " ").split():
                    found = identities.email(word, proof="claimed")
                    if found:
                        yield found
            case "visitor":
                found = identities.visitor(value)
                if found:
                    yield found

    def _phones(self, value: str) -> Iterator[Identity]:
        whole = identities.phone(value, proof="claimed", country=self._country)
        if whole:
            yield whole
            return
        for mention in phones_in(value, self._country):
            found = identities.phone(mention.raw, proof="claimed", country=self._country)
            if found:
                yield found

    def _keep(self, label: str, value: str) -> None:
        earlier = self.fields.get(label)
        self.fields[label] = f"{earlier}\n{value}" if earlier else value


_IDENTIFYING = frozenset({"phone", "email", "visitor"})
