"""Every rule that an adapter can be tried by without a gateway, in the order of its five words."""

from channels.sdk.testing import (
    on_care,
    on_lead,
    on_outcome,
    on_parse,
    on_polling,
    on_reply,
    on_verify,
)
from channels.sdk.testing.doors import AnyAdapter, Door
from channels.sdk.testing.manifest import read_manifest
from channels.sdk.testing.recordings import read_recordings
from channels.sdk.testing.rule import Rule, Subject

RULES: tuple[Rule, ...] = (
    on_verify.refuses_strangers,
    on_verify.refuses_changes,
    on_verify.refuses_old_secrets,
    on_verify.keeps_its_secret_path,
    on_verify.verifies_first,
    on_parse.reads_its_recordings,
    on_parse.survives_hostile_content,
    on_parse.survives_any_size,
    on_parse.keeps_its_time,
    on_outcome.takes_later_versions,
    on_outcome.isolates_items,
    on_lead.keeps_its_ids,
    on_lead.is_well_formed,
    on_lead.proves_contacts,
    on_reply.answers_repeats_alike,
    on_reply.keeps_secrets,
    on_polling.keeps_its_cursor,
)

CARE: tuple[Rule, ...] = (on_care.has_a_page, on_care.records_each_kind, *on_care.DECLARED)

INTAKE_NAMES = (
    "keeps-one-lead-in-any-order",
    "acknowledges-after-append",
    "survives-restarts",
    "waits-for-slow-clients",
    "refuses-what-is-too-large",
    "has-one-effect",
)
"""Rules that the lab tries in the real gateway: manifests may name them, too."""

NAMES = frozenset({*(rule.name for rule in (*RULES, *CARE)), *INTAKE_NAMES})


def subject_of(adapter: type[AnyAdapter], door: Door) -> Subject:
    """An adapter with what lies beside it: recordings and manifest. May raise BadRecording."""
    return Subject(
        adapter=adapter,
        recordings=read_recordings(adapter),
        door=door,
        manifest=read_manifest(adapter, NAMES),
    )
