"""The funnel for a command or a request that comes as plain JSON values."""

from collections.abc import Mapping, Sequence
from typing import Any

from eventstore.domain.pipeline import Pipeline
from projections.funnel.request import FIELDS, read_request
from projections.funnel.result import FunnelResult
from projections.reports import Reports


def funnel(
    reports: Reports, pipelines: Sequence[Pipeline], given: Mapping[str, Any]
) -> FunnelResult:
    """Answer what is asked by the fields of `read_request` among `given`; None is not given.

    Raises WrongRequest (a ValueError) and what `Reports.funnel` raises.
    """
    asked = {field: given[field] for field in FIELDS if given.get(field) is not None}
    return reports.funnel(read_request(asked, pipelines))
