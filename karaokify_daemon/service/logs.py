"""Structured logs on stdout: JSON lines, or colours on a terminal.

The event names are stable: docs/log-events.md.
"""

import contextlib
import logging
import sys
import warnings
from functools import cache
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

import structlog

from karaokify_daemon.config import Log

_MB = 1_000_000


def configure(log: Log, stream: TextIO = sys.stdout) -> None:
    """Set up structlog, and forward what libraries log and warn through it."""
    as_json = log.format == "json" or (log.format == "auto" and not stream.isatty())
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")  # a file's name may not be UTF-8
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=16)
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=as_json),
    ]
    if as_json:
        processors += [structlog.processors.format_exc_info, _told_first]
    structlog.configure(
        processors=[*processors, *_into_file(log), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(log.level),
        logger_factory=lambda *_: _Unfailing(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Forward(level=logging.WARNING)]
    logging.captureWarnings(capture=True)
    warnings.simplefilter("default")


def _into_file(log: Log) -> list[Any]:
    """Return what writes each event as JSON into the log file as well, if there is to be one."""
    if log.file is None:
        return []
    handler = _file(log.file, log.file_mb * _MB, log.files - 1)
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False)

    def write(logger: Any, method: str, event: Any) -> Any:
        told = structlog.processors.format_exc_info(logger, method, dict(event))
        text = as_json(logger, method, _told_first(logger, method, told))
        handler.handle(logging.makeLogRecord({"msg": text}))
        return event

    return [write]


@cache
def _file(path: Path, most: int, others: int) -> RotatingFileHandler:
    """Return the one for a file: jobs at work may write into it after a reload, too."""
    return _UnfailingFile(
        path,
        maxBytes=most,
        backupCount=others,
        encoding="utf-8",
        errors="backslashreplace",
        delay=True,
    )


class _UnfailingFile(RotatingFileHandler):
    """Where it cannot be written, the service goes on, and tries again with the next line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Let it be."""


def _told_first(_logger: Any, _method: str, event: Any) -> Any:
    """Put what every line has at its start: narrow terminals and `cut` keep it."""
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return first | event


class _Unfailing(structlog.PrintLogger):
    """A full disk or a closed pipe ends nothing: the work matters more than its log."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            super().msg(message)

    log = debug = info = warning = error = critical = exception = msg


class _Forward(logging.Handler):
    """Pass a library's record on as the event `library`."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger()
        method = logger.error if record.levelno >= logging.ERROR else logger.warning
        method("library", logger=record.name, message=record.getMessage())
