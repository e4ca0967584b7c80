"""Chance from a seed: the same seed and names give the same story, on every machine."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


def chance(seed: int, *names: object) -> Random:
    """A source of chance of its own, so that nothing drawn elsewhere shifts what it gives."""
    return Random("/".join(map(str, (seed, *names))))  # noqa: S311 - a story, no secret


def weighted(rng: Random, choices: Sequence[tuple[float, T]]) -> T:
    """One of the choices, each as likely as its weight says."""
    return rng.choices([choice for _, choice in choices], [weight for weight, _ in choices])[0]


def between(rng: Random, least: timedelta, most: timedelta) -> timedelta:
    """A length of time; short ones are more common than long ones."""
    return least + (most - least) * rng.betavariate(1.4, 3)
