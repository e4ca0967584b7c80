"""docs/channels/rules.md: every rule of the lab in a sentence, from the rules themselves."""

from collections.abc import Iterator

from leadlog.lab.check import ALL_RULES

_ABOUT = {
    "verify": "Who is let in",
    "parse": "What is read",
    "outcome": "What becomes of the items",
    "lead": "The lead",
    "reply": "What is said",
    "intake": "When things go wrong in between (tried in the gateway only)",
    "polling": "Providers that are asked",
    "care": "What it owes its users (the last three are believed, not measured)",
}
_HEAD = """# The rules of the lab

`leadlog channels check NAME` tries each of these on an adapter, with its recorded deliveries.
`AdapterConformance` has a test for each that needs no gateway. Written from the rules themselves;
a test keeps it so.
"""


def rules_page() -> str:
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for word, title in _ABOUT.items():
        yield f"## {title}\n\n| rule | promise |\n| --- | --- |"
        for rule in ALL_RULES:
            if rule.word == word:
                yield f"| `{rule.name}` | {rule.promise} |"
        yield ""
