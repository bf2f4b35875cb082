"""Ines runs the last meter of Quay & Sons. She wants to know where it breaks and is sure that what she is told is there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lastmeter.diagnosis.reefs import Reefs, find_reefs
from lastmeter.diagnosis.reefs.model import Model
from lastmeter.diagnosis.reefs.sample import read_sample
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.shoals import YEAR, Trouble, facts_of, parcels

GLASS = Trouble("damaged", 0.35, {"performer": "courier:c", "product": "glass"})
VANS = Trouble("pickup", 0.20, {"origin": "north"})


def codes(reefs: Reefs) -> set[str]:
    return {reef.code for reef in reefs.all}


def test_a_courier_that_breaks_glass_and_a_depot_whose_vans_are_late() -> None:
    reefs = find_reefs(facts_of(parcels([GLASS, VANS])), period=YEAR)
    assert [reef.code for reef in reefs.main] == ["pickup: origin=north"]
    assert [reef.code for reef in reefs.interactions] == ["damaged: performer=courier:c, product=glass"]
    (glass,) = reefs.interactions
    assert glass.post == "packing"
    # 2 % break anyway, and 35 % of the rest: 18 times as many.
    assert glass.size.low < (0.02 + 0.98 * 0.35) / 0.02 < (glass.size.high or 0)
    assert glass.flaws > 10 * glass.expected
    assert len(glass.examples) == 3


def test_the_potential_is_what_the_trouble_costs_and_no_more() -> None:
    columns = parcels([VANS])
    (reef,) = find_reefs(facts_of(columns), period=YEAR).all
    late, flawed = columns["pickup"] & (columns["origin"] == "north"), columns["delivery"] | columns["damaged"]
    planted = 0.20 / (0.06 + 0.94 * 0.20)  # of the late ones there
    only = (late & ~flawed).sum()
    assert reef.potential.journeys == pytest.approx(planted * only, rel=0.25)
    assert reef.potential.low < reef.potential.now + planted * only / len(late) < reef.potential.high


def test_a_far_place_does_not_make_reefs_of_the_couriers_who_serve_it() -> None:
    columns = parcels([Trouble("delivery", 0.25, {"place": "Fern"})], n=12_000)
    columns["performer"][(columns["place"] == "Fern")] = "courier:a"
    columns["performer"][(columns["place"] != "Fern") & (columns["journey_id"] < "p06000")] = "courier:b"
    found = find_reefs(facts_of(columns), period=YEAR)
    assert codes(found) == {"delivery: place=Fern"}


def test_a_depot_explains_the_places_that_it_serves() -> None:
    served = {"Ash": "north", "Elm": "north", "Birch": "east", "Cedar": "west", "Dale": "east", "Fern": "west"}
    found = find_reefs(facts_of(parcels([VANS], depot_of=served)), period=YEAR)
    assert codes(found) == {"pickup: origin=north"}


def test_a_courier_who_is_bad_with_rugs_in_elm_is_not_bad_with_rugs() -> None:
    columns = parcels()
    chance = np.random.default_rng(5)
    hit = (columns["place"] == "Elm") & (columns["product"] == "rugs") & (columns["performer"] == "courier:b")
    columns["damaged"] = (chance.random(len(hit)) < 0.002) | (hit & (chance.random(len(hit)) < 0.6))
    assert codes(find_reefs(facts_of(columns), period=YEAR)) == {"damaged: place=Elm, performer=courier:b, product=rugs"}


def test_a_depot_is_judged_beside_the_bad_place_that_it_serves() -> None:
    served = {"Ash": "north", "Elm": "north", "Birch": "east", "Cedar": "west", "Dale": "east", "Fern": "west"}
    facts = facts_of(parcels([Trouble("delivery", 0.35, {"place": "Fern"})], depot_of=served))
    sample = read_sample(facts, YEAR, None)
    model = Model(sample, sample.outcome("delivery"), np.ones(len(sample), dtype=bool))
    alone = model.against((("origin", "west"),), across=True)
    model.add((("place", "Fern"),))
    beside = model.against((("origin", "west"),), across=True)
    assert alone.found > 1.5 * alone.awaited
    assert beside.found < 1.1 * beside.awaited


@pytest.mark.parametrize("seed", [1, 3])
def test_a_courier_who_breaks_lamps_and_rugs_too_is_not_one_who_breaks_glass(seed: int) -> None:
    # Glass breaks with everybody, and this courier breaks everything: together they stand out most, and explain the least.
    columns = parcels([Trouble("damaged", 0.08, {"product": "glass"}), Trouble("damaged", 0.10, {"performer": "courier:c"})],
                      n=4_000, seed=seed)
    both = (columns["performer"] == "courier:c") & (columns["product"] == "glass")
    columns["damaged"] |= both & (np.random.default_rng(6).random(len(both)) < 0.2)
    found = find_reefs(facts_of(columns), period=YEAR)
    assert codes(found) == {"damaged: performer=courier:c", "damaged: product=glass"}


def test_fifty_parcels_are_enough_if_a_third_of_them_are_late() -> None:
    # 14 late ones where 3 would be, in a year: neither half of the days could tell them from the luck of a thousand segments.
    trouble = Trouble("pickup", 0.25, {"place": "Dale", "performer": "courier:g", "product": "lamps"})
    (reef,) = find_reefs(facts_of(parcels([trouble], seed=3)), period=YEAR).all
    assert reef.code == "pickup: place=Dale, performer=courier:g, product=lamps"
    assert (reef.n, reef.flaws) == (46, 14)


def test_a_depot_that_is_late_does_not_hide_what_else_breaks_in_a_part_of_it() -> None:
    lamps = Trouble("delivery", 0.35, {"origin": "north", "product": "lamps"})
    found = find_reefs(facts_of(parcels([VANS, lamps])), period=YEAR)
    assert codes(found) == {"pickup: origin=north", "delivery: product=lamps, origin=north"}


def test_a_size_is_that_of_the_half_of_the_days_that_shows_less() -> None:
    (reef,) = find_reefs(facts_of(parcels([VANS])), period=YEAR).all
    assert reef.size.n == pytest.approx(reef.n / 2, rel=0.1)
    assert 1 < reef.size.ratio <= reef.ratio


def test_what_stands_out_most_comes_first() -> None:
    reefs = find_reefs(facts_of(parcels([GLASS, VANS])), period=YEAR)
    for reef in reefs.all:
        evidence = reef.flaws * math.log(reef.flaws / reef.expected) - (reef.flaws - reef.expected)
        assert reef.standing == pytest.approx(evidence / math.sqrt(reef.n))
    assert [reef.rule for reef in reefs.all] == sorted((reef.rule for reef in reefs.all), key=["damaged", "pickup"].index)


def test_what_follows_from_a_reef_is_told_with_it_and_not_twice() -> None:
    follow = {"delivery": ("pickup", 0.6), "low_score": ("delivery", 0.5)}
    (reef,) = find_reefs(facts_of(parcels([VANS], follow=follow)), period=YEAR).all
    assert reef.code == "pickup: origin=north"
    assert set(reef.also) >= {"delivery"}


def test_a_bad_month_is_a_signal_and_no_reef() -> None:
    storm = [Trouble("delivery", 0.3, {}, months=[11]), Trouble("pickup", 0.2, {}, months=[11])]
    assert not codes(find_reefs(facts_of(parcels(storm)), period=YEAR))


def test_days_on_which_one_courier_failed_are_no_reef() -> None:
    # Six bad days in the year with half the parcels late: as many flaws as a reef has, but in lumps.
    columns = parcels()
    days = {f"2025-{month:02d}-15" for month in (1, 3, 5, 7, 9, 11)}
    lumps = [str(day) in days and courier == "courier:d" for day, courier in zip(columns["due_on"], columns["performer"], strict=True)]
    columns["delivery"] |= lumps
    assert sum(lumps) > 15
    assert not codes(find_reefs(facts_of(columns), period=YEAR))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_planted_nothing_found(seed: int) -> None:
    assert not codes(find_reefs(facts_of(parcels(seed=100 + seed, n=6_000)), period=YEAR))


def test_a_month_is_enough_for_a_large_reef() -> None:
    facts = facts_of(parcels([Trouble("pickup", 0.5, {"origin": "north"})]))
    found = find_reefs(facts, period=parse_period("2025-05"))
    assert codes(found) == {"pickup: origin=north"}
    assert found.due < 1_300


def test_the_same_on_every_engine_and_in_every_order_of_rows() -> None:
    columns = parcels([GLASS, VANS], n=6_000)
    first = find_reefs(facts_of(columns), period=YEAR)
    assert find_reefs(facts_of(columns, engine="polars"), period=YEAR) == first
    assert find_reefs(facts_of(columns, shuffle=3), period=YEAR) == first
    assert codes(first)


def test_the_sentence_has_the_figures_in_both_languages() -> None:
    (reef,) = find_reefs(facts_of(parcels([VANS])), period=YEAR).all
    assert f"{reef.flaws:,}" in reef.sentence.en
    assert f"{reef.flaws:,}" in reef.sentence.zh
    assert "north" in reef.sentence.en
    assert "始发地“north”" in reef.sentence.zh


def test_a_few_parcels_say_nothing() -> None:
    found = find_reefs(facts_of(parcels([VANS], n=90)), period=YEAR)
    assert (found.due, found.all) == (90, [])


def test_dimensions_can_be_chosen_and_must_be_known() -> None:
    facts = facts_of(parcels([VANS]))
    assert not codes(find_reefs(facts, period=YEAR, dimensions=["product", "weekday"]))
    with pytest.raises(LastMeterError) as error:
        find_reefs(facts, period=YEAR, dimensions=["colour"])
    assert error.value.code == "reefs.unknown_dimension"
