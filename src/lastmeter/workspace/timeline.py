"""One journey as a colleague reads it: its events in order, the limits, the promise, the flaws."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis.naming import Names, value_title
from lastmeter.journal import Snapshot
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Title


class TimelineEvent(msgspec.Struct, frozen=True):
    """Something that happened; `occurred_at` is naive UTC, None where the time is unknown.

    `performer_title` and `place_title` are what those codes are called, if they have a name.
    """

    id: str
    type: str
    title: Title
    occurred_at: datetime | None
    precision: str
    zone: str
    performer: str | None
    performer_title: Title | None
    place: str | None
    place_title: Title | None


class JourneyView(msgspec.Struct, frozen=True):
    """A journey with all that proves it; `journey`, `links` and `flaws` are rows of the fact tables."""

    kind: str
    kind_title: Title
    journey: dict[str, Any]
    events: list[TimelineEvent]
    links: list[dict[str, Any]]
    flaws: list[dict[str, Any]]
    rule_titles: dict[str, Title]
    step_titles: dict[str, Title]
    post_titles: dict[str, Title]

    def json(self) -> str:
        """The view as JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()


def unknown(journey_id: str) -> LastMeterError:
    """There is no such journey, or none that whoever asks may see: the two look the same."""
    return LastMeterError(
        "journey.unknown",
        Title("没有旅程“{journey}”", "There is no journey “{journey}”"),
        hint=Title(
            "检查编号；刚导入的要等下一次建表（lastmeter build）",
            "Check the id; what was just imported shows after the next build (lastmeter build)"),
        journey=journey_id,
    )


def view_journey(
    snapshot: Snapshot, facts: Facts, kind: str, journey_id: str, posts: dict[str, Title], names: Names
) -> JourneyView:
    """The journey of that id; `posts` are titles by code, `names` by dimension and code.

    Raises:
        LastMeterError: `journey.unknown`.
    """
    rows = _rows(facts.journeys, journey_id)
    if not rows:
        raise unknown(journey_id)
    blueprint = facts.blueprints[kind]
    cohort = nw.col("due_on").is_null() if rows[0]["due_on"] is None else nw.col("due_on") == nw.lit(rows[0]["due_on"])
    links = _rows(facts.links.filter(cohort), journey_id)
    shown = _shown(facts, journey_id, links) if blueprint.slice else "true"
    step_of = {event: rule.title for rule in blueprint.breakable for event in rule.titled_events()}
    step_of |= {event: step.title for step in blueprint.steps for event in step.event}
    return JourneyView(
        kind=kind, kind_title=blueprint.title, journey=rows[0],
        events=_events(snapshot, blueprint, journey_id, step_of, names, shown),
        links=sorted(links, key=lambda row: row["position"]),
        flaws=sorted(_rows(facts.flaws.filter(cohort), journey_id), key=lambda row: (str(row["occurred_at"]), row["rule"])),
        rule_titles={rule.code: rule.title for rule in blueprint.rules()},
        step_titles={step.code: step.title for step in blueprint.steps},
        post_titles=posts,
    )


def _rows(frame: Frame, journey_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        frame.filter(nw.col("journey_id") == journey_id).collect(backend="pyarrow").to_native().to_pylist()
    )
    return found


def _events(
    snapshot: Snapshot, blueprint: Blueprint, journey_id: str, titles: dict[str, Title], names: Names, shown: str
) -> list[TimelineEvent]:
    object_id = journey_id.rpartition("/")[0] if blueprint.slice else journey_id
    snapshot.duck.execute("CREATE OR REPLACE TEMP TABLE wanted (object_type VARCHAR, object_id VARCHAR)")
    snapshot.duck.execute("INSERT INTO wanted VALUES (?, ?)", [blueprint.object_type, object_id])
    snapshot.define_events("of_journey", objects="wanted")
    rows = snapshot.duck.sql(
        "SELECT id, type, occurred_at, precision, zone, performer, place FROM of_journey "
        f"WHERE {shown} ORDER BY occurred_at NULLS LAST, id"
    ).fetchall()
    return [
        TimelineEvent(
            id_, type_, titles.get(type_, Title(type_, type_)), occurred_at, precision, zone,
            performer, _performer_title(names, performer), place, _place_title(names, place),
        )
        for id_, type_, occurred_at, precision, zone, performer, place in rows
    ]


def _shown(facts: Facts, journey_id: str, links: list[dict[str, Any]]) -> str:
    """The condition on events of a slice's object: those of its period (of the first slice also what came before, of the
    last what came after), those of unknown time, and the ends of its links, wherever they lie.
    """
    object_id, _, code = journey_id.rpartition("/")
    siblings = facts.journeys.filter(nw.col("journey_id").str.starts_with(f"{object_id}/")).select("journey_id")
    ids = [row["journey_id"] for row in siblings.collect(backend="pyarrow").to_native().to_pylist()]
    codes = sorted(found.rpartition("/")[2] for found in ids if found.rpartition("/")[0] == object_id)
    period = parse_period(code)
    first = period.first if code != codes[0] else date.min
    last = period.last if code != codes[-1] else date.max
    ends = [f"TIMESTAMP '{row['to_at']}'" for row in links if row["to_at"]]
    return (f"(local_on BETWEEN DATE '{first}' AND DATE '{last}' OR local_on IS NULL"
            f" OR occurred_at IN ({', '.join(ends) or 'NULL'}))")


def _performer_title(names: Names, performer: str | None) -> Title | None:
    """A place of origin performs, too: `warehouse:north` is called as the origin `north`."""
    return value_title(names, "performer", performer) or value_title(names, "origin", (performer or "").rpartition(":")[2])


def _place_title(names: Names, place: str | None) -> Title | None:
    """Where something happened may be where the journey goes or where it comes from."""
    return value_title(names, "place", place) or value_title(names, "origin", place)
