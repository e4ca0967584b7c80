"""Addresses in settings: checked before anything starts, and shown without what is secret."""

from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The host of an address and its port, if it has one; without user, path and query."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def check_url(name: str, url: str, *, schemes: tuple[str, ...] = ("https", "http")) -> None:
    """ValueError where a setting is no address, in words for who wrote it."""
    try:
        found = urlsplit(url)
        sound = found.scheme in schemes and bool(found.hostname) and found.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(f"{name} is no address such as {schemes[0]}://host")
