"""Quantiles of a column by group: worked out by hand, and the same on both engines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.indicators.facts_factory import ENGINES, Engine, facts_of

from lastmeter.indicators.quantiles import quantiles

SHARES = (0.1, 0.5, 0.9)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_link_of_five_passages_and_one_of_none(engine: Engine) -> None:
    took = [10.0, 20.0, 30.0, 40.0, 80.0]
    rows = [{"link": "tour", "seconds": seconds} for seconds in took]
    facts = facts_of(engine, links=[*rows, {"link": "tour", "seconds": None}, {"link": "pickup", "seconds": None}])
    (tour,) = quantiles(facts.links, ["link"], "seconds", SHARES)
    assert tour.keys == ("tour",)
    assert tour.values == pytest.approx((14.0, 30.0, 64.0))  # 10 + 0.4 · 10; the third; 40 + 0.6 · 40


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 10**6)), min_size=1, max_size=40))
def test_both_engines_agree(passages: list[tuple[str, int | None]]) -> None:
    rows = [{"link": link, "seconds": None if took is None else float(took)} for link, took in passages]
    first, *others = (
        sorted(quantiles(facts_of(engine, links=rows).links, ["link"], "seconds", SHARES)) for engine in ENGINES
    )
    for other in others:
        assert [group.keys for group in other] == [group.keys for group in first]
        for ours, theirs in zip(other, first, strict=True):
            assert ours.values == pytest.approx(theirs.values)
