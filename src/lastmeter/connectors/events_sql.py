"""One row to its events, in SQL: ids, intervals, objects, performers, promises, values, and what is wrong with each.

Nothing here runs; `EventQuery` is text. Its relation has the journal's event columns up to `revision`, the attributes
(`attr_*`), the row's number and `fault`: NULL, or the number of what is wrong with the event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lastmeter.connectors import cells_sql
from lastmeter.connectors.engine import quoted
from lastmeter.connectors.mapping import (
    DESCRIBED,
    FINER_THAN_DAY,
    Attribute,
    EventRule,
    ObjectColumn,
    Promise,
    Source,
    Table,
    Unless,
    ZoneColumn,
    template_parts,
)
from lastmeter.connectors.rows_sql import RowColumns, TimeColumns, Zone

# Ends the id of the correction that voids an event whose cell a later export left empty.
EMPTIED = "~emptied"
# What happened cannot lie further ahead than clocks and planners err; what was promised may.
EVENT_HORIZON = timedelta(days=2 * 366)
PROMISE_HORIZON = timedelta(days=10 * 366)
_EARLIEST = "TIMESTAMP '1970-01-02'"
_TYPES = {
    "text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "time": "TIMESTAMP",
    "date": "DATE", "money": "BIGINT", "token": "VARCHAR",
}
_READERS = {"integer": cells_sql.integer, "number": cells_sql.number, "boolean": cells_sql.boolean}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that sets an event aside: its code, the column to blame, the type or time format that it should hold."""

    code: str
    column: str
    type: str = ""
    format: str | None = None


@dataclass(slots=True)
class EventQuery:
    """The SQL of one event rule: an event of each row that meets all of `when` (`conditions` are those on a column's
    values); `time` is there for a dated one.
    """

    rule: EventRule
    columns: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    when: list[str] = field(default_factory=list)
    conditions: dict[str, str] = field(default_factory=dict)
    time: TimeColumns | None = None

    def outcome(self, attributes: Mapping[str, str], numbers: Mapping[Fault, int]) -> dict[str, str]:
        """What an event of this rule has in each column, those of all attributes of the table and `fault` with them;
        `numbers` are what `fault` says.
        """
        columns = {name: expression for name, expression in self.columns.items() if not name.startswith("attr_")}
        for name, kind in sorted(attributes.items()):  # one order for all rules: their events are put on each other
            columns[f"attr_{name}"] = self.columns.get(f"attr_{name}", f"CAST(NULL AS {_TYPES[kind]})")
        cases = " ".join(f"WHEN {condition} THEN {numbers[fault]}" for condition, fault in self.faults)
        return columns | {"fault": f"CASE {cases} END"}

    def when_but(self, column: str) -> list[str]:
        """The conditions other than that on the values of a column."""
        return [condition for condition in self.when if condition != self.conditions.get(column)]

    def emptied(self, attributes: Mapping[str, str]) -> str | None:
        """The events that rows of this rule tell of no more, as corrections that void them: the cell of the time is
        empty and nothing else keeps the row from telling. None for a rule whose events need no time.
        """
        if self.time is None or self.rule.undated:
            return None
        cell = self.when[0].removesuffix(" IS NOT NULL")
        whole = [f"NOT coalesce({condition}, false)" for condition, fault in self.faults if fault.code.endswith("_missing")]
        unknown = {"occurred_at": "TIMESTAMP", "occurred_end": "TIMESTAMP", "local_on": "DATE", "performer": "VARCHAR",
                   "place": "VARCHAR", "channel": "VARCHAR"}
        columns = {
            **{name: sql for name, sql in self.columns.items() if not name.startswith("attr_")},
            **{name: f"CAST(NULL AS {kind})" for name, kind in unknown.items()},
            "precision": "'unknown'", "corrects": self.columns["id"], "id": f"{self.columns['id']} || '{EMPTIED}'",
            "voids": "true",
            **{f"attr_{name}": f"CAST(NULL AS {_TYPES[kind]})" for name, kind in sorted(attributes.items())},
        }
        listed = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
        return f"SELECT {listed} FROM parsed WHERE {' AND '.join([f'{cell} IS NULL', *self.when[1:], *whole])}"


class EventCompiler:
    """Writes the SQL of a table's rules over shared `rows`. `tokens` maps (kind, cell) to the column of its tokens."""

    def __init__(self, source: Source, table: Table, rows: RowColumns, tokens: Mapping[tuple[str, str], str],
                 at: datetime) -> None:
        self.source = source
        self.table = table
        self.rows = rows
        self.tokens = tokens
        self.at = at

    def compile(self, rule: EventRule) -> EventQuery:
        """The query of one rule. Columns come in the journal's order."""
        query = EventQuery(rule)
        self._conditions(query)
        self._required_cells(query)
        columns = query.columns
        columns |= {"source": quoted(self.source.name), "id": self._id(rule), "type": quoted(rule.type)}
        zone = self._zone(query)
        self._time(query, zone)
        self._objects(query)
        for name, template in (("performer", rule.performer), ("place", rule.place), ("channel", rule.channel)):
            columns[name] = self._template(template)
        columns |= {"corrects": "CAST(NULL AS VARCHAR)", "voids": "false"}
        columns["revision"] = self._revision(query)
        for name, attribute in rule.attributes.items():
            self._attribute(query, name, attribute, zone)
        for name, promise in rule.promise.items():
            self._promise(query, name, promise, zone)
        return query

    def _cell(self, column: str) -> str:
        return self.rows.cells[column]

    def _conditions(self, query: EventQuery) -> None:
        rule = query.rule
        if rule.is_dated and not rule.undated:
            query.when.append(f"{self._cell(rule.at)} IS NOT NULL")
        for column, values in rule.when.items():
            cell = self._cell(column)
            if isinstance(values, Unless):
                condition = f"coalesce({cell} NOT IN ({_listed(values.not_)}), true)"
            elif isinstance(values, list):
                condition = f"{cell} IN ({_listed(values)})"
            else:
                condition = f"{cell} IS {'NOT ' if values == '!empty' else ''}NULL"
            query.conditions[column] = condition
            query.when.append(condition)

    def _required_cells(self, query: EventQuery) -> None:
        for column in dict.fromkeys([*self.table.key, *query.rule.occurrence]):
            query.faults.append((f"{self._cell(column)} IS NULL", Fault("key_missing", column)))
        if self.table.keep_id:
            query.faults.append((f"substr({self._id(query.rule)}, -17, 1) = '~'", Fault("id_reserved", self.table.key[0])))
        primary = next(iter(query.rule.object_columns().values()))
        for column in dict.fromkeys([*self.table.key, primary.column]):
            query.faults.append((cells_sql.rounded_id(self._cell(column)), Fault("id_rounded", column)))
        if primary.column not in (*self.table.key, *query.rule.occurrence):
            query.faults.append((f"{self._cell(primary.column)} IS NULL", Fault("object_missing", primary.column)))

    def _id(self, rule: EventRule) -> str:
        cells = [self._cell(column) for column in (*self.table.key, *rule.occurrence)]
        if self.table.keep_id and len(cells) == 1:
            return cells[0]
        parts = [f"({cells_sql.key_part(cell)})" for cell in cells]
        # What is described is an object: a customer and a seller numbered alike are two.
        kind = f"{rule.type}:{next(iter(rule.objects))}" if rule.type == DESCRIBED else rule.type
        return " || ':' || ".join([*([] if self.table.keep_id else [quoted(kind)]), *parts])

    def _zone(self, query: EventQuery) -> Zone:
        declared = query.rule.zone
        if isinstance(declared, ZoneColumn):
            zone = self.rows.zone(None, declared.column)
            query.faults.append((f"NOT {zone.is_known}", Fault("zone_unknown", declared.column)))
            return zone
        return self.rows.zone(declared or self.source.zone)

    def _time(self, query: EventQuery, zone: Zone) -> None:
        rule, columns = query.rule, query.columns
        if not rule.is_dated:
            columns |= {"occurred_at": "CAST(NULL AS TIMESTAMP)", "occurred_end": "CAST(NULL AS TIMESTAMP)",
                        "local_on": "CAST(NULL AS DATE)", "precision": "'unknown'", "zone": zone.name}
            return
        time = query.time = self.rows.time(rule.at, rule.format, rule.precision, zone)
        cell = self._cell(rule.at)
        self._time_faults(query, time, rule.at, rule.format, rule.precision, EVENT_HORIZON)
        precision = quoted(rule.precision)
        columns |= {
            "occurred_at": time.start, "occurred_end": time.end, "local_on": f"CAST({time.local} AS DATE)",
            "precision": f"CASE WHEN {cell} IS NULL THEN 'unknown' ELSE {precision} END" if rule.undated else precision,
            "zone": zone.name,
        }

    def _time_faults(self, query: EventQuery, time: TimeColumns, column: str, time_format: str | None, precision: str,
                     horizon: timedelta) -> None:
        cell = self._cell(column)
        latest = f"TIMESTAMP '{self.at + horizon}'"
        query.faults.append((f"{cell} IS NOT NULL AND {time.local} IS NULL", Fault("time_unreadable", column, format=time_format)))
        if precision in FINER_THAN_DAY and time_format is None:
            query.faults.append((f"length({cell}) <= 10 AND NOT contains({cell}, ':')", Fault("time_too_coarse", column)))
        query.faults.append((f"{time.start} < {_EARLIEST}", Fault("time_too_early", column)))
        query.faults.append((f"{time.start} > {latest}", Fault("time_far_future", column)))

    def _objects(self, query: EventQuery) -> None:
        (kind, primary), *others = query.rule.object_columns().items()
        query.columns |= {"object_type": quoted(kind), "object_id": self._object_id(query, primary)}
        if any(where.split is not None for where in (primary, *(where for _, where in others))):
            query.columns["objects"] = self._split_objects(query, (kind, primary), others)
            return
        related = [(kind, self._object_id(query, where, is_primary=False)) for kind, where in others]
        pairs = [f"{{'type': {quoted(kind)}, 'id': {where}}}" for kind, where in related]
        if not pairs:
            objects = "CAST(NULL AS STRUCT(\"type\" VARCHAR, id VARCHAR)[])"
        elif len(pairs) == 1:
            objects = f"CASE WHEN {related[0][1]} IS NOT NULL THEN [{pairs[0]}] END"
        else:
            present = " OR ".join(f"{where} IS NOT NULL" for _, where in related)
            whole = " AND ".join(f"{where} IS NOT NULL" for _, where in related)
            listed = f"[{', '.join(pairs)}]"
            objects = (f"CASE WHEN {whole} THEN {listed} WHEN {present} "
                       f"THEN list_filter({listed}, lambda one: one.id IS NOT NULL) END")
        query.columns["objects"] = objects

    def _split_objects(self, query: EventQuery, primary: tuple[str, ObjectColumn], others: list[tuple[str, ObjectColumn]]) -> str:
        """The related objects where a cell may hold several: each once, in the order of first mention (the order is part of
        the digest), without the primary one.
        """
        lists = []
        for kind, where in (primary, *others):
            ids = (f"string_split({self._cell(where.column)}, {quoted(where.split)})" if where.split is not None
                   else f"[{self._object_id(query, where, is_primary=False)}]")
            lists.append(f"list_transform(coalesce({ids}, []), lambda one: {{'type': {quoted(kind)}, 'id': trim(one)}})")
        named = self.rows.let(f"list_filter(flatten([{', '.join(lists)}]), lambda one: one.id <> '')")
        each = self.rows.let(f"list_filter({named}, lambda one, nth: list_position({named}, one) = nth)[2:]", named)
        return f"CASE WHEN len({each}) > 0 THEN {each} END"

    def _object_id(self, query: EventQuery, where: ObjectColumn, *, is_primary: bool = True) -> str:
        cell = self._cell(where.column)
        if where.split is not None:
            return f"trim(string_split({cell}, {quoted(where.split)})[1])"
        if not where.personal:
            return cell
        token = self.tokens["identity", cell]
        if is_primary:  # of an erased person nothing is told any more
            query.when.append(f"({token} IS NOT NULL OR {cell} IS NULL)")
        return token

    def _template(self, template: str | None) -> str:
        if template is None:
            return "CAST(NULL AS VARCHAR)"
        return " || ".join(self._cell(text) if is_column else quoted(text) for text, is_column in template_parts(template))

    def _revision(self, query: EventQuery) -> str:
        column = self.table.revision
        if column is None:
            return "CAST(NULL AS BIGINT)"
        value = self.rows.let(cells_sql.revision(self._cell(column)))
        query.faults.append((f"{self._cell(column)} IS NOT NULL AND {value} IS NULL", Fault("revision_unreadable", column)))
        return value

    def _attribute(self, query: EventQuery, name: str, attribute: Attribute, zone: Zone) -> None:
        if attribute.column is None:
            query.columns[f"attr_{name}"] = f"CAST({_constant(attribute.value)} AS {_TYPES[attribute.type]})"
            return
        cell = self._cell(attribute.column)
        if attribute.type in ("personal", "said"):
            value = self.tokens[attribute.type, cell]
        elif attribute.type == "money":
            value = self._money(query, name, cell, attribute)
        elif attribute.type == "time":
            time = self.rows.time(attribute.column, attribute.format, "second", zone)
            value = time.start
        elif attribute.type == "date":
            value = self.rows.let(cells_sql.day(cell, attribute.format))
        elif attribute.type == "text":
            value = cell
        else:
            value = self.rows.let(_READERS[attribute.type](cell))
        query.columns[f"attr_{name}"] = value
        if attribute.type not in ("text", "personal", "said"):
            query.faults.append((f"{cell} IS NOT NULL AND {value} IS NULL",
                                 Fault("value_unreadable", attribute.column, attribute.type)))

    def _money(self, query: EventQuery, name: str, cell: str, attribute: Attribute) -> str:
        declared = attribute.currency
        if isinstance(declared, ObjectColumn):
            value, currency, is_known = self.rows.money(cell, None, declared.column)
            query.faults.append((f"{cell} IS NOT NULL AND NOT {is_known}", Fault("currency_unknown", declared.column)))
        else:
            value, currency, _ = self.rows.money(cell, declared or self.source.currency, None)
        query.columns[f"attr_{name}_currency"] = f"CASE WHEN {cell} IS NOT NULL THEN {currency} END"
        return value

    def _promise(self, query: EventQuery, name: str, promise: Promise, zone: Zone) -> None:
        """A promised day (or month) holds until it ends; an exact time up to and including itself."""
        if promise.zone is not None:
            zone = self.rows.zone(promise.zone)
        time = self.rows.time(promise.column, promise.format, promise.precision, zone)
        self._time_faults(query, time, promise.column, promise.format, promise.precision, PROMISE_HORIZON)
        if promise.precision in FINER_THAN_DAY:
            on, until = "CAST(NULL AS DATE)", time.start
        elif promise.precision == "day":
            on, until = f"CAST({time.local} AS DATE)", time.end
        else:
            on, until = f"last_day({time.local})", time.end
        query.columns |= {f"attr_promised_{name}_on": on, f"attr_promised_{name}_at": until}


def token_columns(table: Table) -> Iterator[tuple[str, str]]:
    """(kind, column) of everything personal in a table."""
    for rule in table.event:
        for where in rule.object_columns().values():
            if where.personal:
                yield "identity", where.column
        for attribute in rule.attributes.values():
            if attribute.column is not None and attribute.type in ("personal", "said"):
                yield attribute.type, attribute.column


def _listed(values: list[str]) -> str:
    return ", ".join(quoted(value) for value in values)


def _constant(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else quoted(str(value))
