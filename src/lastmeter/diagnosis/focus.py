"""The focus list: the three or four reefs or causes to clear now, and the one that becomes the largest once they are.

Potentials overlap: a journey may lie in two reefs, and one that broke two rules is perfect only when both are kept. So each
item counts what it adds to those before it. A journey's flaw goes with the probability that its item clears it: in a reef
the share of flaws above its siblings' median, in a cause the share above the median place. A journey turns perfect when
all its flaws go. The item that adds most comes first, then the one that adds most to it (greedy).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec
import narwhals.stable.v2 as nw
import numpy as np

from lastmeter.diagnosis import change, cohort, words
from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.reefs.model import Model
from lastmeter.diagnosis.reefs.reef import Reef, Reefs
from lastmeter.diagnosis.reefs.sample import ANY, WEEKDAY, Flags, Sample, read_sample
from lastmeter.indicators.intervals import Floats
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

MOST = 4
LEAST_JOURNEYS = 1.0
"""An item must add so many perfect journeys to be worth a place on the list."""


class Chosen(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody took this on: the item's code, who owns it, what is being done, by when, since when, and a note."""

    code: str
    owner: str | None = None
    action: str | None = None
    due: date | None = None
    since: date | None = None
    note: str | None = None


class FocusItem(msgspec.Struct, frozen=True):
    """A reef or a cause to clear.

    `adds`: perfect journeys beyond those of the items before it; `rate_after`: the perfect-journey rate with it and all before
    it cleared, a potential and no effect. `trend`: share of the segment's due journeys with this flaw in each of the last
    twelve periods, None where nothing was due; `change`: what the chart says about the last. `owner`: who chose it, else who
    holds the post.
    """

    code: str
    kind: Literal["reef", "cause"]
    title: Title
    rule: str
    segment: dict[str, str]
    post: str | None
    post_title: Title | None
    owner: str | None
    flaws: int
    n: int
    adds: float
    rate_after: float
    trend: list[float | None]
    change: Change
    sentence: Title
    chosen: Chosen | None


class Focus(msgspec.Struct, frozen=True):
    """The list of a period: `now` is its perfect-journey rate, `rate` the one with all items cleared; `following` would be
    the largest then. `settled`: chosen earlier and no longer found in this period.
    """

    period: str
    now: float
    rate: float
    items: list[FocusItem]
    following: FocusItem | None
    settled: list[Chosen]


@dataclass(frozen=True)
class _Candidate:
    """`cleared`: the probability that a journey's flaw goes, for the rules and journeys that it is about."""

    code: str
    rules: Sequence[str]
    members: Flags
    cleared: float
    source: Reef | Cause


def focus(
    facts: Facts, *, period: Period, reefs: Reefs, causes: Sequence[Cause], size: int = MOST,
    chosen: Sequence[Chosen] = (), owners: Mapping[str, str] | None = None,
) -> Focus:
    """The focus list of a period from its reefs and its Pareto.

    What was chosen comes first if it is still there; what adds most fills the list to `size`. `owners`: who holds a post.
    """
    used = {one.dimension for reef in reefs.all for one in reef.conditions}
    sample = read_sample(facts, period, sorted(used))
    candidates = _candidates(sample, reefs, causes)
    ordered = _greedy(sample, candidates, size, [one.code for one in chosen])
    rate = float((~sample.flawed).mean()) if len(sample) else 0.0
    by_code = {one.code: one for one in chosen}
    rows, running = [], rate
    for candidate, adds in ordered:
        running += adds / max(len(sample), 1)
        rows.append(_item(facts, period, candidate, (adds, running), by_code.get(candidate.code), owners or {}))
    listed = rows[:size]
    return Focus(
        period.code, round(rate, 6), listed[-1].rate_after if listed else round(rate, 6), listed,
        rows[size] if len(rows) > size else None,
        [one for one in chosen if one.code not in {candidate.code for candidate in candidates}],
    )


def cause_code(rule: str) -> str:
    """The code of a cause on the list; a reef's names its segment after the rule."""
    return rule


def _candidates(sample: Sample, reefs: Reefs, causes: Sequence[Cause]) -> list[_Candidate]:
    found = []
    for reef in reefs.all:
        above = 1 - reef.potential.siblings / reef.size.ratio if reef.size.ratio > 0 else 0.0
        rules = [one.rule for one in sample.outcomes] if reef.rule == ANY else reef.rules
        members = sample.holds(tuple(reef.segment.items()))
        found.append(_Candidate(reef.code, rules, members, min(max(above, 0.0), 1.0), reef))
    rules_present = {one.rule for one in sample.outcomes}
    everywhere = np.ones(len(sample), dtype=bool)
    found += [
        _Candidate(cause_code(cause.rule), [cause.rule], everywhere, _above_median_place(sample, cause.rule), cause)
        for cause in causes if cause.rule in rules_present and cause.count
    ]
    return found


def _above_median_place(sample: Sample, rule: str) -> float:
    """Of a rule's flaws, the share that would be gone if no place were above the median place."""
    model = Model(sample, sample.outcome(rule), np.ones(len(sample), dtype=bool))
    places = sample.dimensions["place"]
    middle = model.level[0]
    rows = places.codes >= 0
    found = np.bincount(places.codes[rows], weights=model.broken[rows], minlength=len(places.values))
    awaited = np.bincount(places.codes[rows], weights=model.across_places[rows], minlength=len(places.values)) * middle
    total = float(model.broken.sum())
    return float(np.maximum(found - awaited, 0.0).sum()) / total if total else 0.0


def _greedy(
    sample: Sample, candidates: Sequence[_Candidate], size: int, first: Sequence[str]
) -> list[tuple[_Candidate, float]]:
    """The list in its order with what each adds, one longer than `size`: what follows is on it too."""
    rows = np.flatnonzero(sample.flawed)
    counting = [one for one in sample.outcomes if one.rule != ANY and (one.rule in sample.counting or not sample.counting)]
    broken = np.stack([one.broken[rows] for one in counting]) if counting else np.zeros((0, len(rows)), dtype=bool)
    left = broken.astype(np.float64)  # the probability that the flaw is still there
    place = {one.rule: number for number, one in enumerate(counting)}
    remaining = list(candidates)
    ordered: list[tuple[_Candidate, float]] = []
    perfect = _perfect(left)
    while remaining and len(ordered) <= size:
        gains = [_perfect(_cleared(left, one, rows, place)) - perfect for one in remaining]
        wanted = [number for number, one in enumerate(remaining) if one.code in first]
        best = max(wanted or range(len(remaining)), key=lambda number: (gains[number], -number))
        if gains[best] < LEAST_JOURNEYS and not wanted:
            break
        candidate = remaining.pop(best)
        ordered.append((candidate, round(max(gains[best], 0.0), 2)))
        left = _cleared(left, candidate, rows, place)
        perfect = _perfect(left)
    return ordered


def _perfect(left: Floats) -> float:
    """How many of the flawed journeys are to be expected without a flaw."""
    return float(np.prod(1 - left, axis=0).sum()) if len(left) else 0.0


def _cleared(left: Floats, one: _Candidate, rows: np.ndarray[tuple[int], np.dtype[np.int64]], place: Mapping[str, int]) -> Floats:
    """The probabilities once an item is cleared, too; a flaw that two items clear goes with the larger probability."""
    after = left.copy()
    inside = one.members[rows]
    for rule in one.rules:
        if rule in place:
            row = after[place[rule]]
            row[inside] = np.minimum(row[inside], np.where(row[inside] > 0, 1 - one.cleared, 0.0))
    return after


def _item(
    facts: Facts, period: Period, candidate: _Candidate, potential: tuple[float, float],
    chosen: Chosen | None, owners: Mapping[str, str],
) -> FocusItem:
    source = candidate.source
    segment = source.segment if isinstance(source, Reef) else {}
    trend, verdict = _trend(facts, period, source.rule, segment)
    adds, rate = potential
    title = _title(source)
    return FocusItem(
        code=candidate.code, kind="reef" if isinstance(source, Reef) else "cause", title=title, rule=source.rule,
        segment=segment, post=source.post, post_title=source.post_title,
        owner=(chosen.owner if chosen and chosen.owner else None) or owners.get(source.post or ""),
        flaws=source.flaws if isinstance(source, Reef) else source.journeys, n=int(candidate.members.sum()), adds=adds,
        rate_after=round(rate, 6), trend=trend, change=verdict,
        sentence=words.fill(
            Title("{title}：清掉它，再多约 {adds}，完美率到 {rate}。",
                  "{title}: clearing it adds about {adds} and brings the rate to {rate}."),
            title=title, adds=words.perfect_journeys(adds), rate=words.percent(rate),
        ),
        chosen=chosen,
    )


def _title(source: Reef | Cause) -> Title:
    if isinstance(source, Cause):
        return source.title
    named = [(one.dimension_title, one.value_title) for one in source.conditions]
    return Title(
        f"{source.rule_title.zh}（" + "、".join(f"{dimension.zh}“{value.zh}”" for dimension, value in named) + "）",
        f"{source.rule_title.en} (" + ", ".join(f"{dimension.en} {value.en}" for dimension, value in named) + ")",
    )


def _trend(facts: Facts, period: Period, rule: str, segment: Mapping[str, str]) -> tuple[list[float | None], Change]:
    """The segment's share of due journeys with the flaw: twelve periods, and what the chart says about the last."""
    inside = nw.col("counted")
    for name, value in segment.items():
        if name != WEEKDAY:
            inside = inside & (nw.col(name) == value)
    due = cohort.counts_by_period(facts.journeys.filter(inside), {"n": nw.len()}, period, cohort.CHARTED)["n"]
    journeys = {"hits": nw.col("journey_id").n_unique()}
    of_rule = facts.flaws.filter(inside) if rule == ANY else facts.flaws.filter(inside, nw.col("rule") == rule)
    hit = cohort.counts_by_period(of_rule, journeys, period, cohort.CHARTED)["hits"]
    periods = cohort.run_up(period, cohort.CHARTED)
    hits, n = cohort.spelled(hit, periods), cohort.spelled(due, periods)
    shares = [round(h / of, 6) if of else None for h, of in zip(hits, n, strict=True)]
    return shares[-cohort.TREND:], change.of_shares(periods, hits, n, good="down", peaks=facts.peaks)
