"""What a changed blueprint would say of the past: both standards judge the same events as of the same moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw

from lastmeter.indicators import Figure, measure
from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.build import build
from lastmeter.journeys.engine import open_facts
from lastmeter.journeys.facts import Facts
from lastmeter.journeys.snapshot import Snapshot, SourceState
from lastmeter.kernel.titles import Title

MOST_EVENTS = 3_000_000
"""Of more events only the latest months are judged anew: a trial should take a minute or two, not a night."""
LATEST_MONTHS = 4
SHOWN_MONTHS = 13
SHOWN_JOURNEYS = 40
RATE = "perfect_journey_rate"
READS = Title("读事件簿", "Reading the journal")
JUDGES_NOW = Title("按现在的蓝图判定", "Judging by the blueprint as it is")
JUDGES_CHANGED = Title("按改过的蓝图判定", "Judging by the changed blueprint")
COMPARES = Title("比较两次判定", "Comparing the two")


@dataclass(frozen=True)
class LatestMonths:
    """A snapshot that shows the events of some months only."""

    whole: Snapshot
    months: frozenset[str]

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        """The snapshot's own."""
        return self.whole.duck

    @property
    def manifest_number(self) -> int:
        """The snapshot's own."""
        return self.whole.manifest_number

    def define_events(
        self, name: str, *, at: datetime | None = None, months: Collection[str] | None = None, objects: str | None = None
    ) -> None:
        """The events of these months."""
        wanted = self.months if months is None else self.months & set(months)
        self.whole.define_events(name, at=at, months=wanted, objects=objects)

    def define_touched(self, name: str, *, since: int) -> None:
        """The snapshot's own."""
        self.whole.define_touched(name, since=since)

    def sources(self) -> Sequence[SourceState]:
        """The snapshot's own."""
        return self.whole.sources()

    def attributes(self) -> Mapping[str, str]:
        """The snapshot's own."""
        return self.whole.attributes()


def rejudge(
    snapshot: Snapshot, now: Sequence[Blueprint], changed: Sequence[Blueprint], scratch: Path, *, at: datetime,
    tell: Callable[[float, Title], None], most_events: int = MOST_EVENTS,
) -> dict[str, Any]:
    """Judge the journal by both standards of one kind of journey and compare; plain values.

    now: empty for a kind that there is not yet. scratch: an empty folder for both sets of fact tables.
    """
    tell(0.02, READS)
    since = _since(snapshot, most_events)
    shown: Snapshot = snapshot if since is None else LatestMonths(snapshot, frozenset(_months_from(snapshot, since)))
    kind = changed[0].kind
    if now:
        tell(0.1, JUDGES_NOW)
        build(shown, now, scratch / "now", at=at, full=True)
    tell(0.5, JUDGES_CHANGED)
    build(shown, changed, scratch / "changed", at=at, full=True)
    tell(0.9, COMPARES)
    with open_facts(scratch / "changed", changed) as after:
        if not now:
            return _compared(None, _since_start(after.of_kind(kind), since), since)
        with open_facts(scratch / "now", now) as before:
            return _compared(_since_start(before.of_kind(kind), since), _since_start(after.of_kind(kind), since), since)


def _since(snapshot: Snapshot, most_events: int) -> str | None:
    """The first month of those that are judged, where there are too many events for all."""
    snapshot.define_events("trial_events")
    rows = snapshot.duck.execute(
        "SELECT strftime(occurred_at, '%Y-%m') AS month, count(*) FROM trial_events WHERE occurred_at IS NOT NULL"
        " GROUP BY month ORDER BY month").fetchall()
    if sum(count for _, count in rows) <= most_events:
        return None
    return str(rows[max(0, len(rows) - LATEST_MONTHS)][0])


def _months_from(snapshot: Snapshot, since: str) -> list[str]:
    rows = snapshot.duck.execute(
        "SELECT DISTINCT strftime(occurred_at, '%Y-%m') FROM trial_events WHERE occurred_at IS NOT NULL").fetchall()
    return [month for (month,) in rows if month >= since]


def _since_start(facts: Facts, since: str | None) -> Facts:
    """Journeys that began within: of others the events before are not among those read."""
    if since is None:
        return facts
    journeys = facts.journeys.filter(nw.col("started_month") >= since)
    chosen = journeys.select("journey_id")
    return replace(facts, journeys=journeys, flaws=facts.flaws.join(chosen, on="journey_id", how="semi"),
                   links=facts.links.join(chosen, on="journey_id", how="semi"),
                   feedback=facts.feedback.join(chosen, on="journey_id", how="semi"))


def _compared(before: Facts | None, after: Facts, since: str | None) -> dict[str, Any]:
    with open_duckdb() as duck:
        flips = _flips(duck, before, after)
    return {
        "since": since, "months": _months(before, after), "rules": _rules(before, after),
        "overall": [_rate(measure(one, RATE)[0]) if one is not None else None for one in (before, after)], **flips,
    }


def _months(before: Facts | None, after: Facts) -> list[dict[str, Any]]:
    """The perfect rate by month before and after, the latest months."""
    sides = [{str(figure.keys["month"]): _rate(figure) for figure in measure(one, RATE, by=["month"]) if figure.keys["month"]}
             if one is not None else {} for one in (before, after)]
    months = sorted({*sides[0], *sides[1]})[-SHOWN_MONTHS:]
    return [{"month": month, "before": sides[0].get(month), "after": sides[1].get(month)} for month in months]


def _rate(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "n": figure.n, "low": figure.low, "high": figure.high, "mature": figure.mature}


def _rules(before: Facts | None, after: Facts) -> list[dict[str, Any]]:
    """Flaws of due journeys by rule before and after; what changes most comes first."""
    sides = [_flaws(one) if one is not None else {} for one in (before, after)]
    titles = {rule.code: rule.title for one in (before, after) if one is not None
              for blueprint in one.blueprints.values() for rule in blueprint.rules()}
    rules = sorted({*titles, *sides[0], *sides[1]}, key=lambda code: (
        -abs(sides[1].get(code, 0) - sides[0].get(code, 0)), -sides[1].get(code, 0), code))
    return [{"rule": code, "zh": titles[code].zh if code in titles else code, "en": titles[code].en if code in titles else code,
             "before": sides[0].get(code, 0), "after": sides[1].get(code, 0)} for code in rules]


def _flaws(facts: Facts) -> dict[str, int]:
    table = facts.flaws.filter(nw.col("counted")).group_by("rule").agg(nw.len().alias("n")).collect(backend="pyarrow").to_native()
    return dict(zip(table["rule"].to_pylist(), table["n"].to_pylist(), strict=True))


def _flips(duck: duckdb.DuckDBPyConnection, before: Facts | None, after: Facts) -> dict[str, Any]:
    """Journeys whose verdict changes: how many, and the latest of them."""
    for name, facts in (("before_rows", before), ("after_rows", after)):
        chosen = (facts or after).journeys.select("journey_id", "counted", "perfect", "flaw_count", "due_on")
        rows = (chosen if facts is not None else chosen.head(0)).collect(backend="pyarrow").to_native()
        duck.register(name, rows)
    duck.execute(
        """CREATE TEMP TABLE both_rows AS SELECT journey_id, coalesce(a.due_on, b.due_on) AS due_on,
            coalesce(b.counted, false) AS due_before, coalesce(a.counted, false) AS due_after,
            b.perfect AS perfect_before, a.perfect AS perfect_after, b.flaw_count AS flaws_before, a.flaw_count AS flaws_after
        FROM before_rows AS b FULL JOIN after_rows AS a USING (journey_id)""")
    counts = duck.execute(
        """SELECT count(*) FILTER (due_before AND due_after AND perfect_before AND NOT perfect_after),
            count(*) FILTER (due_before AND due_after AND NOT perfect_before AND perfect_after),
            count(*) FILTER (NOT due_before AND due_after), count(*) FILTER (due_before AND NOT due_after),
            count(*) FILTER (due_after) FROM both_rows""").fetchall()[0]
    rows = duck.execute(
        f"""SELECT journey_id, due_on, perfect_before, perfect_after, flaws_before, flaws_after FROM both_rows
        WHERE due_before AND due_after AND perfect_before <> perfect_after
        ORDER BY due_on DESC, journey_id LIMIT {SHOWN_JOURNEYS}""").fetchall()
    names = ("worse", "better", "enter", "leave", "due")
    return {
        "counts": dict(zip(names, counts, strict=True)),
        "journeys": [{"id": row[0], "due_on": row[1].isoformat() if row[1] else None, "before": row[2], "after": row[3],
                      "flaws_before": row[4], "flaws_after": row[5]} for row in rows],
    }
