"""The log: one JSON object a line, with the request's id and never a value of a customer."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON; of an exception it keeps its type and where it was raised, not its text, which may
    quote a value. So it does where a library hands an exception, a connection or the like to its message: these would name
    hosts and users.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname, "logger": record.name, "message": _said(record),
        }
        if (error := _error_in(record)) is not None:
            line["error"] = type(error).__name__
        if (request := request_id.get()) is not None:
            line["request_id"] = request
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-6:]
            line["error"] = record.exc_info[0].__name__
            line["raised"] = [f"{frame.filename.rpartition('lastmeter/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False, default=str)


def _said(record: logging.LogRecord) -> str:
    """The message, its places filled with plain values; of anything else with the name of its type."""
    args = record.args
    if isinstance(args, Mapping):
        return str(record.msg) % {name: _plain(value) for name, value in args.items()}
    return str(record.msg) % tuple(map(_plain, args)) if args else _text(record.msg)


def _text(message: object) -> str:
    return type(message).__name__ if isinstance(message, BaseException) else str(message)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | UUID | date | Path) else type(value).__name__


def _error_in(record: logging.LogRecord) -> BaseException | None:
    values = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
    return next((value for value in values if isinstance(value, BaseException)), None)
