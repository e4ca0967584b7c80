"""What a journey may draw on: the workshop's accounts, its people, chance, and fresh numbers."""

from collections.abc import Iterator
from itertools import count
from random import Random
from uuid import UUID

from leadlog.demo.chance import chance, weighted
from leadlog.demo.people import People
from leadlog.demo.workshop import CAMPAIGNS, GOODS, Accounts, Campaign, Good, accounts


class Cast:
    """One story's. Everything that it gives follows from the seed and the order of asking."""

    def __init__(self, seed: int) -> None:
        self.shop: Accounts = accounts(seed)
        self.rng: Random = chance(seed, "journeys")
        self.people = People(chance(seed, "people"))
        self._numbers: Iterator[int] = count(self.rng.randrange(10**8, 9 * 10**8))

    def number(self) -> int:
        """A number that no message, call or form had before."""
        return next(self._numbers)

    def uuid(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def campaign(self) -> Campaign:
        return weighted(self.rng, [(campaign.pulls, campaign) for campaign in CAMPAIGNS])

    def good(self) -> Good:
        return self.rng.choice(GOODS)
