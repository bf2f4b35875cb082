"""Small pieces of SQL text, made from checked names and bound values alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime


def text(value: str | None) -> str:
    """A text literal; NULL for None."""
    return "NULL::VARCHAR" if value is None else "'" + value.replace("'", "''") + "'"


def instant(value: datetime | None) -> str:
    """A timestamp literal; NULL for None."""
    return "NULL::TIMESTAMP" if value is None else f"TIMESTAMP '{value.isoformat(sep=' ')}'"


def texts(values: Iterable[str]) -> str:
    """A parenthesised list for IN; it matches nothing if there are no values."""
    return "(" + (", ".join(text(value) for value in values) or "NULL") + ")"


def columns(expressions: Mapping[str, str]) -> str:
    """`expression AS name, ...`, one a line."""
    return ",\n  ".join(f"{expression} AS {quoted(name)}" for name, expression in expressions.items())


def struct(fields: Mapping[str, str]) -> str:
    """A struct value."""
    return "{" + ", ".join(f"{text(name)}: {expression}" for name, expression in fields.items()) + "}"


def quoted(name: str) -> str:
    """An identifier."""
    return '"' + name.replace('"', '""') + '"'


def seconds_between(earlier: str, later: str) -> str:
    """Elapsed seconds as DOUBLE, to the microsecond."""
    return f"((epoch_us({later}) - epoch_us({earlier})) / 1e6)"


def local_date(moment: str, zone: str) -> str:
    """The local date of a UTC instant."""
    return f"timezone({zone}, timezone('UTC', {moment}))::DATE"


def day_end(day: str, zone: str) -> str:
    """The UTC instant at which a local day ends."""
    return f"timezone({zone}, ({day} + 1)::TIMESTAMP)::TIMESTAMP"
