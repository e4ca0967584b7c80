"""Logs: JSON for machines, colours for people; names, phones and texts never reach them."""

import logging
import sys

import structlog

from leadlog.settings import Logging


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
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
