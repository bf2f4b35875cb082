"""What a journal says of one kind of object: which events are usual, in which order, how long the stretches take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from lastmeter.journal.event import OWN_SOURCE
from lastmeter.journeys import sql
from lastmeter.journeys.mining.event_log import EVENTS, define_log
from lastmeter.journeys.snapshot import Snapshot

LOG, USUAL = "discovered_log", "usual_log"


@dataclass(frozen=True, slots=True)
class Usual:
    """One event type: in how many cases it occurs, how often in all, whether its times are days, the words that rows had
    for it (empty: none).
    """

    type: str
    cases: int
    events: int
    by_day: bool
    words: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one step to another over the cases that reached both: their number, quantiles of seconds (or of local days)."""

    cases: int
    median: float
    p90: float
    backwards: int


def object_types(snapshot: Snapshot, *, at: datetime | None = None) -> list[tuple[str, int]]:
    """Object types with the number of their objects that have dated events of two types, the most first; ties: whose events
    they mostly are. What the software tells of itself makes no journey of the company.
    """
    snapshot.define_events(EVENTS, at=at)
    return [(kind, count) for kind, count in snapshot.duck.execute(
        f"""WITH told AS (SELECT * FROM {EVENTS} WHERE occurred_at IS NOT NULL AND source <> {sql.text(OWN_SOURCE)}),
        named AS (
            SELECT object_type AS kind, object_id AS case_id, type, 1 AS own FROM told
            UNION ALL SELECT o.type, o.id, type, 0 FROM (SELECT unnest(objects) AS o, type FROM told WHERE objects IS NOT NULL)),
        journeys AS (SELECT kind, case_id, sum(own) AS own FROM named GROUP BY kind, case_id HAVING count(DISTINCT type) >= 2)
        SELECT kind, count(*) AS cases FROM journeys GROUP BY kind ORDER BY cases DESC, sum(own) DESC, kind""").fetchall()]


def prepare(snapshot: Snapshot, object_type: str, *, at: datetime | None = None) -> int:
    """Make the log of this object type; how many cases it has."""
    define_log(snapshot, LOG, object_type, at=at)
    return int(snapshot.duck.execute(f"SELECT count(DISTINCT case_id) FROM {LOG}").fetchall()[0][0])


def usual_types(snapshot: Snapshot) -> list[Usual]:
    """Every dated event type of the log, the most usual first."""
    words = '"attr_activity"' if "activity" in _attributes(snapshot.duck) else "NULL::VARCHAR"
    return [Usual(*row) for row in snapshot.duck.execute(
        f"""WITH told AS (
            SELECT type, bool_or(precision IN ('day', 'month')) AS by_day, coalesce(mode({words}), '') AS words
            FROM {EVENTS} WHERE occurred_at IS NOT NULL GROUP BY type)
        SELECT activity, count(DISTINCT case_id) AS cases, count(*), any_value(by_day), any_value(words)
        FROM {LOG} JOIN told ON activity = told.type GROUP BY activity ORDER BY cases DESC, activity""").fetchall()]


def undated_types(snapshot: Snapshot, object_type: str) -> list[tuple[str, int]]:
    """Event types about these objects whose time is never known, with the number of objects."""
    return snapshot.duck.execute(
        f"""SELECT type, count(DISTINCT object_id) AS cases FROM {EVENTS}
        WHERE object_type = {sql.text(object_type)} AND type <> 'object.described'
        GROUP BY type HAVING count(occurred_at) = 0 ORDER BY cases DESC, type""").fetchall()


def keep(duck: duckdb.DuckDBPyConnection, types: list[str]) -> None:
    """Make the log of first occurrences of some types: each case is then an order of some of them."""
    listed = ", ".join(sql.text(one) for one in types)
    duck.execute(
        f"""CREATE OR REPLACE TEMP TABLE {USUAL} AS
        WITH first AS (SELECT case_id, activity, min(number) AS number, min(happened) AS happened FROM {LOG}
            WHERE activity IN ({listed}) GROUP BY case_id, activity)
        SELECT case_id, activity, happened, row_number() OVER (PARTITION BY case_id ORDER BY number) AS number FROM first""")


def stretch(duck: duckdb.DuckDBPyConnection, earlier: str, later: str) -> Stretch:
    """How long it takes from the first of one type to the first of another, in seconds."""
    row = duck.execute(
        f"""WITH pairs AS (
            SELECT epoch_us(b.happened) - epoch_us(a.happened) AS us
            FROM {USUAL} AS a JOIN {USUAL} AS b USING (case_id)
            WHERE a.activity = {sql.text(earlier)} AND b.activity = {sql.text(later)})
        SELECT count(*) FILTER (us >= 0), coalesce(median(us) FILTER (us >= 0), 0) / 1e6,
            coalesce(quantile_cont(us, 0.9) FILTER (us >= 0), 0) / 1e6, count(*) FILTER (us < 0) FROM pairs""").fetchall()[0]
    return Stretch(*row)


def first_day(snapshot: Snapshot) -> date:
    """The local date of the first event."""
    found: date = snapshot.duck.execute(f"SELECT min(local_on) FROM {EVENTS} WHERE local_on IS NOT NULL").fetchall()[0][0]
    return found


def carried(snapshot: Snapshot, event_type: str) -> dict[str, int]:
    """How many different values performer, place and channel have in events of a type."""
    row = snapshot.duck.execute(
        f"""SELECT count(DISTINCT performer), count(DISTINCT place), count(DISTINCT channel), count(*) FROM {EVENTS}
        WHERE type = {sql.text(event_type)}""").fetchall()[0]
    return {name: count for name, count in zip(("performer", "place", "channel"), row, strict=False) if 2 <= count < max(3, row[3])}


def attribute_events(snapshot: Snapshot, object_type: str) -> dict[str, list[tuple[str, int]]]:
    """Attribute -> (event type, filled) of the events of these objects that carry it, the most first."""
    found: dict[str, list[tuple[str, int]]] = {}
    names = [name for name in _attributes(snapshot.duck) if name in ("score",
        "scale") or name.startswith("promised_") or name.endswith("_currency")]
    for name in names:
        rows = snapshot.duck.execute(
            f"""SELECT type, count(attr_{name}) AS filled FROM {EVENTS}
            WHERE object_type = {sql.text(object_type)} OR list_contains(list_transform(objects, lambda o: o.type), {sql.text(object_type)})
            GROUP BY type HAVING filled > 0 ORDER BY filled DESC, type""").fetchall()
        if rows:
            found[name] = rows
    return found


def scale_of(snapshot: Snapshot, event_type: str) -> float | None:
    """The highest score that could be given, as the events say."""
    if "scale" not in _attributes(snapshot.duck):
        return None
    found = snapshot.duck.execute(f"SELECT max(attr_scale) FROM {EVENTS} WHERE type = {sql.text(event_type)}").fetchall()[0][0]
    return None if found is None else float(found)


def related(snapshot: Snapshot, object_type: str) -> list[str]:
    """Object types that events name beside one of these, the most frequent first."""
    return [kind for kind, _ in snapshot.duck.execute(
        f"""SELECT o.type AS kind, count(*) AS n FROM (SELECT unnest(objects) AS o FROM {EVENTS}
            WHERE object_type = {sql.text(object_type)} AND objects IS NOT NULL) GROUP BY kind ORDER BY n DESC, kind""").fetchall()]


def _attributes(duck: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0].removeprefix("attr_") for row in duck.execute(f"DESCRIBE {EVENTS}").fetchall() if row[0].startswith("attr_")]
