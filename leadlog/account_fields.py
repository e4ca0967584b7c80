"""The settings of an account type, by the names that the configuration file has."""

from typing import Annotated, Any, NamedTuple, get_args, get_origin

import msgspec

from channels.registry import UnknownType, adapter_class


class Field(NamedTuple):
    """What can be said of a setting without its adapter."""

    is_text: bool
    is_list: bool
    is_secret: bool


def fields_of(account_type: object) -> dict[str, Field]:
    """Name → setting; nothing for a type that is unknown or cannot be loaded."""
    try:
        settings = adapter_class(str(account_type)).Settings
    except (UnknownType, ImportError):
        return {}
    secret = settings.secret_names()
    return {
        field.encode_name: _field(field.type, is_secret=field.name in secret)
        for field in msgspec.structs.fields(settings)
    }


def _field(hint: Any, *, is_secret: bool) -> Field:
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return Field(bare is str, get_origin(bare) is tuple, is_secret)
