"""The columns of an event in SQL and Parquet: names, types, order. The contract is docs/explanation/formats.md, section 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

OBJECTS_TYPE = 'STRUCT("type" VARCHAR, id VARCHAR)[]'

COLUMNS: dict[str, str] = {
    "source": "VARCHAR",
    "id": "VARCHAR",
    "type": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "occurred_end": "TIMESTAMP",
    "local_on": "DATE",
    "precision": "VARCHAR",
    "zone": "VARCHAR",
    "object_type": "VARCHAR",
    "object_id": "VARCHAR",
    "objects": OBJECTS_TYPE,
    "performer": "VARCHAR",
    "place": "VARCHAR",
    "channel": "VARCHAR",
    "corrects": "VARCHAR",
    "voids": "BOOLEAN",
    "revision": "BIGINT",
    "recorded_at": "TIMESTAMP",
    "batch": "BIGINT",
}

ATTRIBUTE_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",
    "date": "DATE",
    "money": "BIGINT",
    "token": "VARCHAR",
}

# Attributes with a meaning of their own wherever they occur.
KNOWN_ATTRIBUTES = {"score": "number", "scale": "number", "said": "token"}

PRECISIONS = ("second", "minute", "hour", "day", "month", "unknown")
UNDATED = "undated"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def attribute_columns(columns: Iterable[str]) -> list[str]:
    """The names of the attributes among these columns, sorted: `attr_score` gives `score`."""
    return sorted(column.removeprefix("attr_") for column in columns if column.startswith("attr_"))


def all_columns(attributes: Mapping[str, str]) -> dict[str, str]:
    """Every column and its DuckDB type, attributes (name to type of attribute) last and by name."""
    return COLUMNS | {f"attr_{name}": ATTRIBUTE_TYPES[attributes[name]] for name in sorted(attributes)}


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Refuse names that are no identifiers and types that do not exist.

    Raises:
        LastMeterError: `journal.attribute_name`, `journal.attribute_type`.
    """
    for name, kind in attributes.items():
        if not _NAME.fullmatch(name):
            raise LastMeterError(
                "journal.attribute_name",
                Title("属性名“{name}”不合规", "“{name}” cannot be the name of an attribute"),
                Title("用小写字母、数字和下划线，以字母开头", "Use lower-case letters, digits and underscores"),
                name=name,
            )
        wanted = KNOWN_ATTRIBUTES.get(name, kind)
        if kind not in ATTRIBUTE_TYPES or kind != wanted:
            raise attribute_conflict(name, kind, wanted if kind in ATTRIBUTE_TYPES else ", ".join(ATTRIBUTE_TYPES))


def attribute_conflict(name: str, given: str, known: str) -> LastMeterError:
    """The error for an attribute that is declared with another type than it has."""
    return LastMeterError(
        "journal.attribute_type",
        Title(
            "属性“{name}”的类型是 {known}，不能写成 {given}",
            "The attribute “{name}” has the type {known}, it cannot be {given}",
        ),
        Title("第一次声明的类型一直有效；请换一个属性名", "The first declared type holds; choose another name"),
        name=name,
        given=given,
        known=known,
    )
