"""What a form asked, apart from what its builder adds to every submission.

Ids of forms, submissions, sites and advertisements are kept and shown with the touch, folded: they
mean nothing to an operator. Which builder sends which: docs/providers.md, section 4.
"""

from collections.abc import Mapping
from typing import Final

Fields = Mapping[str, str]

_BUILDERS: Final = frozenset({
    *("tranid", "formid"),  # Tilda
    *("form_id", "remote_ip", "user_agent", "powered_by"),  # Elementor; form_id of others, too
    *("num", "status.code", "site.id"),  # Flexbe
    *("quiz.id",),  # Marquiz
    *("campaign_id", "adgroup_id", "creative_id", "asset_group_id"),  # Google Ads
    *("roistat_visit", "consent_version"),  # our own form, and counters beside others
})  # fmt: skip


def answers(fields: Fields) -> Fields:
    """What somebody filled in."""
    return {name: text for name, text in fields.items() if not _is_machinery(name)}


def machinery(fields: Fields) -> Fields:
    """The rest."""
    return {name: text for name, text in fields.items() if _is_machinery(name)}


def _is_machinery(name: str) -> bool:
    # Contact Form 7 begins the names of its own fields with an underscore: _wpcf7_unit_tag.
    return name.startswith("_") or name.casefold() in _BUILDERS
