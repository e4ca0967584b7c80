"""Who is told metrics and why something is not well: this machine, or whoever shows a token."""

from dataclasses import dataclass

from ingest.gateway.asgi import Scope
from projections.desk.nearness import is_local, is_loopback, shows


@dataclass(frozen=True, slots=True)
class Insiders:
    """By the rule for cards (docs/adr/0011): with a token nothing else counts."""

    tokens: tuple[str, ...] = ()

    def __call__(self, scope: Scope) -> bool:
        """Whether this request comes from one of them."""
        headers = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in scope["headers"]}
        if any(self.tokens):
            return any(shows(token, headers) for token in self.tokens)
        peer, _ = scope.get("client") or ("", 0)
        return is_loopback(peer) and is_local(headers)
