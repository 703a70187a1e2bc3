"""Logs: one JSON line a request on standard output, and no secret ever."""

import logging
import sys
import traceback
from pathlib import Path
from typing import TextIO

import msgspec
import structlog

_PACKAGE = Path(__file__).parent.parent


def set_up(stream: TextIO | None = None) -> None:
    """Configure structlog for the process: JSON, UTC times."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stdout),
        cache_logger_on_first_use=True,
    )


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event).decode()


class RequestLog:
    """Writes a line for each request, and what is needed to find a fault without its values."""

    def __init__(self) -> None:
        self._log = structlog.get_logger()

    def write(self, fields: dict[str, object]) -> None:
        self._log.info("request", **fields)

    def crash(self, operation: str, trouble: BaseException) -> None:
        # Frames only: an exception's own text may quote what a customer typed.
        frames = traceback.extract_tb(trouble.__traceback__)
        where = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
        self._log.error("crash", operation=operation, trouble=type(trouble).__name__, where=where)

    def notice(self, event: str, **fields: object) -> None:
        self._log.warning(event, **fields)


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_PACKAGE)) if path.is_relative_to(_PACKAGE) else path.name
