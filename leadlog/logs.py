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
    without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    theirs.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*ours, structlog.stdlib.add_logger_name],
            processors=[without_record, *renderers],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[theirs], force=True)
