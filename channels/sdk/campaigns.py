"""Campaign labels out of fields, page addresses and cookies (docs/providers.md, 4.1)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from channels.sdk.lead import Campaign

LABELS = Campaign.__struct_fields__
"""Every field of a campaign, by its wire name."""

_KNOWN = frozenset(LABELS)
_PAGE_LABELS = _KNOWN - {"referrer", "landing", "start", "ref_source", "ref"}
_LONGEST = 1000


def campaign(
    fields: Mapping[str, str],
    *,
    cookie_labels: Mapping[str, str] | None = None,
    landing: str = "",
    referrer: str = "",
) -> Campaign | None:
    """The labels of a touch. Explicit fields win over cookies, those over the landing page's URL,
    and that over the referrer's.

    Unexpanded macros (`{keyword}`) count as absent. None where nothing is known.
    """
    labels: dict[str, str] = {}
    for source in (fields, cookie_labels, labels_of_url(landing), labels_of_url(referrer)):
        if not source:
            continue
        for name, text in source.items():
            if text and name in _KNOWN and name not in labels and not is_macro(text):
                labels[name] = text[:_LONGEST]
    if landing:
        labels.setdefault("landing", landing[:_LONGEST])
    if referrer:
        labels.setdefault("referrer", referrer[:_LONGEST])
    return Campaign(**labels) if labels else None


def labels_of_url(url: str) -> dict[str, str]:
    """The campaign labels in a page's query; nothing where the URL cannot be read."""
    if "?" not in url:
        return {}
    try:
        query = urlsplit(url).query
        pairs = parse_qsl(query, max_num_fields=200)
    except ValueError:
        return {}
    return {name: value for name, value in pairs if name in _PAGE_LABELS}


def is_macro(text: str) -> bool:
    """An advertising macro that nobody expanded: `{region}`, `{{campaign.name}}`, also encoded."""
    if "{" not in text and "%" not in text:
        return False
    plain = unquote(text).strip()
    return plain.startswith("{") and plain.endswith("}")


def google_client_id(cookie: str) -> str:
    """The client id in a `_ga` cookie: `GA1.2.111.222` is `111.222`; empty where there is none."""
    parts = cookie.split(".")
    return ".".join(parts[-2:]) if len(parts) >= 4 and parts[0].startswith("GA") else ""
