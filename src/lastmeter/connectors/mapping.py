"""The mapping `sources/NAME.toml`: which columns of which table say what happened (docs: formats, section 4).

`load_mapping` gives a checked, immutable model, `check_mapping` every problem with its line. What the model cannot
express is not in the grammar: unknown keys are errors.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from lastmeter.connectors import mapping_words as words
from lastmeter.connectors.cells_sql import SERIALS
from lastmeter.connectors.mapping_words import Place
from lastmeter.connectors.status_lists import status_lists, statuses
from lastmeter.kernel.clock import zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.kernel.toml_file import read_toml

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


class Problem(NamedTuple):
    """Something wrong in a mapping, and how to mend it."""

    path: Path
    line: int
    code: str
    message: Title
    hint: Title

    def as_error(self) -> LastMeterError:
        """The problem as the error that `load_mapping` raises."""
        braces = str.maketrans({"{": "{{", "}": "}}"})
        return LastMeterError(
            self.code,
            Title(f"{{file}} 第 {{line}} 行：{self.message.zh.translate(braces)}",
                  f"{{file}}, line {{line}}: {self.message.en.translate(braces)}"),
            Title(self.hint.zh.translate(braces), self.hint.en.translate(braces)),
            file=self.path.name, line=self.line,
        )


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


def load_mapping(path: Path) -> Mapping:
    """The mapping in a file.

    Raises:
        LastMeterError: `toml.*` if it cannot be read at all; `mapping.*`, the first problem with file, line and how to
            mend it; `check_mapping` has all.
    """
    mapping, problems = _read(path)
    if problems or mapping is None:
        raise problems[0].as_error()
    return _spelt_out(mapping)


def check_mapping(path: Path) -> list[Problem]:
    """Every problem of a mapping file, in the order of its lines; empty if it can be used.

    Raises:
        LastMeterError: `toml.*` if it cannot be read at all.
    """
    return _read(path)[1]


def _read(path: Path) -> tuple[Mapping | None, list[Problem]]:
    file = read_toml(path)
    try:
        mapping = Mapping.model_validate(file.values)
    except ValidationError as error:
        problems = [Problem(path, file.line_of(*place), code, message, hint)
                    for place, code, message, hint in words.explain(error, Mapping)]
        return None, sorted(problems, key=lambda problem: problem.line)
    problems = [Problem(path, file.line_of(*place), f"mapping.{code}", *words.said(code, **places))
                for place, code, places in _contradictions(mapping)]
    return mapping, sorted(problems, key=lambda problem: problem.line)


def _spelt_out(mapping: Mapping) -> Mapping:
    """The mapping with a rule for each meaning in place of a rule with `statuses`."""
    if all(rule.statuses is None for table in mapping.table for rule in table.event):
        return mapping
    tables = [table.model_copy(update={"event": [one for rule in table.event for one in _meanings(rule)]}) for table in mapping.table]
    return mapping.model_copy(update={"table": tables})


def _meanings(rule: EventRule) -> list[EventRule]:
    if rule.statuses is None:
        return [rule]
    return [
        rule.model_copy(update={"type": rule.type.removesuffix("*") + code, "statuses": None,
                                "when": {**rule.when, rule.statuses.column: [*words]}})
        for code, words in statuses(rule.statuses.list).items()
    ]


_Found = tuple[Place, str, dict[str, object]]


def _contradictions(mapping: Mapping) -> Iterator[_Found]:
    """What each part allows and the whole does not."""
    yield from _zone_problem(mapping.source.zone, ("source", "zone"))
    yield from _database_problems(mapping)
    types: dict[str, str] = {}
    names: set[str] = set()
    for number, table in enumerate(mapping.table):
        here: Place = ("table", number)
        if table.name in names:
            yield (*here, "name"), "table_twice", {"name": table.name}
        names.add(table.name)
        if mapping.source.watermark == "column" and table.watermark is None:
            yield here, "watermark_column", {"table": table.name}
        yield from _same_ids(table, here)
        for position, rule in enumerate(table.event):
            yield from _rule_problems(rule, mapping.source, (*here, "event", position), types)


def _database_problems(mapping: Mapping) -> Iterator[_Found]:
    source = mapping.source
    if source.url is not None and re.search(r"://[^/@]*:[^/@]*@|password=", source.url):
        yield ("source", "url"), "url_password", {}
    if source.url is not None and source.url_env is not None:
        yield ("source", "url_env"), "url_twice", {}
    for number, table in enumerate(mapping.table):
        selects = [one for one in (table.query, table.from_) if one is not None]
        if len(selects) > 1:
            yield ("table", number, "query"), "query_twice", {"table": table.name}
        if source.is_database and not selects:
            yield ("table", number), "query_missing", {"table": table.name}
        if not source.is_database and (selects or table.incremental is not None):
            yield ("table", number), "query_without_url", {"table": table.name}


def _same_ids(table: Table, here: Place) -> Iterator[_Found]:
    """Two unconditional events of a row that would bear one id."""
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    for position, rule in enumerate(table.event):
        kind = "" if table.keep_id else rule.type
        identity = (kind, next(iter(rule.objects)) if kind == DESCRIBED else "", tuple(rule.occurrence))
        if rule.when:
            continue
        if identity in seen:
            yield (*here, "event", position, "type"), "event_twice", {"type": rule.type}
        seen.add(identity)


def _rule_problems(rule: EventRule, source: Source, here: Place, types: dict[str, str]) -> Iterator[_Found]:
    if rule.type.endswith("*") != (rule.statuses is not None):
        yield (*here, "type"), "statuses_type", {"type": rule.type}
    if rule.statuses is not None and rule.statuses.list not in status_lists():
        yield (*here, "statuses"), "statuses_unknown", {"list": rule.statuses.list, "lists": ", ".join(status_lists())}
    if isinstance(rule.zone, str):
        yield from _zone_problem(rule.zone, (*here, "zone"))
    yield from _precision_problem(rule.precision, rule.format, (*here, "precision"))
    for name, template in (("performer", rule.performer), ("place", rule.place), ("channel", rule.channel)):
        if template is not None and ("{" in _TEMPLATE.sub("", template) or "}" in _TEMPLATE.sub("", template)):
            yield (*here, name), "template", {"template": template}
    for name, where in rule.object_columns().items():
        if where.personal and where.split is not None:
            yield (*here, "objects", name), "split_personal", {"name": name}
    for column, values in rule.when.items():
        if isinstance(values, str) and values not in ("empty", "!empty"):
            yield (*here, "when"), "when_word", {"column": column, "word": values}
        elif isinstance(values, list) and not values:
            yield (*here, "when"), "when_nothing", {"column": column}
    for name, attribute in rule.attributes.items():
        yield from _attribute_problems(name, attribute, source, (*here, "attributes", name))
    for name, promise in rule.promise.items():
        if promise.zone is not None:
            yield from _zone_problem(promise.zone, (*here, "promise", name))
        yield from _precision_problem(promise.precision, promise.format, (*here, "promise", name))
    for name, kind in rule_attribute_types(rule).items():
        if types.setdefault(name, kind) != kind:
            yield (*here, "attributes", name), "attribute_type", {"name": name, "type": kind, "first": types[name]}


def _attribute_problems(name: str, attribute: Attribute, source: Source, here: Place) -> Iterator[_Found]:
    if (attribute.column is None) == (attribute.value is None):
        yield here, "attribute_origin", {"name": name}
    if attribute.value is not None and attribute.type not in ("text", "integer", "number", "boolean"):
        yield here, "attribute_constant", {"name": name, "type": attribute.type}
    if attribute.type == "money" and attribute.currency is None and source.currency is None:
        yield here, "currency_missing", {"name": name}
    if attribute.type != "money" and attribute.currency is not None:
        yield here, "currency_useless", {"name": name}
    if name.startswith("promised_"):
        yield here, "attribute_reserved", {"name": name}
    if name == "said" and attribute.type != "said":
        yield here, "said_type", {}


def _zone_problem(zone: str, here: Place) -> Iterator[_Found]:
    try:
        zone_named(zone)
    except LastMeterError:
        yield here, "zone_unknown", {"zone": zone}


def _precision_problem(precision: str, time_format: str | None, here: Place) -> Iterator[_Found]:
    """A format without an hour cannot yield times finer than a day."""
    if time_format and time_format not in SERIALS and precision in FINER_THAN_DAY and not re.search(r"%[-]?[HITcXs]|%-?I", time_format):
        yield here, "precision_impossible", {"precision": precision, "format": time_format}
