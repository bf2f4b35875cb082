"""`find_reefs`: the segments of a period in which journeys break more often than anything else explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lastmeter.diagnosis import naming
from lastmeter.diagnosis.reefs import heldout, potential, scan, sentences
from lastmeter.diagnosis.reefs.heldout import Measured
from lastmeter.diagnosis.reefs.model import Conditions, Model, is_place_alone
from lastmeter.diagnosis.reefs.reef import Condition, Reef, Reefs, Size, order
from lastmeter.diagnosis.reefs.sample import ANY, Flags, Sample, read_sample
from lastmeter.diagnosis.reefs.search import FEWEST_DEALS, LEAST_RATIO, Search, Spotted, clusterings
from lastmeter.journeys.facts import DIMENSIONS, Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

EXAMPLES = 3
_ALSO_AT = 0.001
_BESIDE_AT = 0.0001
_ALIKE = 0.8
_FEWEST_JOURNEYS = 120  # with fewer there is nothing to divide


@dataclass(frozen=True)
class Words:
    """Titles by code."""

    rules: Mapping[str, Title]
    rule_posts: Mapping[str, str | None]
    posts: Mapping[str, Title] | None
    values: naming.Names | None


def find_reefs(
    facts: Facts, *, period: Period, dimensions: Sequence[str] | None = None, seed: int = 0,
    posts: Mapping[str, Title] | None = None, names: naming.Names | None = None,
) -> Reefs:
    """The reefs among the journeys of one kind that fell due in a period; the same facts and seed give the same.

    The method: docs/explanation/reefs.md. `dimensions`: some of place, performer, product, channel, brand, origin and weekday;
    left out, all but the last. `posts` and `names` are titles, by code, and by dimension and code.

    Raises:
        LastMeterError: `reefs.unknown_dimension`, `reefs.several_kinds`.
    """
    sample = read_sample(facts, period, dimensions)
    rng = np.random.default_rng([seed, 71])
    asked = [name for name in (dimensions or DIMENSIONS) if name in sample.dimensions]
    if len(sample) < _FEWEST_JOURNEYS:
        return Reefs(period.code, len(sample), 0, 0, 0, [], [])
    words = Words(naming.rule_titles(facts), naming.rule_posts(facts), posts, names)
    search = Search(sample, asked, rng)
    # The middle of what chance finds needs fewer deals than its tail.
    halves = [
        heldout.Half(rows, part, Search(part, asked, rng, deals=FEWEST_DEALS).chances)
        for rows in heldout.halves(sample, rng) for part in [sample.part(rows)]
    ]
    explained = search.explained = {one.rule: np.zeros(len(sample), dtype=bool) for one in sample.outcomes}
    found: list[tuple[Spotted, Measured]] = []
    whole: dict[str, Model] = {}
    spotted = 0
    for tier in search.tiers():
        beside = _beside_each_other(sample, search.find(tier), explained, whole)
        spotted += len(beside)
        sizes = heldout.sizes(halves, beside, explained)
        for one in beside:
            if one not in sizes:
                whole[one.rule].drop(one.conditions)
        found += sizes.items()
        _explain(sample, list(sizes), tier, explained)
    plain = {one.rule: Model(sample, one, np.ones(len(sample), dtype=bool)) for one in sample.outcomes}
    reefs = [_reef(sample, one, of_segment, whole, plain, words) for one, of_segment in _by_segment(found)]
    ranked = sorted(reefs, key=order)
    return Reefs(
        period.code, len(sample), search.tested.segments, search.tested.rules, spotted,
        [one for one in ranked if one.kind == "main"], [one for one in ranked if one.kind == "interaction"],
    )


def _beside_each_other(
    sample: Sample, spotted: Sequence[Spotted], explained: Mapping[str, Flags], whole: dict[str, Model],
) -> list[Spotted]:
    """What was found, without what the stronger ones explain: one reef under two names."""
    accepted: list[Spotted] = []
    for one in sorted(spotted, key=lambda one: (-one.beyond, one.rule, one.conditions)):
        if one.rule not in whole:
            whole[one.rule] = Model(sample, sample.outcome(one.rule), ~explained[one.rule])
        model = whole[one.rule]
        members = sample.holds(one.conditions)
        if any(_alike(members, sample.holds(other)) for other in model.reefs):
            continue
        # A part of a place that is a reef itself must stand out within that place.
        within = any(is_place_alone(other) and set(other) < set(one.conditions) for other in model.reefs)
        one = replace(one, across=one.across and not within)
        if _evidence(model, one).stands:
            model.add(one.conditions)
            accepted.append(one)
    return _pruned(accepted, whole)


def _pruned(accepted: list[Spotted], whole: Mapping[str, Model]) -> list[Spotted]:
    """Without those that the ones taken after them explain: a courier who is bad with one product only is no bad courier.

    The weakest goes first, and the others are judged anew.
    """
    while True:
        beside = {one: _evidence(whole[one.rule], one) for one in accepted}
        fallen = [one for one, evidence in beside.items() if not evidence.stands]
        if not fallen:
            return accepted
        weakest = min(fallen, key=lambda one: (beside[one].ratio, one.rule, one.conditions))
        whole[weakest.rule].drop(weakest.conditions)
        accepted = [one for one in accepted if one != weakest]


class _Evidence(NamedTuple):
    """A reef in all journeys, beside the other reefs: its flaws, those expected, and the log likelihood's ratio."""

    found: float
    awaited: float
    ratio: float
    stands: bool


def _evidence(model: Model, one: Spotted) -> _Evidence:
    beside = model.against(one.conditions, across=one.across)
    spread = scan.dispersion(beside.broken, beside.expected, *clusterings(model.sample, beside.members, one.conditions))
    found, awaited = np.array([beside.found / spread]), np.array([beside.awaited / spread])
    ratio = float(scan.log_ratio(found, awaited, float(model.broken.sum()) / spread)[0])
    chance = float(scan.tail(found, awaited)[0])
    stands = beside.found >= LEAST_RATIO * beside.awaited and chance <= _BESIDE_AT
    return _Evidence(beside.found, beside.awaited, ratio, stands)


def _alike(one: Flags, other: Flags) -> bool:
    """Whether two segments hold mostly the same journeys."""
    return bool((one & other).sum() >= _ALIKE * (one | other).sum())


def _explain(sample: Sample, confirmed: Sequence[Spotted], tier: int, explained: dict[str, Flags]) -> None:
    """A journey that broke a reef's rule inside the reef is explained: later tiers look at it no more."""
    for one in confirmed:
        rows = sample.holds(one.conditions) & sample.outcome(one.rule).broken
        for outcome in sample.outcomes:
            if outcome.tier > tier:
                explained[outcome.rule] |= rows


def _by_segment(
    found: Sequence[tuple[Spotted, Measured]]
) -> list[tuple[tuple[Spotted, Measured], list[str]]]:
    """The first rule found in each segment, with the other rules found there."""
    first: dict[Conditions, tuple[Spotted, Measured]] = {}
    others: dict[Conditions, list[str]] = {}
    for spotted, measured in found:
        if spotted.conditions in first:
            others[spotted.conditions].append(spotted.rule)
        else:
            first[spotted.conditions] = (spotted, measured)
            others[spotted.conditions] = []
    return [(first[conditions], others[conditions]) for conditions in first]


def _reef(
    sample: Sample, one: tuple[Spotted, Measured], of_segment: Sequence[str], whole: Mapping[str, Model],
    plain: Mapping[str, Model], words: Words,
) -> Reef:
    spotted, measured = one
    evidence = _evidence(whole[spotted.rule], spotted)
    flaws, expected = evidence.found, evidence.awaited
    members = sample.holds(spotted.conditions)
    also = _also(sample, spotted, of_segment, plain)
    size = Size(round(measured.ratio, 4), round(measured.low, 4),
                None if measured.high is None else round(measured.high, 4), measured.n)
    broken = np.flatnonzero(members & sample.outcome(spotted.rule).broken)
    conditions = [
        Condition(name, value, sentences.DIMENSIONS[name], sentences.value(words.values, name, value))
        for name, value in spotted.conditions
    ]
    rule_title = sentences.ANY_TITLE if spotted.rule == ANY else words.rules.get(spotted.rule, Title(spotted.rule, spotted.rule))
    post = words.rule_posts.get(spotted.rule)
    gain = potential.of(sample, whole[spotted.rule], spotted.conditions, also, size, (flaws, expected))
    return Reef(
        rule=spotted.rule, rule_title=rule_title, also=also,
        also_titles=[words.rules.get(rule, Title(rule, rule)) for rule in also],
        kind="main" if len(conditions) == 1 else "interaction", conditions=conditions, n=int(members.sum()),
        flaws=int(flaws), expected=round(expected, 2), ratio=round(flaws / expected, 4) if expected > 0 else 0.0,
        p=float(f"{spotted.p:.3g}"), q=float(f"{measured.p:.3g}"), size=size, potential=gain, post=post,
        post_title=naming.post_title(post, words.posts),
        examples=sample.ids.take(broken[::-1][:EXAMPLES]).to_pylist(),
        sentence=sentences.of(conditions, rule_title, int(members.sum()), int(flaws), expected, size),
    )


def _also(sample: Sample, spotted: Spotted, of_segment: Sequence[str], plain: Mapping[str, Model]) -> list[str]:
    """The other rules that break more often in the segment: those found there, and those clearly raised."""
    raised = []
    names = [name for name, _ in spotted.conditions]
    for outcome in sample.outcomes:
        if outcome.rule in (spotted.rule, ANY):
            continue
        members = sample.holds(spotted.conditions)
        found, expected = float(outcome.broken[members].sum()), float(plain[outcome.rule].awaited(names)[members].sum())
        chance = float(scan.tail(np.array([found]), np.array([expected]))[0])
        if outcome.rule in of_segment or (found >= LEAST_RATIO * expected and chance <= _ALSO_AT):
            raised.append((expected - found, outcome.rule))
    return [rule for _, rule in sorted(raised)]
