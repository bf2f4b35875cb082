"""The mapping `sources/NAME.toml`: which columns of which table say what happened (docs: formats, section 4).

An immutable model; `mapping_file` reads and checks one. What the model cannot express is not in the grammar: unknown keys
are errors.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Part of every mapping's digest: raise it when the same mapping is to be read differently than before.
READING = 1
DESCRIBED = "object.described"
UNKNOWN = "unknown"

Precision = Literal["second", "minute", "hour", "day", "month"]
AttributeType = Literal["text", "integer", "number", "boolean", "time", "date", "money", "personal", "said"]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
# `parcel.*`: one type for each meaning in a list of statuses.
EventType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\.([a-z][a-z0-9_]*|\*)$")]
Column = Annotated[str, StringConstraints(min_length=1)]
FINER_THAN_DAY = frozenset({"second", "minute", "hour"})
_TEMPLATE = re.compile(r"\{([^{}]+)\}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Words(_Part):
    """A title in both languages."""

    zh: str
    en: str


class Source(_Part):
    """Where the files come from; `currency` is the ISO 4217 code of amounts without one of their own.

    A source that is a database has a `url` (`postgresql://user@host/name`, `sqlite:shop.db`) without a password, or the
    name of the environment variable that holds the whole url, `url_env`.
    """

    name: Code
    title: Words | str
    zone: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    watermark: Literal["last_time", "column", "declared"] = "last_time"
    url: str | None = None
    url_env: str | None = None

    @property
    def is_database(self) -> bool:
        """Whether its tables are read from a database."""
        return self.url is not None or self.url_env is not None


class ObjectColumn(_Part):
    """The column of an object's id; personal ones enter the journal as tokens only. `split` is the text between several
    ids in one cell; of the primary object the first of them is primary, the rest are related.
    """

    column: Column
    personal: bool = False
    split: Annotated[str, StringConstraints(min_length=1)] | None = None


class ZoneColumn(_Part):
    """The column that names each row's zone."""

    column: Column


class Unless(_Part):
    """Every value but these, the empty cell included."""

    not_: Annotated[list[str], Field(alias="not", min_length=1)]


class Attribute(_Part):
    """A typed fact of the event, from a column or the same for all."""

    column: Column | None = None
    value: str | int | float | bool | None = None
    type: AttributeType
    format: str | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | ObjectColumn | None = None


class Promise(_Part):
    """By when something was promised: to the end of a day (or month), or by an exact time."""

    column: Column
    precision: Precision = "second"
    format: str | None = None
    zone: str | None = None


class Statuses(_Part):
    """A column of statuses, and the shipped list that says which event each of them means."""

    column: Column
    list: str


class EventRule(_Part):
    """How a row tells of one event; with `statuses`, of one for each meaning of the list, where `type` ends in `*`."""

    type: EventType
    statuses: Statuses | None = None
    at: Column
    precision: Precision = "second"
    format: str | None = None
    zone: str | ZoneColumn | None = None
    objects: Annotated[dict[Code, Column | ObjectColumn], Field(min_length=1)]
    when: dict[Column, list[str] | str | Unless] = {}
    occurrence: list[Column] = []
    undated: bool = False
    performer: str | None = None
    place: str | None = None
    channel: str | None = None
    attributes: dict[Code, Attribute] = {}
    promise: dict[Code, Promise] = {}

    @property
    def is_dated(self) -> bool:
        """False where the type is always of unknown time."""
        return self.at != UNKNOWN

    def object_columns(self) -> dict[str, ObjectColumn]:
        """Object type to column, in declared order; the first is primary."""
        return {
            kind: ObjectColumn(column=where) if isinstance(where, str) else where
            for kind, where in self.objects.items()
        }

    def columns(self) -> Iterator[str]:
        """Every column that the event reads beside its table's key."""
        if self.is_dated:
            yield self.at
        if isinstance(self.zone, ZoneColumn):
            yield self.zone.column
        yield from (where.column for where in self.object_columns().values())
        yield from self.when
        if self.statuses is not None:
            yield self.statuses.column
        yield from self.occurrence
        for template in (self.performer, self.place, self.channel):
            yield from template_columns(template)
        for attribute in self.attributes.values():
            if attribute.column is not None:
                yield attribute.column
            if isinstance(attribute.currency, ObjectColumn):
                yield attribute.currency.column
        yield from (promise.column for promise in self.promise.values())


class Table(_Part):
    """One kind of file: the files that have all its columns. With `keep_id` the key alone is the event's id: the source
    has given each event one of its own. In a database, `from` names the table (or view) or `query` selects; with
    `incremental`, a column that grows with every change, only rows from the last value read are read again.
    """

    name: Code
    files: str | None = None
    key: Annotated[list[Column], Field(min_length=1)]
    keep_id: bool = False
    revision: Column | None = None
    watermark: Column | None = None
    query: str | None = None
    from_: Annotated[str | None, Field(alias="from")] = None
    incremental: Column | None = None
    event: Annotated[list[EventRule], Field(min_length=1)]

    def columns(self) -> list[str]:
        """Every column that the table reads, once, in the order of first mention."""
        found = dict.fromkeys(self.key)
        for column in (self.revision, self.watermark, self.incremental):
            if column is not None:
                found[column] = None
        for rule in self.event:
            found |= dict.fromkeys(rule.columns())
        return list(found)


class Mapping(_Part):
    """A whole mapping. `digest` is of its meaning: comments, titles and layout do not enter."""

    source: Source
    table: Annotated[list[Table], Field(min_length=1)]

    @property
    def digest(self) -> str:
        """64 hex digits; part of the key under which a chunk counts as read."""
        meaning = self.model_dump(mode="json", by_alias=True)
        del meaning["source"]["title"]
        text = json.dumps([READING, meaning], ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def attribute_types(self) -> dict[str, str]:
        """Every attribute that events of this source can carry, with its type in the journal."""
        found: dict[str, str] = {}
        for table in self.table:
            for rule in table.event:
                found |= rule_attribute_types(rule)
        return found


def template_columns(template: str | None) -> list[str]:
    """The columns that a template names: `carrier:{code}` names `code`."""
    return _TEMPLATE.findall(template) if template else []


def template_parts(template: str) -> list[tuple[str, bool]]:
    """A template cut into (text, is a column)."""
    pieces = _TEMPLATE.split(template)
    return [(piece, bool(position % 2)) for position, piece in enumerate(pieces) if piece]


def rule_attribute_types(rule: EventRule) -> dict[str, str]:
    """Attribute names of one event with their types in the journal: tokens, money with its currency, promises."""
    found: dict[str, str] = {}
    for name, attribute in rule.attributes.items():
        found[name] = "token" if attribute.type in ("personal", "said") else attribute.type
        if attribute.type == "money":
            found[f"{name}_currency"] = "text"
    for name in rule.promise:
        found |= {f"promised_{name}_on": "date", f"promised_{name}_at": "time"}
    return found
