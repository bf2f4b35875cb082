"""The pieces that a search for reefs is made of, against what can be worked out by hand or exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.diagnosis.reefs import chance, heldout, scan
from lastmeter.diagnosis.reefs.candidates import groupings
from lastmeter.diagnosis.reefs.chance import Chance, Chances, Line
from lastmeter.diagnosis.reefs.expected import fit
from lastmeter.diagnosis.reefs.model import Model
from lastmeter.diagnosis.reefs.sample import Dimension, read_sample
from lastmeter.diagnosis.reefs.search import FEWEST_FLAWS, LEAST_RATIO, Search, Spotted, _Dealt
from tests.diagnosis.shoals import YEAR, Trouble, facts_of, parcels


def exact_tail(found: int, expected: float) -> float:
    return 1 - math.fsum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(found))


@given(st.integers(5, 60), st.floats(0.2, 0.88))
@settings(max_examples=60, deadline=None)
def test_the_poisson_tail_is_within_two_in_a_hundred_of_the_exact_one(found: int, share: float) -> None:
    exact = exact_tail(found, found * share)
    if exact > 1e-10:  # below, the exact sum itself has no digits left
        assert scan.tail(np.array([float(found)]), np.array([found * share]))[0] == pytest.approx(exact, rel=0.02)


def test_no_more_flaws_than_expected_is_no_evidence() -> None:
    assert scan.tail(np.array([3.0]), np.array([8.0]))[0] == 1
    assert scan.log_ratio(np.array([3.0]), np.array([8.0]), 100)[0] == 0


def test_the_likelihood_ratio_by_hand() -> None:
    # 20 of 100 flaws where 10 are expected: 20 ln 2 + 80 ln(80 / 90).
    ratio = scan.log_ratio(np.array([20.0]), np.array([10.0]), 100)[0]
    assert ratio == pytest.approx(20 * math.log(2) + 80 * math.log(80 / 90))


def test_within_its_place_a_segment_is_held_against_the_rest_of_that_place() -> None:
    # 25 of the place's 30 flaws where its margin awaits 6.5: the other 5 stand where 23.5 were awaited.
    ratio = scan.log_ratio(np.array([25.0]), np.array([6.5]), np.array([30.0]))[0]
    assert ratio == pytest.approx(25 * math.log(25 / 6.5) + 5 * math.log(5 / 23.5))
    sample = read_sample(facts_of(parcels([Trouble("damaged", 0.6, {"place": "Elm", "product": "rugs"})])), YEAR, None)
    search = Search(sample, ["place", "product"], np.random.default_rng(1))
    rows = np.flatnonzero(sample.outcome("damaged").broken)
    by_name = {grouping.dimensions: search._totals(grouping, rows) for grouping in search.groupings}
    of_elm = float((sample.outcome("damaged").broken & sample.holds((("place", "Elm"),))).sum())
    assert set(by_name["place",].tolist()) == set(by_name["product",].tolist()) == {float(len(rows))}
    assert of_elm in by_name["place", "product"].tolist()
    assert math.fsum(set(by_name["place", "product"].tolist())) == len(rows)


def test_flaws_in_lumps_are_worth_less() -> None:
    days = np.repeat(np.arange(10), 10)
    lumped, spread = (days < 2).astype(float), np.tile([1.0, 0, 0, 0, 0], 20)
    expected = np.full(100, 0.1)
    assert scan.dispersion(spread, expected, days) == 1
    # Each day's 10 or 0 against 2: (2 · 8² + 8 · 2²) · 10 / 9 over 20 flaws.
    assert scan.dispersion(lumped, expected, days) == pytest.approx((2 * 64 + 8 * 4) * 10 / 9 / 20)


def test_two_large_clusters_tell_nothing_about_lumps() -> None:
    # Two firms do nearly all the work, one well and one badly; three others are there once each: worth two clusters, not five.
    broken = np.repeat([1.0, 0.0], [50, 53])
    expected = np.full(103, 0.5)
    assert scan.dispersion(broken, expected, np.repeat([0, 1, 2, 3, 4], [50, 50, 1, 1, 1])) == 1
    # Five equal firms, two of them bad: deviations 2 of 12.2 and 3 of -8.4 or so, over 50 flaws.
    assert scan.dispersion(broken[:100], expected[:100], np.repeat(np.arange(5), 20)) == pytest.approx(
        5 / 4 * (2 * 10**2 + 0 + 2 * 10**2) / 50
    )


def test_each_kind_of_name_has_an_equal_share_of_chance() -> None:
    chances = Chances({0: Chance(3.0, 1.0), 1: Chance(4.0, 1.0), 2: Chance(7.0, 1.0)})
    alone, pair = chances.ratio(0.003, ["origin"]), chances.ratio(0.003, ["origin", "product"])
    # A thousandth for each of three: 4 - ln(-ln(0.999)), and three more for a pair.
    assert alone == pytest.approx(4 - math.log(-math.log(0.999)))
    assert pair == pytest.approx(alone + 3)
    assert chances.ratio(0.003, ["place"]) == pytest.approx(alone - 1)
    assert chances.p(pair, ["place", "product"]) == pytest.approx(0.003)
    assert chances.p(-50, ["origin"]) == 1


@given(st.floats(0, 12), st.floats(0.2, 2), st.floats(1e-6, 0.9))
@settings(max_examples=50, deadline=None)
def test_the_ratio_of_chance_is_the_one_that_has_that_chance(place: float, scale: float, p: float) -> None:
    made = Chance(place, scale)
    assert made.p(made.ratio(p)) == pytest.approx(p, rel=1e-6)


@given(st.integers(0, 30))
@settings(max_examples=10, deadline=None)
def test_the_largest_ratio_of_a_deal_is_that_of_counting_one_by_one(seed: int) -> None:
    sample = read_sample(facts_of(parcels([Trouble("pickup", 0.2, {"origin": "north"})], n=1_500)), YEAR, None)
    search = Search(sample, ["origin", "product"], np.random.default_rng(1))
    models = [Model(sample, one, np.ones(len(sample), dtype=bool)) for one in search.outcomes]
    rows = [np.flatnonzero(one.broken) for one in search.outcomes]
    dealt = np.random.default_rng(seed).permutation(len(sample))
    rule = np.repeat(np.arange(len(rows)), [len(one) for one in rows])
    line = Line.of(sample.bucket, sample.day)
    for grouping in search.groupings:
        one_by_one = [0.0]
        for model, broken in zip(models, rows, strict=True):
            for number in range(len(grouping)):
                inside = grouping.codes == number
                found, awaited = float(inside[dealt[broken]].sum()), float(model.within_places[inside].sum())
                if found >= FEWEST_FLAWS and found >= LEAST_RATIO * awaited:
                    one_by_one.append(float(scan.log_ratio(np.array([found]), np.array([awaited]), float(len(broken)))[0]))
        looked_at = _Dealt.of(search, grouping, line, models, rows)
        largest = looked_at.largest(line.stands[dealt[np.concatenate(rows)]], rule)
        assert largest == pytest.approx(max(one_by_one))


@given(st.integers(1, 60), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_of_each_pair_of_days_one_is_in_either_half(days: int, seed: int) -> None:
    sample = read_sample(facts_of(parcels(n=300)), YEAR, None)
    part = sample.part(sample.day < days)
    one, other = heldout.halves(part, np.random.default_rng(seed))
    assert (one ^ other).all()
    if len(np.unique(part.day)) >= 10:
        for pair in np.unique(part.day // 2):
            for day in (2 * pair, 2 * pair + 1):
                assert len(np.unique(one[part.day == day])) <= 1
            assert not (one[part.day == 2 * pair].any() and one[part.day == 2 * pair + 1].any())


def test_a_reef_is_as_large_as_in_the_half_that_had_no_say() -> None:
    """One half finds it (chance does next to nothing there), the other would not have: the other says how large it is."""
    sample = read_sample(facts_of(parcels([Trouble("pickup", 0.2, {"origin": "north"})])), YEAR, None)
    reef = Spotted("pickup", (("origin", "north"),), 30.0, 20.0, 1e-9)
    one, other = heldout.halves(sample, np.random.default_rng(2))
    finds, never = Chances({1: Chance(0.1, 0.1)}), Chances({1: Chance(1e6, 1.0)})
    nothing = {outcome.rule: np.zeros(len(sample), dtype=bool) for outcome in sample.outcomes}

    def size(of_one: Chances, of_other: Chances) -> heldout.Measured | None:
        both = [heldout.Half(one, sample.part(one), of_one), heldout.Half(other, sample.part(other), of_other)]
        return heldout.sizes(both, [reef], nothing).get(reef)

    held_out, the_other_way, lesser = size(finds, never), size(never, finds), size(finds, finds)
    assert held_out is not None
    assert the_other_way is not None
    assert (held_out.n, the_other_way.n) == tuple(int((sample.holds(reef.conditions) & rows).sum()) for rows in (other, one))
    assert lesser == min(held_out, the_other_way, key=lambda of: of.ratio)
    assert size(never, never) is None


def test_the_interval_of_the_lesser_half_holds_the_truth() -> None:
    # Twice as many as expected, found beyond doubt, and just found in the upper half of all that could have been seen.
    random = np.random.default_rng(3)
    both = random.poisson(40, (4000, 2))
    for seen in (both, both[both.sum(axis=1) >= 80]):
        lesser = seen.min(axis=1)
        between = [heldout._byar(float(count)) for count in lesser]
        assert np.mean([low <= 40 <= high for low, high in between]) >= 0.94
    # What was found by luck is not told larger for it.
    assert both[both.sum(axis=1) >= 80].min(axis=1).mean() == pytest.approx(40, abs=1.0)


def test_benjamini_and_hochberg_by_hand() -> None:
    chances = np.array([0.001, 0.02, 0.03, 0.2, 0.9])
    assert scan.discovered(chances, 0.05).tolist() == [True, True, True, False, False]
    assert not scan.discovered(np.array([]), 0.05).size


def test_margins_and_reefs_agree_after_the_fit() -> None:
    rng = np.random.default_rng(4)
    month, place = rng.integers(0, 5, 4000), rng.integers(0, 7, 4000)
    reef = rng.random(4000) < 0.05
    broken = rng.random(4000) < 0.05 * (1 + month / 4) * (1 + place / 5) + 0.3 * reef
    every = np.ones(4000, dtype=bool)
    fitted = fit(broken, [month, place], [reef], every)
    for margin in (month, place, reef.astype(int)):
        assert np.bincount(margin, weights=fitted.expected) == pytest.approx(np.bincount(margin, weights=broken), rel=1e-3)
    without = float(fitted.without(0, reef).sum())
    assert without == pytest.approx(float(fitted.expected[reef].sum()) / fitted.factors[0])
    assert 2 < fitted.factors[0] < 7


def test_a_reef_that_fills_most_of_its_place_is_not_hidden_by_its_margin() -> None:
    place = np.repeat([0, 1], [1000, 1000])
    reef = np.concatenate([np.repeat([True, False], [700, 300]), np.zeros(1000, dtype=bool)])
    broken = np.zeros(2000, dtype=bool)
    broken[:210], broken[700:730], broken[1000:1100] = True, True, True  # 30 % in the reef, 10 % elsewhere
    fitted = fit(broken, [place], [reef], np.ones(2000, dtype=bool))
    assert float(fitted.without(0, reef).sum()) == pytest.approx(70, rel=1e-3)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_dealing_keeps_every_flaw_within_its_stratum(strata: list[int], seed: int) -> None:
    codes = np.array(strata)
    line = Line.of(codes, np.random.default_rng(seed).permutation(len(codes)))
    for places in line.deals(np.arange(len(codes)), 3, np.random.default_rng(seed)):
        target = line.journeys[places]
        assert sorted(target.tolist()) == list(range(len(codes)))
        assert codes[target].tolist() == strata


def test_gumbel_says_how_likely_chance_is() -> None:
    largest = 5 - 0.8 * np.log(-np.log(np.random.default_rng(2).random(4000)))
    fitted = chance.fit(largest)
    assert fitted.place == pytest.approx(5, abs=0.05)
    assert fitted.scale == pytest.approx(0.8, abs=0.05)
    assert fitted.p(5 + 0.8 * 4.6) == pytest.approx(0.01, abs=0.003)
    assert chance.fit(np.array([3.0, 3.0])).p(4.0) == 0


def test_a_longer_name_for_the_same_journeys_is_no_candidate() -> None:
    depot = np.repeat([0, 1], 100)
    courier = np.concatenate([np.zeros(97, dtype=np.int64), np.ones(103, dtype=np.int64)])
    made = groupings(
        [Dimension("origin", depot, ["east", "west"]), Dimension("performer", courier, ["a", "b"])], np.ones(200, dtype=bool), 30
    )
    assert [one.dimensions for one in made] == [("origin",), ("performer",)]


def test_candidates_are_counted_right() -> None:
    rng = np.random.default_rng(8)
    made = {name: Dimension(name, rng.integers(-1, 3, 900), ["x", "y", "z"]) for name in ("origin", "performer", "product")}
    for grouping in groupings(list(made.values()), np.ones(900, dtype=bool), 10):
        for number, cell in enumerate(grouping.cells.tolist()):
            members = np.logical_and.reduce([made[name].codes == code for name, code in zip(grouping.dimensions, cell, strict=True)])
            assert members.sum() == grouping.n[number]
            assert (grouping.codes == number).tolist() == members.tolist()
