"""Settings of an account: typed, so that every fault is named before anything starts."""

from functools import cache
from typing import Annotated, Any, Self, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

Secret = Annotated[str, msgspec.Meta(extra={"secret": True})]
"""A credential: never printed, cut out of kept raw deliveries, also readable from `NAME_file`."""

Secrets = Annotated[tuple[str, ...], msgspec.Meta(extra={"secret": True})]
"""Several credentials, of which any counts (rotation)."""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every type of account has. An adapter's own settings are a subclass.

    `__post_init__` of a subclass raises ValueError with the remedy for what types cannot say.
    """

    type: str = ""
    name: str = ""
    """The account's name: the path of its intake, and `account` of its leads."""
    country: str = "RU"
    """ISO 3166 code; the default country of telephone numbers."""
    timezone: str = "Europe/Moscow"
    """IANA name; the zone of provider times that have none."""
    secret_path: Secret = ""
    """An unguessable path segment after `/in/{account}`, for providers that sign nothing."""

    def __post_init__(self) -> None:
        if self.country not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"country {self.country!r} is no ISO 3166 code such as RU or KZ")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                f"timezone {self.timezone!r} is no IANA name such as Europe/Moscow"
            ) from None

    @classmethod
    def secret_names(cls) -> tuple[str, ...]:
        """The names of the settings that are credentials."""
        return _secret_names(cls)

    def secrets(self) -> tuple[str, ...]:
        """The values of all credentials, to be cut out of what is kept."""
        found: list[str] = []
        for name in self.secret_names():
            value = getattr(self, name)
            found += [value] if isinstance(value, str) else list(value)
        return tuple(secret for secret in found if secret)

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Read a table of the configuration file; ValueError names the field and the remedy."""
        try:
            return msgspec.convert(table, cls)
        except msgspec.ValidationError as error:
            known = ", ".join(cls.__struct_fields__)
            raise ValueError(f"{error}; known settings: {known}") from error

    def __repr__(self) -> str:
        shown = (
            f"{name}={'***' if name in self.secret_names() else getattr(self, name)!r}"
            for name in self.__struct_fields__
        )
        return f"{type(self).__name__}({', '.join(shown)})"


@cache
def _secret_names(settings: type[AccountSettings]) -> tuple[str, ...]:
    hints = get_type_hints(settings, include_extras=True)
    return tuple(name for name, hint in hints.items() if _is_secret(hint))


def _is_secret(hint: Any) -> bool:
    return any(
        isinstance(part, msgspec.Meta) and (part.extra or {}).get("secret")
        for part in get_args(hint)
    )
