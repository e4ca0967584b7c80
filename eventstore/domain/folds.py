"""Several spellings of one mailbox: what some domains do with dots and tags (SEMANTICS 2.1.3)."""

from collections.abc import Iterable

import msgspec


class Fold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the mail server of some domains reads an address, as `[[matching.folds]]` has it."""

    domains: tuple[str, ...]
    """Whose addresses it reads so; in lower case and IDNA, as addresses are kept."""
    domain: str = msgspec.field(default="", name="as")
    """By which of them the mailbox is named; the first where none is said."""
    dots: bool = False
    """Dots before the @ mean nothing."""
    tags: str = ""
    """Each of these characters begins a tag, which means nothing."""

    @property
    def target(self) -> str:
        return self.domain or self.domains[0]

    def folded(self, local: str) -> str:
        """The mailbox of an address of these domains; empty where nothing would be left."""
        for tag in self.tags:
            local = local.partition(tag)[0]
        if self.dots:
            local = local.replace(".", "")
        return f"{local}@{self.target}" if local else ""


def mailbox(folds: Iterable[Fold], address: str) -> str:
    """The address that names the mailbox of this one; empty where it does so itself.

    Of several folds the first that has the domain is asked.
    """
    local, _, domain = address.rpartition("@")
    for fold in folds:
        if domain in fold.domains:
            found = fold.folded(local)
            return "" if found == address else found
    return ""
