"""Journeys that prove a cause: real ones, chosen the same way every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import cohort, naming, working
from lastmeter.diagnosis.links import excesses, late_links
from lastmeter.diagnosis.near import late_passages
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title


class SlowLink(msgspec.Struct, frozen=True):
    """The link of a late journey that took the most beyond its usual time; seconds."""

    link: str
    title: Title
    took: float
    usual: float


class ExampleJourney(msgspec.Struct, frozen=True):
    """One journey with the flaw it stands for; `excess_seconds` beyond its limit or promise, None for other flaws.

    `slow` is told where the flaw is about time; `also` are the journey's other flaws.
    """

    journey_id: str
    rule: str
    cause: Title
    place: str | None
    place_title: Title | None
    performer: str | None
    performer_title: Title | None
    started_on: date | None
    due_on: date
    fulfilled_on: date | None
    state: str
    excess_seconds: float | None
    also: list[Title]
    slow: SlowLink | None


def examples(
    facts: Facts, *, period: Period, rules: Sequence[str], each: int = 2, titles: Mapping[str, Title] | None = None,
    usual: Mapping[str, float] | None = None, passages: Frame | None = None, names: naming.Names | None = None,
) -> list[ExampleJourney]:
    """For each rule, in the order given, `each` journeys due in the period that broke it.

    Largest excess first, then the smallest id; a journey proves one rule only, so that the list shows several cases.
    `usual` seconds by link, as `late_links` found them, and `passages` (see `diagnosis.near`) spare working them out again;
    `names` are titles by dimension and code.
    """
    titles = titles if titles is not None else naming.rule_titles(facts)
    flaws = _flaws(facts, period, rules, each)
    chosen: dict[str, dict[str, Any]] = {}
    for rule in rules:
        ranked = sorted((row for row in flaws if row["rule"] == rule), key=_strongest)
        fresh = [row for row in ranked if row["journey_id"] not in chosen]
        chosen.update({row["journey_id"]: row for row in fresh[:each]})
    if not chosen:
        return []
    journeys = {row["journey_id"]: row for row in _journeys(facts, period, list(chosen))}
    others = _rules_by_journey(facts, period, list(chosen), list(titles))
    if usual is None:
        usual = {row.link: row.usual for row in late_links(facts, period=period).rows if row.usual is not None}
    passages = late_passages(facts, period) if passages is None else passages
    slow = _slow_links(facts, passages, list(chosen), usual, working.shares(facts, period))
    return [
        ExampleJourney(
            journey_id=journey, rule=flaw["rule"], cause=titles.get(flaw["rule"], Title(flaw["rule"], flaw["rule"])),
            place=row["place"], place_title=naming.value_title(names, "place", row["place"]), performer=row["performer"],
            performer_title=naming.value_title(names, "performer", row["performer"]), started_on=row["started_on"],
            due_on=row["due_on"], fulfilled_on=row["fulfilled_on"], state=row["state"], excess_seconds=_tenth(flaw["excess_seconds"]),
            also=[titles.get(rule, Title(rule, rule)) for rule in others.get(journey, []) if rule != flaw["rule"]],
            slow=None if flaw["excess_seconds"] is None else slow.get(journey),
        )
        for journey, flaw in chosen.items() for row in [journeys[journey]]
    ]


def _flaws(facts: Facts, period: Period, rules: Sequence[str], each: int) -> list[dict[str, Any]]:
    """The strongest flaws of each rule, enough of them that a journey taken by an earlier rule can be passed over."""
    wanted = each * max(len(rules), 1)
    place_in_line = nw.col("one").cum_sum().over("rule", order_by=["order", "journey_id", "flaw_id"])
    return cohort.rows(
        facts.flaws.filter(cohort.due_in(period), nw.col("rule").is_in(list(rules)))
        .with_columns(order=-nw.coalesce("excess_seconds", nw.lit(0.0)), one=nw.lit(1))
        .with_columns(place_in_line=place_in_line)
        .filter(nw.col("place_in_line") <= wanted)
        .select("rule", "journey_id", "flaw_id", "excess_seconds")
    )


def _strongest(row: Mapping[str, Any]) -> tuple[float, str, str]:
    return (-(row["excess_seconds"] or 0.0), row["journey_id"], row["flaw_id"])


def _journeys(facts: Facts, period: Period, ids: Sequence[str]) -> list[dict[str, Any]]:
    return cohort.rows(
        facts.journeys.filter(cohort.due_in(period), nw.col("journey_id").is_in(list(ids))).select(
            "journey_id", "place", "performer", "started_on", "due_on", "fulfilled_on", "state",
        )
    )


def _rules_by_journey(
    facts: Facts, period: Period, ids: Sequence[str], order: Sequence[str]
) -> dict[str, list[str]]:
    table = cohort.rows(
        facts.flaws.filter(cohort.due_in(period), nw.col("journey_id").is_in(list(ids)))
        .select("journey_id", "rule").unique(["journey_id", "rule"])
    )
    place = {rule: at for at, rule in enumerate(order)}
    by_journey: dict[str, list[str]] = {}
    for row in sorted(table, key=lambda row: (place.get(row["rule"], len(place)), row["rule"])):
        by_journey.setdefault(row["journey_id"], []).append(row["rule"])
    return by_journey


def _slow_links(
    facts: Facts, passages: Frame, ids: Sequence[str], usual: Mapping[str, float], worked: Mapping[str, float]
) -> dict[str, SlowLink]:
    titles = naming.link_titles(facts)
    if not usual:
        return {}
    table = cohort.rows(
        excesses(passages.filter(nw.col("journey_id").is_in(list(ids))), usual, worked)
        .select("journey_id", "link", "position", "took", "beyond")
    )
    slowest: dict[str, SlowLink] = {}
    for row in sorted(table, key=lambda row: (-row["beyond"], row["position"], row["link"])):
        link = row["link"]
        slowest.setdefault(row["journey_id"], SlowLink(
            link, titles.get(link, Title(link, link)), round(float(row["took"]), 1), round(usual[link], 1),
        ))
    return slowest


def _tenth(seconds: float | None) -> float | None:
    return None if seconds is None else round(float(seconds), 1)
