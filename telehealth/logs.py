"""Logs: one JSON object a line, and only fields from an allow-list (LG4, LG5).

Nothing that a person typed, no path, query, token, address or SQL ever reaches a log line. Our own
lines name their fields (`log.info("request", route=..., status=...)`); a field that is not in
`FIELDS` is dropped. Lines of libraries keep their template without the arguments, and a traceback
keeps its type and places without its message. JSON escapes line breaks, so no text forges a line.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

FIELDS = frozenset(
    {"timestamp", "level", "logger", "event", "at", "exception", "frames"}
    | {"request_id", "method", "route", "status", "ms", "actor", "code"}
    | {"worker", "kind", "task", "tasks", "attempt", "attempts", "state"}
    | {"count", "due", "failed", "lag_seconds", "seconds"}
)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry the fields of `FIELDS` only."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every field that nobody has allowed."""
    return {name: value for name, value in event.items() if name in FIELDS}


def told_without_arguments(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A library's line: its template if it has arguments, else only the place it came from."""
    record: logging.LogRecord = event["_record"]
    if not event.pop("positional_args", None):
        event["event"] = "message withheld"
    event["at"] = f"{record.name}:{record.lineno}"
    return event


def exception_without_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Type and places of an exception; its message may quote a row ("Key (email)=...")."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = type(error).__qualname__
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


SHARED: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def formatter() -> logging.Formatter:
    return ProcessorFormatter(
        foreign_pre_chain=[*SHARED, told_without_arguments],
        keep_exc_info=False,
        keep_stack_info=False,
        processors=[
            exception_without_message,
            ProcessorFormatter.remove_processors_meta,
            allowed,
            structlog.processors.JSONRenderer(),
        ],
        use_get_message=False,
        pass_foreign_args=True,
    )


class LateStream(logging.StreamHandler[Any]):
    """Writes to what `sys.stderr` is now, so that a redirected stream is followed."""

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _value: Any) -> None:
        """The stream is always the present one."""


def configure(settings: Mapping[str, Any]) -> None:
    """`LOGGING_CONFIG`: every logger speaks through one handler; Django's own are taken away."""
    handler = LateStream()
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers = [*(h for h in root.handlers if not isinstance(h, LateStream)), handler]
    root.setLevel(logging.WARNING)
    for name in ("django", "django.server"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("telehealth").setLevel(settings["level"])
    for ours in ("accounts", "scheduling"):
        logging.getLogger(ours).setLevel(settings["level"])
    logging.captureWarnings(False)
    structlog.configure(
        processors=[*SHARED, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
