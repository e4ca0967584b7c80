"""The conformance class: subclass it in your tests, name your adapter, and run pytest."""

from collections.abc import Callable
from typing import Any, ClassVar

from channels.sdk.testing.doors import AnyAdapter, PlainDoor
from channels.sdk.testing.rule import Rule, Subject
from channels.sdk.testing.rules import RULES, subject_of
from channels.sdk.testing.verdict import Status, judge


class AdapterConformance:
    """One test for each rule that needs no gateway: `leadlog channels check` tries the others too.

        class TestAcme(AdapterConformance):
            adapter = AcmeAdapter

    The recordings and the manifest beside the adapter are used. A rule that the manifest calls
    exempt or still to be done passes; see `channels.sdk.testing.manifest`.
    """

    adapter: ClassVar[type[AnyAdapter]]

    @classmethod
    def subject(cls) -> Subject:
        """What is tried; override it to try something else than what lies beside the adapter."""
        return subject_of(cls.adapter, PlainDoor())


def _test_of(rule: Rule) -> Callable[[Any], None]:
    def test(self: AdapterConformance) -> None:
        verdict = judge(rule, self.subject())
        if verdict.status is Status.FAILS:
            told = "\n  ".join(verdict.reasons)
            raise AssertionError(f"{rule.promise}\n  {told}")

    test.__doc__ = rule.promise
    return test


for _rule in RULES:
    setattr(
        AdapterConformance,
        f"test_{_rule.word}_{_rule.name.replace('-', '_')}",
        _test_of(_rule),
    )
