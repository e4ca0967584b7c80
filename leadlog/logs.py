"""Logs: JSON for machines, colours for people; names, phones and texts never reach them."""

import logging
import sys

import structlog

from leadlog.settings import Logging


def set_up(chosen: Logging) -> None:
    """Send structlog and the libraries' logs to standard error, as configured."""
    level = logging.getLevelNamesMapping()[chosen.level.upper()]
    renderer: structlog.typing.Processor
    if chosen.format == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
