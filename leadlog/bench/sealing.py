"""What it costs to seal the personal part of each lead with a key of its leaf card."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from channels.sdk.lead import LeadContent
from eventstore.touches import bytes_of
from eventstore.vault import new_key, seal
from leadlog.bench.clock import timed
from leadlog.bench.leads import Mix, logged_leads
from leadlog.bench.pair import Benchmark, Sample, Setting, Sides

_LEADS_A_KEY = 2
"""As the made-up people write: half of the leads are from somebody who has a key."""

Personal = list[tuple[bytes, bytes]]
"""The stream of each lead and its personal part as it is stored, but for the sealing."""


@contextmanager
def opened(setting: Setting) -> Iterator[Sides]:
    """The same leads as of the `processor`."""
    setting.progress("making up leads")
    decoded = [
        msgspec.json.decode(record.value, type=LeadContent)
        for record in logged_leads(setting.amount(20_000, 1_000), Mix(), seed=1)
    ]
    leads = [(bytes_of(lead.lead_id), msgspec.json.encode(lead)) for lead in decoded]
    size = sum(len(plain) for _, plain in leads) // len(leads)
    yield Sides(lambda _: _sealed(leads), None, note=f"{size:,} bytes a lead")


def _sealed(leads: Personal) -> Sample:
    def work() -> int:
        key = new_key()
        for place, (stream, plain) in enumerate(leads):
            if place % _LEADS_A_KEY == 0:
                key = new_key()
            seal(key, stream, plain)
        return len(leads)

    return timed(work)


BENCHMARK = Benchmark(
    name="sealing",
    a="personal parts sealed: AES-GCM, a key a leaf card",
    b="",
    unit="leads/s",
    aim=8,
    cost=True,
    open=opened,
)
