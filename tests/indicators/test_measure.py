"""Measuring: groups, periods, maturity, coverage; the same bits on both engines, in any order, under any token."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.indicators.facts_factory import ENGINES, Engine, Rule, StubBlueprint, facts_of

from lastmeter.indicators import Figure, measure, owner_of, registry
from lastmeter.indicators.series import chart_of
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period

RULES = (
    Rule("handover", "", "link", "seller_care"), Rule("delivery", "", "promise", "logistics"),
    Rule("damaged", "", "forbidden", None), Rule("low_score", "", "feedback", "customer_care"),
)
ORDER = {"order": StubBlueprint(RULES)}


def journey(number: int, **columns: Any) -> dict[str, Any]:
    return {"journey_id": f"o{number}", "counted": True, "promise": "kept", "coverage": "handover,delivery",
            "rules_observed": 2, "rules_total": 4, **columns}


@pytest.mark.parametrize("engine", ENGINES)
def test_by_place_and_month_sorted_and_the_unknown_last(engine: Engine) -> None:
    facts = facts_of(engine, journeys=[
        journey(1, place="SP", due_on=date(2024, 3, 2)), journey(2, place="SP", due_on=date(2024, 3, 9), promise="missed"),
        journey(3, place="RJ", due_on=date(2024, 4, 1)), journey(4, place=None, due_on=date(2024, 3, 30)),
        journey(5, place="RJ", due_on=None, counted=False, promise="open", state="unstarted"),
    ])
    figures = measure(facts, "promise_kept_rate", by=["place", "month"])
    assert [(figure.keys, figure.value, figure.n) for figure in figures] == [
        ({"place": "RJ", "month": "2024-04"}, 1.0, 1),
        ({"place": "SP", "month": "2024-03"}, 0.5, 2),
        ({"place": None, "month": "2024-03"}, 1.0, 1),
    ]
    assert [figure.keys["week"] for figure in measure(facts, "promise_kept_rate", by=["week"])] == [
        "2024-W09", "2024-W10", "2024-W13", "2024-W14",
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_period_takes_the_days_within_both_ends(engine: Engine) -> None:
    facts = facts_of(engine, journeys=[
        journey(number, due_on=day)
        for number, day in enumerate([date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 1), None])
    ])
    (figure,) = measure(facts, "promise_kept_rate", period=parse_period("2024-03"))
    assert figure.n == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_at_all_is_one_figure_without_a_value(engine: Engine) -> None:
    (figure,) = measure(facts_of(engine), "perfect_journey_rate", period=parse_period("2024-03"))
    assert (figure.value, figure.n, figure.low, figure.high) == (None, 0, None, None)
    assert measure(facts_of(engine), "perfect_journey_rate", by=["place"]) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rule_without_data_is_not_a_rule_kept(engine: Engine) -> None:
    facts = facts_of(engine, blueprints=ORDER, journeys=[
        journey(1), journey(2, coverage="handover", rules_observed=1), journey(3, coverage="handover", rules_observed=1),
    ])
    (all_of_them,) = measure(facts, "promise_kept_rate")
    assert all_of_them.value is None, "the promise is not observed in all of them"
    assert (all_of_them.rules_observed, all_of_them.rules_total, all_of_them.rules) == (1, 4, "handover")
    (observed, _) = measure(facts, "promise_kept_rate", by=["coverage"])[::-1]
    assert observed.value == 1.0, "where it is observed there is a figure"


@pytest.mark.parametrize("engine", ENGINES)
def test_figures_of_other_tables_take_the_coverage_of_their_cohort(engine: Engine) -> None:
    facts = facts_of(
        engine, blueprints=ORDER,
        journeys=[journey(1, place="SP"), journey(2, place="RJ", coverage="delivery", rules_observed=1)],
        links=[{"counted": True, "place": place, "link": "handover", "outcome": "late"} for place in ("SP", "RJ")],
    )
    rio, sao = measure(facts, "link_late_share", by=["place", "link"])
    assert (sao.value, sao.rules) == (1.0, "handover,delivery")
    assert (rio.value, rio.rules) == (None, "delivery")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_month_is_mature_when_all_that_falls_due_in_it_has(engine: Engine) -> None:
    facts = facts_of(
        engine, at=datetime(2024, 5, 10), watermarks={"shop": datetime(2024, 5, 1)},
        journeys=[
            journey(1, due_on=date(2024, 3, 20)), journey(2, due_on=date(2024, 4, 20)),
            journey(3, due_on=date(2024, 5, 20), counted=False, promise="open", state="open"),
        ],
    )
    assert [f.mature for f in measure(facts, "promise_kept_rate", by=["month"])] == [True, True]
    waiting = facts_of(
        engine, at=datetime(2024, 5, 10), watermarks={"shop": datetime(2024, 5, 1)},
        journeys=[
            journey(1, due_on=date(2024, 4, 20)),
            journey(2, due_on=date(2024, 4, 30), counted=False, promise="open", state="open"),
            journey(3, due_on=date(2024, 3, 30), counted=False, promise="none", state="cancelled"),
        ],
    )
    assert [f.mature for f in measure(waiting, "promise_kept_rate", by=["month"])] == [False]
    early = facts_of(engine, at=datetime(2024, 4, 20), journeys=[journey(1, due_on=date(2024, 4, 2))])
    assert [f.mature for f in measure(early, "promise_kept_rate", by=["month"])] == [False]
    assert [f.mature for f in measure(early, "promise_kept_rate")] == [True]


@pytest.mark.parametrize("engine", ENGINES)
def test_errors_say_what_is_possible(engine: Engine) -> None:
    with pytest.raises(LastMeterError) as unknown:
        measure(facts_of(engine), "no_such_thing")
    assert unknown.value.code == "indicator.unknown"
    with pytest.raises(LastMeterError) as dimension:
        measure(facts_of(engine), "perfect_journey_rate", by=["link"])
    assert dimension.value.code == "indicator.dimension_unknown"
    assert "performer" in (dimension.value.hint("zh") or "")
    with pytest.raises(LastMeterError) as grains:
        measure(facts_of(engine), "perfect_journey_rate", by=["month", "week"])
    assert grains.value.code == "indicator.two_grains"


def test_owners_come_from_the_blueprint_or_the_row() -> None:
    facts = facts_of("polars", blueprints=ORDER)
    assert owner_of(registry.get("promise_kept_rate"), facts) == "logistics"
    assert owner_of(registry.get("mean_score"), facts) == "customer_care"
    assert owner_of(registry.get("forbidden_share"), facts) is None
    assert owner_of(registry.get("link_late_share"), facts) is None


def busy_months(seed: int = 5, size: int = 900) -> list[dict[str, Any]]:
    """A made-up shop: nine months, three couriers of unlike quality, thirty customers."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        courier = int(rng.integers(3))
        day = date.fromordinal(date(2023, 9, 1).toordinal() + int(rng.integers(270)))
        missed = bool(rng.random() < (0.05, 0.1, 0.3)[courier])
        answered = rng.random() < 0.5
        rows.append(journey(
            number, due_on=day, started_on=day, fulfilled_on=day, performer=f"carrier:{courier}",
            cluster=f"carrier:{courier}", place=("SP", "RJ", None)[int(rng.integers(3))],
            customer=f"c{int(rng.integers(30))}", started_at=datetime(2023, 8, 1 + int(rng.integers(28))),
            fulfilled_at=datetime.combine(day, datetime.min.time()), promise="missed" if missed else "kept",
            perfect=not missed and bool(rng.random() < 0.9), flaw_count=int(missed) + int(rng.integers(2)),
            undecided_count=0, duration_seconds=float(rng.gamma(4.0, 86400 * (1 + courier / 7))),
            promise_excess_seconds=float(rng.normal() * 1e5), arrived_late=missed,
            score=float(rng.integers(5)) / 4 if answered else None,
        ))
    return rows


CODES = [i.code for i in registry.all() if i.table == "journeys"]


def all_figures(engine: Engine, rows: list[dict[str, Any]], by: list[str]) -> list[Figure]:
    facts = facts_of(engine, journeys=rows)
    return [figure for code in CODES for figure in measure(facts, code, by=by)]


@pytest.mark.parametrize("by", [[], ["month"], ["place", "performer"]])
def test_both_engines_give_the_same_bits(by: list[str]) -> None:
    rows = busy_months()
    assert all_figures("duckdb", rows, by) == all_figures("polars", rows, by)


@settings(max_examples=3, deadline=None)
@given(shuffle=st.randoms(use_true_random=False), salt=st.integers(1, 10**6))
def test_neither_the_order_of_rows_nor_the_tokens_change_a_bit(shuffle: Any, salt: int) -> None:
    rows = busy_months(size=120)
    tokens = [f"{(number * 7919 + salt) % 999_983:06d}" for number in range(30)]
    renamed = [{**row, "customer": tokens[int(row["customer"][1:])]} for row in rows]
    shuffle.shuffle(renamed)
    assert all_figures("duckdb", renamed, ["month"]) == all_figures("polars", rows, ["month"])


def test_a_crisis_month_shows_on_the_chart_of_an_indicator() -> None:
    rows = [
        journey(1000 * month + number, due_on=date(2023, month, 1 + number % 28), promise="missed" if bad else "kept")
        for month in range(1, 13) for number in range(200)
        for bad in [number % 100 < (40 if month == 11 else 8 + month % 3)]
    ]
    chart = chart_of(facts_of("polars", journeys=rows), registry.get("promise_kept_rate"))
    assert [point.period for point in chart.signals] == ["2023-11"]
    assert chart.signals[0].signal == "worse"
    spread = chart_of(facts_of("polars", journeys=busy_months()), registry.get("order_to_arrival_spread"))
    assert spread.kind == "xmr"
    assert len(spread.points) == 9
