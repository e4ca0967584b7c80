"""The published JSON Schema is the one that the code has (docs/lead-event.md).

After a change on purpose: `python tests/unit/test_lead_event_schema.py` writes it anew.
"""

import json
from pathlib import Path

import msgspec

from channels.sdk.lead import LeadEvent

PUBLISHED = Path(__file__).parents[2] / "docs" / "lead-event.schema.json"


def generated() -> str:
    schema = msgspec.json.schema(LeadEvent)
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def test_the_published_schema_is_the_codes():
    assert PUBLISHED.read_text(encoding="utf-8") == generated()


def test_it_names_every_field_of_a_lead_event():
    properties = json.loads(generated())["$defs"]["LeadEvent"]["properties"]
    assert set(LeadEvent.__struct_fields__) == set(properties)


if __name__ == "__main__":
    PUBLISHED.write_text(generated(), encoding="utf-8")
