"""The typed columns that a table's events share, as layers of SQL: each value is worked out once a row.

`RowColumns` collects expressions over the cells and hands out the names of their columns; an expression that uses such
names lands in the layer above them, so that no engine has to find the common parts itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lastmeter.connectors import cells_sql, zones_sql
from lastmeter.connectors.engine import quoted
from lastmeter.connectors.mapping import FINER_THAN_DAY, Precision
from lastmeter.kernel.clock import zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.money import exponent

_STEP = {"minute": "INTERVAL '1 minute'", "hour": "INTERVAL '1 hour'", "day": "INTERVAL '1 day'", "month": "INTERVAL '1 month'"}


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """SQL of one time: `local` start by the clock there (NULL: not readable), `start` and exclusive `end` in UTC; `end` is
    NULL for an instant.
    """

    local: str
    start: str
    end: str


class Zone:
    """The zone of a time: one name, or a cell of each row with the values that occur in it."""

    def __init__(self, name: str | None, cell: str | None = None, values: Collection[str] = ()) -> None:
        self.cell = cell
        self.names = [name] if name is not None else sorted(value for value in values if _is_zone(value))
        self.name = quoted(name) if name is not None else str(cell)

    @property
    def is_known(self) -> str | None:
        """SQL of whether the row's zone is one; NULL-safe; nothing to ask of a fixed one."""
        if self.cell is None:
            return None
        listed = ", ".join(quoted(name) for name in self.names)
        return f"coalesce({self.cell} IN ({listed}), false)" if listed else "false"

    def utc_of_local(self, column: str) -> str:
        """UTC TIMESTAMP of a column of local times."""
        return self._each({name: zones_sql.utc_of_local(column, name) for name in self.names})

    def local_of_utc(self, column: str) -> str:
        """Local TIMESTAMP of a column of UTC instants."""
        return self._each({name: zones_sql.local_of_utc(column, name) for name in self.names})

    def _each(self, expressions: Mapping[str, str]) -> str:
        if self.cell is None:
            return next(iter(expressions.values()))
        if not expressions:
            return "CAST(NULL AS TIMESTAMP)"
        cases = " ".join(f"WHEN {quoted(name)} THEN {expression}" for name, expression in expressions.items())
        return f"CASE {self.cell} {cases} END"


@dataclass(slots=True)
class RowColumns:
    """The shared columns of one chunk. `cells` maps column names to c0, c1, ...; `aware` are the cells that state their
    own offset somewhere; `distinct` holds the values of zone and currency columns.
    """

    cells: Mapping[str, str]
    aware: Collection[str] = ()
    distinct: Mapping[str, Collection[str]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _layer_of: dict[str, int] = field(default_factory=dict)

    def let(self, expression: str, *uses: str) -> str:
        """The name of the column that holds an expression over cells and the named columns that it uses."""
        if expression in self._names:
            return self._names[expression]
        name = f"v{len(self._names)}"
        self._names[expression] = name
        self._layer_of[name] = 1 + max((self._layer_of.get(used, -1) for used in uses), default=-1)
        return name

    def select(self, source: str) -> str:
        """SQL of the source relation with every column handed out so far."""
        query = source
        for layer in sorted(set(self._layer_of.values())):
            added = ", ".join(f"{expression} AS {name}" for expression, name in self._names.items()
                              if self._layer_of[name] == layer)
            query = f"(SELECT *, {added} FROM {query})"
        return f"SELECT * FROM {query}"

    def zone(self, name: str | None, column: str | None = None) -> Zone:
        """A fixed zone, or that of a column."""
        return Zone(name) if column is None else Zone(None, self.cells[column], self.distinct.get(column, ()))

    def time(self, column: str, time_format: str | None, precision: Precision, zone: Zone) -> TimeColumns:
        """A time of some precision in a zone."""
        cell = self.cells[column]
        shown = self.let(cells_sql.clock(cell, time_format, precision))
        exact, utc = shown, None
        if time_format is not None and cells_sql.states_offset(time_format):
            utc = shown
            exact = self.let(zone.local_of_utc(utc), utc)
        elif time_format is None and cell in self.aware:
            utc = self.let(cells_sql.instant(cell))
            exact = self.let(f"CASE WHEN {utc} IS NULL THEN {shown} ELSE {zone.local_of_utc(utc)} END", utc, shown)
        if precision == "second":
            return TimeColumns(exact, self._start(exact, exact, utc, zone), "CAST(NULL AS TIMESTAMP)")
        local = self.let(f"date_trunc('{precision}', {exact})", exact)
        if precision in FINER_THAN_DAY:
            start = self._start(local, exact, utc, zone)
            return TimeColumns(local, start, f"({start} + {_STEP[precision]})")
        following = self.let(f"{local} + {_STEP[precision]}", local)
        start = self._start(local, exact, None, zone)
        return TimeColumns(local, start, self.let(zone.utc_of_local(following), following))

    def _start(self, local: str, exact: str, utc: str | None, zone: Zone) -> str:
        """UTC of a local start; where the cell stated its instant, that one, moved back as far as the clock was."""
        start = zone.utc_of_local(local)
        if utc is None:
            return self.let(start, local)
        return self.let(f"CASE WHEN {utc} IS NULL THEN {start} ELSE {utc} - ({exact} - {local}) END", local, exact, utc)

    def money(self, cell: str, currency: str | None, currency_column: str | None) -> tuple[str, str, str | None]:
        """Minor units, the currency's SQL, and (for a column's currency) whether it is one."""
        if currency_column is None:
            return self.let(cells_sql.money(cell, str(currency))), quoted(str(currency)), None
        where = self.cells[currency_column]
        known = sorted(code for code in self.distinct.get(currency_column, ()) if _is_currency(code))
        if not known:
            return "CAST(NULL AS BIGINT)", where, "false"
        cases = " ".join(f"WHEN {quoted(code)} THEN {cells_sql.money(cell, code)}" for code in known)
        listed = ", ".join(quoted(code) for code in known)
        return self.let(f"CASE {where} {cases} END"), where, f"coalesce({where} IN ({listed}), false)"


def _is_zone(name: str) -> bool:
    try:
        zone_named(name)
    except LastMeterError:
        return False
    return True


def _is_currency(code: str) -> bool:
    try:
        exponent(code)
    except LastMeterError:
        return False
    return True
