"""The rows that most findings of a brief rest on, read once: those of the period and of the one before, in memory."""

from __future__ import annotations

from dataclasses import replace

import narwhals.stable.v2 as nw

from lastmeter.diagnosis import cohort, working
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.periods import Period

_OF_JOURNEYS = (
    "journey_id", "due_on", "due_month", "due_week", "counted", "state", "place", "performer", "origin", "customer", "cluster",
    "started_on", "fulfilled_at", "fulfilled_on", "due_at", "promise", "promise_excess_seconds", "duration_seconds",
    "coverage", "rules_total",
)


def near(facts: Facts, period: Period) -> Facts:
    """The facts of journeys due in the period or the one before, counted or not, held in memory.

    Links stay lazy: they are many, and each finding about them wants other ones. Journeys have the columns above.
    """
    only = nw.col("due_on").is_between(nw.lit(period.previous().first), nw.lit(period.last))
    return replace(
        facts, journeys=held(facts.journeys.filter(only).select(*_OF_JOURNEYS)), links=facts.links.filter(only),
        flaws=held(facts.flaws.filter(only)), feedback=held(facts.feedback.filter(only)),
    )


def late_passages(facts: Facts, period: Period) -> Frame:
    """The links that late journeys due in the period or the one before went through, held in memory.

    Columns: journey_id, link, position, due_on, from_at, `seconds` (None: not through yet; see `working.taken`), and of the journey
    `judged_at` and `late_by` seconds.
    """
    due = cohort.due_between(period.previous(), period)
    late = facts.journeys.filter(due, nw.col("promise") == "missed").select(
        "journey_id", judged_at=nw.col("due_at"), late_by=nw.col("promise_excess_seconds"),
    )
    return held(
        facts.links.filter(due, nw.col("outcome") != "skipped")
        .select("journey_id", "link", "position", "due_on", "from_at", seconds=working.taken()).join(late, on="journey_id", how="inner")
    )


def held(frame: Frame) -> Frame:
    """The same rows, worked out now and kept by the engine that they live in."""
    native = frame.to_native()
    if hasattr(native, "materialize"):  # a DuckDB relation stays one; collecting it would leave the engine
        kept: Frame = nw.from_native(native.materialize())
        return kept
    return frame.collect().lazy()
