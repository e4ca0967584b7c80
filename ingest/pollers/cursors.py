"""Where each account goes on: the port that SQLite and PostgreSQL implement.

One contract suite holds both to it (tests/contracts/test_cursors.py).
"""

from typing import Protocol


class CursorsUnavailable(Exception):
    """The store cannot be read or written now; the same call can be made again later."""


class CursorMoved(Exception):
    """Another process has stored a cursor meanwhile: go on from that one."""


class CursorStore(Protocol):
    """Durable cursors, and the right to poll an account. Called on one event loop.

    Cursors hold positions at providers, and nobody's data.
    """

    async def claim(self, account: str) -> bool:
        """Whether this process is the one that polls the account, now that it has asked.

        Asked again every few seconds while it polls: the right can be lost, with the connection
        that held it. No other process has it then before it has asked for it. Raises
        CursorsUnavailable where nobody can tell.
        """

    async def load(self, account: str) -> str:
        """The cursor stored last, "" where there is none. Raises CursorsUnavailable."""

    async def save(self, account: str, cursor: str, *, after: str) -> None:
        """Return once `cursor` is durable in the place of `after`.

        Raises CursorMoved where another one stands there, and CursorsUnavailable: then it may be
        stored or not.
        """

    async def close(self) -> None:
        """Give up all claims."""
