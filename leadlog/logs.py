"""Logs: JSON for machines, colours for people; names, phones and texts never reach them."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Final

import structlog

from leadlog.settings import Logging

_CHATTERS: Final = "aiokafka"
_EVERY_S: Final = 60.0


class Seldom(logging.Filter):
    """Lets what Kafka's client says pass once a minute, each kind of line for itself.

    While a broker is away it says the same ten times a second and more; that it is away, and what
    to do, is said by our own lines.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] != _CHATTERS:
            return True
        kind, now = (record.name, str(record.msg)), self._clock()
        if now < self._said.get(kind, float("-inf")) + _EVERY_S:
            return False
        self._said[kind] = now
        return True


def set_up(chosen: Logging) -> None:
    """Send structlog and the libraries' logs to standard error, as configured."""
    level = logging.getLevelNamesMapping()[chosen.level.upper()]
    # Plain tracebacks only: the default ones print local variables, and those hold people's data.
    renderers: list[structlog.typing.Processor]
    if chosen.format == "json":
        json_lines = structlog.processors.JSONRenderer(ensure_ascii=False)
        renderers = [structlog.processors.format_exc_info, json_lines]
    else:
        plain = structlog.dev.plain_traceback
        colours = sys.stderr.isatty()
        renderers = [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]
    ours: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*ours, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    theirs = logging.StreamHandler(sys.stderr)
    theirs.addFilter(Seldom())
    without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    theirs.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*ours, structlog.stdlib.add_logger_name],
            processors=[without_record, *renderers],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[theirs], force=True)
