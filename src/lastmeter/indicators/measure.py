"""From fact tables to figures: one grouped query an indicator, then numpy for the intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from lastmeter.indicators import posts, registry
from lastmeter.indicators.coverage import Coverage, common_coverage, coverage_of
from lastmeter.indicators.encoding import Encoded, combined, encoded, numbers
from lastmeter.indicators.estimates import AGGREGATIONS, Estimate, Rows
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.happened import happenings_of
from lastmeter.indicators.indicator import AS_OF, COLUMNS, Indicator
from lastmeter.indicators.intervals import INDEPENDENT, Design, Floats, Integers, share_design
from lastmeter.indicators.maturity import Maturity
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Grain, Period, parse_period, period_of
from lastmeter.kernel.titles import Title

GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")


def measure(
    facts: Facts, code: str | Indicator, *, by: Sequence[str] = (), period: Period | None = None,
    maturity: Maturity | None = None,
) -> list[Figure]:
    """The figures of an indicator, one a group, sorted by their keys (rows without a value there come last).

    Args:
        facts: narrow them first where only a place or a kind is wanted.
        code: an indicator of the catalogue, or an indicator itself.
        by: columns of its table, or day, week, month, quarter, year of the day that dates it (`dated_by`); post and
            department for every table, see `indicators.posts`.
        period: only rows dated within; rows without a date are then left out.
        maturity: of these facts, where it is known already; it is worked out else.

    Without `by` there is always one figure, even of nothing.

    Raises:
        LastMeterError: `indicator.unknown`, `indicator.dimension_unknown`.
    """
    indicator = registry.get(code) if isinstance(code, str) else code
    grain = _grain(indicator, by)
    if posts.by_owner(indicator, by):
        figures = posts.figures_by_owner(
            facts, indicator, by, lambda part, others: measure(part, indicator, by=others, period=period, maturity=maturity)
        )
        return sorted(figures, key=lambda figure: _sort_key(figure.keys))
    columns = [column for column in by if column not in GRAINS]
    table = _grouped(facts, indicator, columns, period)
    groups = _group(table, by, columns, grain)
    rows = _rows(table, indicator.per)
    overall = _overall_design(indicator, rows)
    coverage = coverage_of(facts, indicator, table, groups.index, groups.keys, period)
    maturity = maturity or Maturity.of(facts, indicator)
    figures = []
    told = facts.told.issuperset(indicator.events)
    for keys, chosen, covered in zip(groups.keys, groups.members(), coverage, strict=True):
        estimate = AGGREGATIONS[indicator.aggregation](rows.at(chosen), overall)
        last = _last_day(keys, grain, period)
        figures.append(_figure(indicator, keys, estimate, covered, told=told, mature=maturity.reached(last)))
    if not figures and not by:
        nothing = AGGREGATIONS[indicator.aggregation](rows, INDEPENDENT)
        mature = maturity.reached(period.last if period else None)
        figures.append(_figure(indicator, {}, nothing, common_coverage(()), told=told, mature=mature))
    return figures


def rows_of(facts: Facts, indicator: Indicator, period: Period | None = None) -> Frame:
    """The rows that a figure is made of, lazily: what a figure opens to. Has `as_of` and derived columns besides."""
    frame: Frame = happenings_of(facts) if indicator.table == "happenings" else getattr(facts, indicator.table)
    if posts.POST in COLUMNS[indicator.table]:
        frame = frame.with_columns(posts.department_of(facts).alias(posts.DEPARTMENT))
    if indicator.derive is not None:
        frame = indicator.derive(frame, facts)
    frame = frame.with_columns(nw.lit(facts.at).alias(AS_OF)).filter(indicator.population)
    if indicator.value is not None:
        frame = frame.filter(~indicator.value.is_null())
    if period is not None:
        frame = frame.filter(nw.col(indicator.date_column).is_between(nw.lit(period.first), nw.lit(period.last)))
    return frame


def _grain(indicator: Indicator, by: Sequence[str]) -> Grain | None:
    for column in by:
        columns = COLUMNS[indicator.table]
        if column not in (*GRAINS, posts.POST, posts.DEPARTMENT) and columns.get(column) != "VARCHAR":
            known = dict.fromkeys([posts.POST, posts.DEPARTMENT, *(name for name, kind in columns.items() if kind == "VARCHAR")])
            raise LastMeterError(
                "indicator.dimension_unknown",
                Title("指标“{code}”不能按“{column}”分组", "“{code}” cannot be grouped by “{column}”"),
                Title("可用：{known}", "Possible: {known}"),
                code=indicator.code, column=column, known=", ".join([*GRAINS, *known]),
            )
    grains = [grain for grain in GRAINS if grain in by]
    if len(grains) > 1:
        raise LastMeterError(
            "indicator.two_grains",
            Title("一次只能按一种周期分组：{grains}", "Group by one kind of period at a time: {grains}"),
            Title("只留其中一个", "Keep one of them"),
            grains=", ".join(grains),
        )
    return grains[0] if grains else None


def _grouped(facts: Facts, indicator: Indicator, columns: Sequence[str], period: Period | None) -> pa.Table:
    """The one query: how many rows, hits and answers for each group, day, cluster (and value or stratum)."""
    keys = {f"by_{name}": nw.col(name) for name in columns}
    keys |= {"day": nw.col(indicator.date_column), "cluster_code": nw.col(indicator.cluster)}
    sums = {"rows": nw.len()}
    flags = {}
    if indicator.hit is not None:
        flags["hits"] = indicator.hit
    if indicator.answered is not None:
        flags["answers"] = indicator.answered
    if indicator.value is not None:
        keys["number"] = indicator.value
    if indicator.strata is not None:
        keys["stratum"] = nw.col(indicator.strata)
    if indicator.table == "journeys":
        keys |= {"coverage_codes": nw.col("coverage"), "coverage_total": nw.col("rules_total")}
    frame = rows_of(facts, indicator, period).select(
        *(expression.alias(name) for name, expression in keys.items()),
        *(nw.when(flag).then(nw.lit(1)).otherwise(nw.lit(0)).alias(name) for name, flag in flags.items()),
    )
    grouped = frame.group_by(*keys).agg(
        *(expression.cast(nw.Int64).alias(name) for name, expression in sums.items()),
        *(nw.col(name).sum().cast(nw.Int64).alias(name) for name in flags),
    )
    table: pa.Table = grouped.collect(backend="pyarrow").to_native()
    return table


@dataclass(frozen=True, slots=True)
class _Groups:
    """Which group each row of the query belongs to (`index`), and the groups' keys in order."""

    index: Integers
    keys: list[dict[str, str | None]]

    def members(self) -> list[Integers]:
        """The rows of each group."""
        order = np.argsort(self.index, kind="stable")
        ends = np.searchsorted(self.index[order], np.arange(1, len(self.keys)))
        return [part.astype(np.int64) for part in np.split(order, ends)] if self.keys else []


def _group(table: pa.Table, by: Sequence[str], columns: Sequence[str], grain: Grain | None) -> _Groups:
    coded: dict[str, Encoded] = {name: encoded(table[f"by_{name}"]) for name in columns}
    if grain is not None:
        coded[grain] = _period_codes(table["day"], grain)
    if not by:
        return _Groups(np.zeros(table.num_rows, dtype=np.int64), [{}] if table.num_rows else [])
    rows, index = combined([coded[name] for name in by])
    keys = [dict(zip(by, row, strict=True)) for row in rows]
    ranked = sorted(range(len(keys)), key=lambda each: _sort_key(keys[each]))
    place = np.empty(len(keys), dtype=np.int64)
    place[ranked] = np.arange(len(keys))
    return _Groups(place[index], [keys[each] for each in ranked])


def _sort_key(keys: Mapping[str, str | None]) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in keys.values()]


def _period_codes(days: pa.ChunkedArray, grain: Grain) -> Encoded:
    codes, known = encoded(days)
    names = [period_of(day, grain).code if isinstance(day, date) else None for day in known]
    distinct: list[str | None] = list(dict.fromkeys(names))
    return Encoded(np.asarray([distinct.index(name) for name in names], dtype=np.int64)[codes], distinct)


def _rows(table: pa.Table, per: float) -> Rows:
    nothing = np.zeros(table.num_rows)

    def floats(name: str) -> Floats:
        return numbers(table[name]) if name in table.column_names else nothing

    strata = encoded(table["stratum"]).codes if "stratum" in table.column_names else nothing.astype(np.int64)
    return Rows(
        n=floats("rows"), days=encoded(table["day"]).codes, clusters=encoded(table["cluster_code"]).codes, hits=floats("hits"),
        values=floats("number") / per, answered=floats("answers"), strata=strata,
    )


def _overall_design(indicator: Indicator, rows: Rows) -> Design:
    """What all groups together say about clustering: for groups in which nothing, or everything, was a hit."""
    if indicator.aggregation in ("share", "value_share"):
        return share_design(rows.hits, rows.n, rows.days, rows.clusters)
    if indicator.aggregation == "weighted_share":
        return share_design(rows.hits, rows.answered, rows.days, rows.clusters)
    return INDEPENDENT


def _last_day(keys: Mapping[str, str | None], grain: Grain | None, period: Period | None) -> date | None:
    code = keys.get(grain) if grain else None
    if code is not None:
        return parse_period(code).last
    return period.last if period else None


def _figure(
    indicator: Indicator, keys: dict[str, str | None], estimate: Estimate, covered: Coverage, *, told: bool, mature: bool,
) -> Figure:
    silent = not told or covered.lacks(indicator.needs)
    return Figure(
        code=indicator.code, keys=keys, value=None if silent else estimate.value,
        n=estimate.n, population=estimate.population, hits=None if silent else estimate.hits,
        low=None if silent else estimate.low, high=None if silent else estimate.high,
        n_effective=estimate.n_effective, design_effect=estimate.design.effect, design_source=estimate.design.source,
        rules_observed=len(covered.codes), rules_total=covered.total, rules=",".join(covered.codes), mature=mature,
    )
