"""Which link made the late ones late.

Method. A journey is late if it missed its promise. Every link it went through is compared with what is usual for that
link: the median of the journeys due in the same period or the twelve before it that kept their promise. What a link
took beyond its usual time is its excess; a link that a journey is still stuck in counts with the time up to the moment
at which the journey was judged. The link with the largest excess is blamed for the journey (the earlier link on a tie);
a late journey none of whose links took longer than usual is blamed on nobody: its promise was too short, or the time
was lost outside the links. A link that encloses other links (ordered to delivered) is described but never blamed, or
it would always win over the parts that it is made of.

The comparison is with the usual, not with the limit, because a link may keep a generous limit and still eat the time
that the promise left to the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import change, cohort, naming, working
from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.near import late_passages
from lastmeter.diagnosis.pareto import share
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

_LATE = ("late", "overdue")
_JUDGED = ("kept", *_LATE)
_NO_BLAME = {"blamed": 0, "excess": 0}
QUANTILES = {"p10": 0.1, "median": 0.5, "p90": 0.9, "p99": 0.99}


class Stretch(msgspec.Struct, frozen=True):
    """How long a link takes, in seconds (of working time where its limit is in it); `spread` is p90 − p10.

    None where no journey went through it.
    """

    n: int
    median: float | None
    p10: float | None
    p90: float | None
    p99: float | None
    spread: float | None
    late: int
    judged: int
    late_share: float | None


class LateLink(msgspec.Struct, frozen=True):
    """One link: what it took, and how often it is to blame for a missed promise.

    `late_share` in `now` and `before` is of the journeys judged against the link's own limit (None without a limit).
    `blamed` counts late journeys where this link's excess was the largest, `blamed_share` is of all late journeys,
    `excess_share` its part of the excess of all links over all late journeys. `usual` is the median it is compared with.
    """

    link: str
    title: Title
    position: int
    post: str | None
    post_title: Title | None
    limit_seconds: float | None
    limit_unit: str | None
    usual: float | None
    now: Stretch
    before: Stretch
    change: Change | None
    blamed: int
    blamed_share: float
    excess_share: float
    blamed_before: float
    encloses: bool


class LateLinks(msgspec.Struct, frozen=True):
    """The links in route order, and how many late journeys they were asked about."""

    late: int
    due: int
    late_before: int
    unblamed: int
    rows: list[LateLink]


def late_links(
    facts: Facts, *, period: Period, titles: Mapping[str, Title] | None = None, posts: Mapping[str, Title] | None = None,
    near: Facts | None = None, passages: Frame | None = None,
) -> LateLinks:
    """The links of the due cohort of a period, in route order, with their part in its missed promises.

    The period before is held to the same yardstick, so that the two can be compared. `near` and `passages` (see
    `diagnosis.near`) spare reading those rows again.
    """
    near = near or facts
    passages = late_passages(near, period) if passages is None else passages
    titles = titles if titles is not None else naming.link_titles(facts)
    before = period.previous()
    described = _described(facts, period, before)
    enclosing = _enclosing({link: row for (link, _), row in described.items()}, naming.step_positions(facts))
    usual = usual_seconds(facts, period, enclosing)
    blame = _blame(passages, period, usual, working.shares(facts, period))
    missed = cohort.counts_by_period(near.journeys.filter(nw.col("promise") == "missed"), {"n": nw.len()}, period, 2)["n"]
    late_before, late = cohort.spelled(missed, [before, period])
    total_excess = sum(row["excess"] for (_, is_now), row in blame.items() if is_now)
    charted = _charted(facts, period)
    periods = cohort.run_up(period, cohort.CHARTED)
    links = []
    for link in {link: None for link, _ in sorted(described, key=lambda key: (described[key]["position"], key[0]))}:
        now, then = described.get((link, True)), described.get((link, False))
        row = now or then or {}
        blamed, blamed_before = blame.get((link, True), _NO_BLAME), blame.get((link, False), _NO_BLAME)
        by_outcome = {outcome: cohort.spelled(charted, periods, link, outcome) for outcome in _JUDGED}
        hits = [sum(counts) for counts in zip(*(by_outcome[outcome] for outcome in _LATE), strict=True)]
        n = [sum(counts) for counts in zip(*by_outcome.values(), strict=True)]
        links.append(
            LateLink(
                link=link, title=titles.get(link, Title(link, link)), position=int(row["position"]), post=row["post"],
                post_title=naming.post_title(row["post"], posts), limit_seconds=row["limit_seconds"],
                limit_unit=row["limit_unit"], usual=_seconds(usual.get(link)), now=_stretch(now), before=_stretch(then),
                change=change.of_shares(periods, hits, n, good="down", peaks=facts.peaks) if sum(n) else None,
                blamed=blamed["blamed"], blamed_share=share(blamed["blamed"], late),
                excess_share=share(blamed["excess"], total_excess),
                blamed_before=share(blamed_before["blamed"], late_before), encloses=link in enclosing,
            )
        )
    due = cohort.counts_by_period(near.journeys, {"n": nw.len()}, period, 1)["n"]
    unblamed = late - sum(row["blamed"] for (_, is_now), row in blame.items() if is_now)
    return LateLinks(late=late, due=sum(due.values()), late_before=late_before, unblamed=unblamed, rows=links)


def usual_seconds(facts: Facts, period: Period, enclosing: frozenset[str]) -> dict[str, float]:
    """What is usual for each link that can be blamed: the median of the kept journeys of the window, in seconds."""
    window = cohort.run_up(period, cohort.TREND + 1)
    due = cohort.due_between(window[0], period)
    taken = facts.links.with_columns(seconds=working.taken()).filter(
        due, ~nw.col("seconds").is_null(), ~nw.col("link").is_in(sorted(enclosing))
    )
    # Most promises are kept: leaving out the others' links is half the work of choosing the links of those.
    others = facts.journeys.filter(due, nw.col("promise") != "kept").select("journey_id")
    table = cohort.rows(
        taken.select("journey_id", "link", "seconds").join(others, on="journey_id", how="anti")
        .group_by("link").agg(nw.col("seconds").median().alias("usual"))
    )
    return {row["link"]: float(row["usual"]) for row in table}


def excesses(passages: Frame, usual: Mapping[str, float], worked: Mapping[str, float] | None = None) -> Frame:
    """Every (late journey, link) of `late_passages` that took longer than usual.

    `worked`: see `working.shares`. Columns: journey_id, link, position, due_on, `took` seconds, `beyond` whole seconds above the usual.
    """
    waited = (nw.col("judged_at") - nw.col("from_at")).dt.total_seconds() + nw.col("late_by")
    for link, share_ in sorted((worked or {}).items()):
        waited = nw.when(nw.col("link") == link).then(waited * share_).otherwise(waited)
    beyond = nw.lit(None, dtype=nw.Float64)
    for link in sorted(usual):
        beyond = nw.when(nw.col("link") == link).then(nw.col("took") - usual[link]).otherwise(beyond)
    # half up by floor, because engines round halves differently
    return (
        passages.with_columns(took=nw.coalesce("seconds", waited))
        .with_columns(beyond=(beyond + 0.5).floor().cast(nw.Int64))
        .filter(nw.col("beyond") > 0)
        .select("journey_id", "link", "position", "due_on", "took", "beyond")
    )


def _blame(
    passages: Frame, period: Period, usual: Mapping[str, float], worked: Mapping[str, float]
) -> dict[tuple[str, bool], dict[str, int]]:
    """By (link, whether it is this period): late journeys where it was the largest excess, and its whole excess."""
    if not usual:
        return {}
    taken = excesses(passages, usual, worked).with_columns(is_now=nw.col("due_on") >= period.first)
    first = nw.col("beyond") == nw.col("most")
    ranked = taken.with_columns(most=nw.col("beyond").max().over("journey_id")).with_columns(
        rank=nw.when(first).then(nw.col("position")).otherwise(nw.lit(None, dtype=nw.Int32))
    ).with_columns(earliest=nw.col("rank").min().over("journey_id"))
    table = cohort.rows(
        ranked.with_columns(blamed=(nw.col("rank") == nw.col("earliest")).fill_null(False).cast(nw.Int64))
        .group_by("link", "is_now").agg(nw.col("blamed").sum(), nw.col("beyond").sum().alias("excess"))
    )
    return {
        (row["link"], bool(row["is_now"])): {"blamed": int(row["blamed"]), "excess": int(row["excess"])} for row in table
    }


def _described(facts: Facts, period: Period, before: Period) -> dict[tuple[str, bool], dict[str, Any]]:
    """By (link, whether it is this period): where it lies, its limit, how long it takes, how often it is late."""
    outcome = nw.col("outcome")
    table = cohort.rows(
        facts.links.filter(cohort.due_between(before, period))
        .with_columns(
            seconds=working.taken(), is_now=nw.col("due_on") >= period.first,
            is_late=outcome.is_in(_LATE).cast(nw.Int64), is_judged=outcome.is_in(_JUDGED).cast(nw.Int64),
        )
        .group_by("link", "is_now")
        .agg(
            nw.col("position").min(), nw.col("from_step").min(), nw.col("to_step").min(), nw.col("post").min(),
            nw.col("limit_unit").max(), nw.col("limit_seconds").max(), nw.col("seconds").count().alias("n"),
            nw.col("is_late").sum().alias("late"), nw.col("is_judged").sum().alias("judged"),
            *(nw.col("seconds").quantile(at, interpolation="linear").alias(name) for name, at in QUANTILES.items()),
        )
    )
    return {(row["link"], bool(row["is_now"])): row for row in table}


def _charted(facts: Facts, period: Period) -> dict[tuple[Any, ...], int]:
    """Passages by (link, outcome, period code) over time."""
    return cohort.counts_by_period(facts.links, {"n": nw.len()}, period, cohort.CHARTED, "link", "outcome")["n"]


def _enclosing(described: Mapping[str, Mapping[str, Any]], steps: Mapping[str, int]) -> frozenset[str]:
    """Links whose stretch holds the stretch of another link and more."""
    spans = {
        link: (steps[row["from_step"]], steps[row["to_step"]])
        for link, row in described.items() if row["from_step"] in steps and row["to_step"] in steps
    }
    return frozenset(
        outer for outer, (start, end) in spans.items()
        for inner, (first, last) in spans.items()
        if inner != outer and start <= first < last <= end and (start, end) != (first, last)
    )


def _stretch(row: Mapping[str, Any] | None) -> Stretch:
    if row is None:
        return Stretch(0, None, None, None, None, None, 0, 0, None)
    low, high = row["p10"], row["p90"]
    late, judged = int(row["late"]), int(row["judged"])
    return Stretch(
        n=int(row["n"]), median=_seconds(row["median"]), p10=_seconds(low), p90=_seconds(high), p99=_seconds(row["p99"]),
        spread=None if low is None or high is None else _seconds(high - low), late=late, judged=judged,
        late_share=share(late, judged) if judged else None,
    )


def _seconds(value: float | None) -> float | None:
    """Seconds to one decimal: finer than any figure that is shown, coarser than what engines disagree about."""
    return None if value is None else round(float(value), 1)
