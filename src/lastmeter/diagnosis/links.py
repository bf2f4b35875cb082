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

from lastmeter.diagnosis import change, cohort, naming
from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.pareto import share
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

QUANTILES = {"p10": 0.1, "median": 0.5, "p90": 0.9, "p99": 0.99}


class Stretch(msgspec.Struct, frozen=True):
    """How long a link takes, in seconds; `spread` is p90 − p10. None where no journey went through it."""

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
    facts: Facts, *, period: Period, titles: Mapping[str, Title] | None = None, posts: Mapping[str, Title] | None = None
) -> LateLinks:
    """The links of the due cohort of a period, in route order, with their part in its missed promises."""
    titles = titles if titles is not None else naming.link_titles(facts)
    before = period.previous()
    described, described_before = _described(facts, period), _described(facts, before)
    enclosing = _enclosing(described | described_before, naming.step_positions(facts))
    blame, usual = _blame(facts, period, enclosing)
    blame_before, _ = _blame(facts, before, enclosing)
    late, late_before = _missed(facts, period), _missed(facts, before)
    total_excess = sum(row["excess"] for row in blame.values())
    judged = _judged(facts, period)
    periods = cohort.run_up(period, cohort.CHARTED)
    links = []
    for link, row in sorted((described_before | described).items(), key=lambda item: (item[1]["position"], item[0])):
        blamed = blame.get(link, {"blamed": 0, "excess": 0})
        blamed_before = blame_before.get(link, {"blamed": 0})
        hits, n = cohort.spelled(judged["late"], periods, link), cohort.spelled(judged["judged"], periods, link)
        links.append(
            LateLink(
                link=link, title=titles.get(link, Title(link, link)), position=int(row["position"]), post=row["post"],
                post_title=naming.post_title(row["post"], posts), limit_seconds=row["limit_seconds"],
                limit_unit=row["limit_unit"], usual=_seconds(usual.get(link)), now=_stretch(described.get(link)),
                before=_stretch(described_before.get(link)),
                change=change.of_shares(periods, hits, n, good="down") if sum(n) else None,
                blamed=blamed["blamed"], blamed_share=share(blamed["blamed"], late),
                excess_share=share(blamed["excess"], total_excess),
                blamed_before=share(blamed_before["blamed"], late_before), encloses=link in enclosing,
            )
        )
    due = cohort.counts_by_period(facts.journeys, nw.len(), period, 1)
    return LateLinks(
        late=late, due=sum(due.values()), late_before=late_before,
        unblamed=late - sum(row["blamed"] for row in blame.values()), rows=links,
    )


def excesses(facts: Facts, period: Period, enclosing: frozenset[str] | None = None) -> tuple[Frame, dict[str, float]]:
    """Every (late journey, link) of a period with `beyond`, whole seconds above the usual, and the usual by link."""
    enclosing = enclosing if enclosing is not None else _enclosing(
        _described(facts, period), naming.step_positions(facts)
    )
    window = cohort.run_up(period, cohort.TREND + 1)
    kept = facts.journeys.filter(cohort.due_between(window[0], period), nw.col("promise") == "kept").select("journey_id")
    usual = {
        row["link"]: float(row["usual"])
        for row in cohort.rows(
            facts.links.filter(cohort.due_between(window[0], period), ~nw.col("seconds").is_null())
            .join(kept, on="journey_id", how="inner")
            .group_by("link").agg(nw.col("seconds").median().alias("usual"))
        )
        if row["link"] not in enclosing
    }
    late = facts.journeys.filter(cohort.due_in(period), nw.col("promise") == "missed").select(
        "journey_id", judged_at=nw.col("due_at"), late_by=nw.col("promise_excess_seconds"),
    )
    taken = facts.links.filter(cohort.due_in(period), nw.col("outcome") != "skipped").join(
        late, on="journey_id", how="inner"
    )
    waited = (nw.col("judged_at") - nw.col("from_at")).dt.total_seconds() + nw.col("late_by")
    taken = taken.with_columns(took=nw.coalesce("seconds", waited))
    beyond = nw.lit(None, dtype=nw.Float64)
    for link in sorted(usual):
        beyond = nw.when(nw.col("link") == link).then(nw.col("took") - usual[link]).otherwise(beyond)
    # half up by floor, because engines round halves differently
    taken = taken.with_columns(beyond=(beyond + 0.5).floor().cast(nw.Int64))
    return taken.filter(nw.col("beyond") > 0), usual


def _blame(facts: Facts, period: Period, enclosing: frozenset[str]) -> tuple[dict[str, dict[str, int]], dict[str, float]]:
    taken, usual = excesses(facts, period, enclosing)
    if not usual:
        return {}, {}
    worst = taken.with_columns(most=nw.col("beyond").max().over("journey_id")).filter(nw.col("beyond") == nw.col("most"))
    worst = worst.with_columns(earliest=nw.col("position").min().over("journey_id")).filter(
        nw.col("position") == nw.col("earliest")
    )
    blamed = {row["link"]: int(row["blamed"]) for row in cohort.rows(
        worst.group_by("link").agg(nw.col("journey_id").n_unique().alias("blamed"))
    )}
    return {
        row["link"]: {"blamed": blamed.get(row["link"], 0), "excess": int(row["excess"])}
        for row in cohort.rows(taken.group_by("link").agg(nw.col("beyond").sum().alias("excess")))
    }, usual


def _described(facts: Facts, period: Period) -> dict[str, dict[str, Any]]:
    outcome = nw.col("outcome")
    table = cohort.rows(
        facts.links.filter(cohort.due_in(period))
        .with_columns(
            is_late=outcome.is_in(["late", "overdue"]).cast(nw.Int64),
            is_judged=outcome.is_in(["kept", "late", "overdue"]).cast(nw.Int64),
        )
        .group_by("link")
        .agg(
            nw.col("position").min(), nw.col("from_step").min(), nw.col("to_step").min(), nw.col("post").min(),
            nw.col("limit_unit").max(), nw.col("limit_seconds").max(), nw.col("seconds").count().alias("n"),
            nw.col("is_late").sum().alias("late"), nw.col("is_judged").sum().alias("judged"),
            *(nw.col("seconds").quantile(at, interpolation="linear").alias(name) for name, at in QUANTILES.items()),
        )
    )
    return {row["link"]: row for row in table}


def _judged(facts: Facts, period: Period) -> dict[str, dict[tuple[Any, ...], int]]:
    def of(*outcomes: str) -> dict[tuple[Any, ...], int]:
        return cohort.counts_by_period(
            facts.links.filter(nw.col("outcome").is_in(outcomes)), nw.len(), period, cohort.CHARTED, "link"
        )

    return {"late": of("late", "overdue"), "judged": of("kept", "late", "overdue")}


def _missed(facts: Facts, period: Period) -> int:
    return int(cohort.rows(
        facts.journeys.filter(cohort.due_in(period), nw.col("promise") == "missed").select(n=nw.len())
    )[0]["n"])


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
