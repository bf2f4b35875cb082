"""What each part of a mapping allows and the whole does not: names twice, unknown zones, a database without a query."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lastmeter.connectors.cells_sql import SERIALS
from lastmeter.connectors.mapping import (
    DESCRIBED,
    FINER_THAN_DAY,
    Attribute,
    EventRule,
    Mapping,
    Source,
    Table,
    rule_attribute_types,
    template_parts,
)
from lastmeter.connectors.mapping_words import Place
from lastmeter.connectors.status_lists import status_lists
from lastmeter.kernel.clock import zone_named
from lastmeter.kernel.errors import LastMeterError

Found = tuple[Place, str, dict[str, object]]
"""Where, which of `mapping_words`, and what fills its places."""


def contradictions(mapping: Mapping) -> Iterator[Found]:
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


def _database_problems(mapping: Mapping) -> Iterator[Found]:
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


def _same_ids(table: Table, here: Place) -> Iterator[Found]:
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


def _rule_problems(rule: EventRule, source: Source, here: Place, types: dict[str, str]) -> Iterator[Found]:
    if rule.type.endswith("*") != (rule.statuses is not None):
        yield (*here, "type"), "statuses_type", {"type": rule.type}
    if rule.statuses is not None and rule.statuses.list not in status_lists():
        yield (*here, "statuses"), "statuses_unknown", {"list": rule.statuses.list, "lists": ", ".join(status_lists())}
    if isinstance(rule.zone, str):
        yield from _zone_problem(rule.zone, (*here, "zone"))
    yield from _precision_problem(rule.precision, rule.format, (*here, "precision"))
    for name, template in (("performer", rule.performer), ("place", rule.place), ("channel", rule.channel)):
        if template is not None and any({"{", "}"} & {*text} for text, is_column in template_parts(template) if not is_column):
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


def _attribute_problems(name: str, attribute: Attribute, source: Source, here: Place) -> Iterator[Found]:
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


def _zone_problem(zone: str, here: Place) -> Iterator[Found]:
    try:
        zone_named(zone)
    except LastMeterError:
        yield here, "zone_unknown", {"zone": zone}


def _precision_problem(precision: str, time_format: str | None, here: Place) -> Iterator[Found]:
    """A format without an hour cannot yield times finer than a day."""
    if time_format and time_format not in SERIALS and precision in FINER_THAN_DAY and not re.search(r"%[-]?[HITcXs]|%-?I", time_format):
        yield here, "precision_impossible", {"precision": precision, "format": time_format}
