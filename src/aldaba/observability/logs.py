"""Logs: one JSON line a request on standard output, and no secret ever."""

import logging
import sys
import traceback
from pathlib import Path
from typing import TextIO

import msgspec
import structlog

_PACKAGE = Path(__file__).parents[2]
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)


def set_up(stream: TextIO | None = None, level: str = "info") -> None:
    """Configure structlog for the process: JSON, UTC; nothing below ``info``, ``warning`` or ``error``."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _stamped,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stdout),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for earlier in [handler for handler in root.handlers if isinstance(handler, OthersByPlace)]:
        root.removeHandler(earlier)
    root.addHandler(OthersByPlace(logging.WARNING))


class OthersByPlace(logging.Handler):
    """What the libraries complain of, the web server's tracebacks first: by place, never by text."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        trouble = record.exc_info[1] if record.exc_info else None
        if trouble is not None:
            log.error("crash", operation=record.name, trouble=type(trouble).__name__, where=_where(trouble))
        else:
            # Not what was filled in, for it may be what somebody sent.
            log.warning("library", logger=record.name, told=str(record.msg)[:200])


def _where(trouble: BaseException) -> list[str]:
    # Frames only: an exception's own text may quote what a customer typed.
    frames = traceback.extract_tb(trouble.__traceback__)
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-8:]]


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event).decode()


class RequestLog:
    """Writes a line for each request, and what is needed to find a fault without its values.

    To be made after ``set_up``: it writes where that has told structlog to.
    """

    def __init__(self) -> None:
        self._log = structlog.get_logger()
        self._lines = structlog.get_config()["logger_factory"]()
        self._silent = not self._log.is_enabled_for(logging.INFO)

    def write(self, fields: dict[str, object]) -> None:
        if self._silent:
            return
        # What ``info`` would write, without the machinery that takes three times as long as the line itself.
        line = _stamped(self._log, "info", {**fields, "event": "request", "level": "info"})
        self._lines.msg(_json(line))

    def mention(self, fields: dict[str, object]) -> None:
        """The line alone, whoever listens to ``write``."""
        RequestLog.write(self, fields)

    def crash(self, operation: str, trouble: BaseException) -> None:
        self._log.error("crash", operation=operation, trouble=type(trouble).__name__, where=_where(trouble))

    def say(self, event: str, **fields: object) -> None:
        """What went as it should: a start, an end."""
        self._log.info(event, **fields)

    def notice(self, event: str, **fields: object) -> None:
        self._log.warning(event, **fields)


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_PACKAGE)) if path.is_relative_to(_PACKAGE) else path.name
