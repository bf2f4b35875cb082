"""What moves the stars: only what the customer could know when asked, and shares that add up."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from lastmeter.diagnosis.drivers import Driver, Drivers, drivers
from lastmeter.diagnosis.drivers.analysis import explained
from lastmeter.diagnosis.drivers.known import known
from lastmeter.diagnosis.drivers.logistic import auc
from lastmeter.diagnosis.drivers.shares import lmg, products
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.northquay import BLUEPRINT
from tests.indicators.facts_factory import ENGINES, Engine, facts_of

START = datetime(2024, 1, 1, 9)


def shop(engine: Engine = "polars", *, orders: int = 900, seed: int = 5, asked_after_days: int = 40) -> Facts:
    """Orders promised in 10 days; one in five comes late and is scored low; the survey leaves after so many days."""
    random = np.random.default_rng(seed)
    journeys: list[dict[str, Any]] = []
    feedback: list[dict[str, Any]] = []
    for number in range(orders):
        start = START + timedelta(days=int(number % 90))
        late = random.random() < 0.2
        arrived = start + timedelta(days=float(random.integers(12, 30) if late else random.integers(3, 10)))
        asked = min(arrived + timedelta(days=1), start + timedelta(days=asked_after_days))
        low = random.random() < (0.7 if late else 0.1)
        cohort = {
            "journey_id": f"o{number:04d}", "due_on": (start + timedelta(days=10)).date(), "due_month": "2024-01", "counted": True,
            "place": ["Riverside", "Eastgate", "Old Town"][number % 3], "performer": f"carrier:{number % 12}",
            "cluster": f"carrier:{number % 12}",
        }
        journeys.append({**cohort, "started_on": start.date(), "fulfilled_at": arrived, "fulfilled_on": arrived.date(),
                         "promise": "missed" if late else "kept", "value_minor": int(random.integers(1000, 90000))})
        feedback.append({**cohort, "event_id": f"e{number}", "occurred_at": asked, "occurred_on": asked.date(),
                         "score_share": 0.0 if low else 1.0, "solicited": True})
    return facts_of(engine, journeys=journeys, feedback=feedback, at=datetime(2024, 12, 1), blueprints={"order": BLUEPRINT})


def row(found: Drivers, driver: str) -> Driver:
    return next(each for each in found.rows if each.driver == driver)


@pytest.fixture(scope="module")
def found() -> Drivers:
    return drivers(shop())


def test_lateness_moves_the_stars_and_shares_add_up(found: Drivers) -> None:
    assert sum(each.share for each in found.rows) == pytest.approx(1, abs=1e-4)
    ways = row(found, "lateness").share + row(found, "days").share  # a late order also took many days
    assert ways > 0.8
    assert found.rows[0].driver in ("lateness", "days")
    assert found.auc is not None
    assert found.auc > 0.65
    assert all(each.low <= each.share <= each.high for each in found.rows)


def test_the_attributable_fraction_is_what_was_planted(found: Drivers) -> None:
    # Low answers: 0.2 · 0.7 + 0.8 · 0.1 = 0.22; without lateness 0.1: 1 - 0.1 / 0.22 = 0.545.
    lateness = row(found, "lateness")
    assert lateness.fraction_low is not None
    assert lateness.fraction_high is not None
    assert lateness.fraction_low < 0.545 < lateness.fraction_high
    assert lateness.attributable_fraction == pytest.approx(0.545, abs=0.08)
    assert row(found, "value").attributable_fraction is None


def test_the_two_engines_agree() -> None:
    assert drivers(shop("duckdb", orders=300)) == drivers(shop("polars", orders=300))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_arrival_after_the_asking_is_not_used_and_it_is_said(engine: Engine) -> None:
    # Asked on the sixth day: nobody can know yet who will be late.
    facts = shop(engine, asked_after_days=6)
    early = known(facts, period=None, asked_step=None)
    assert "lateness" not in early.columns or early.columns["lateness"].shape[1] == 1  # waiting, and no day late
    dropped = {each.fact: each for each in explained(early).dropped}
    assert dropped["fulfilled_on"].rows > 100
    assert dropped["fulfilled_on"].reason.zh == "送达晚于询问，顾客当时还不知道"
    leak = known(facts, period=None, asked_step=None, cut=False)
    assert leak.columns["lateness"].shape[1] >= 3


def test_an_answer_of_unknown_time_is_left_out_and_counted() -> None:
    facts = shop(orders=300)
    without = facts.feedback.collect().to_native().to_dicts()
    without[0]["occurred_at"] = None
    again = facts_of("polars", journeys=facts.journeys.collect().to_native().to_dicts(), feedback=without)
    found = drivers(again)
    assert found.n == 299
    assert found.dropped[-1].rows == 1


@pytest.mark.parametrize(("name", "code"), [("arrived_late", "drivers.known_later"), ("weather", "drivers.unknown")])
def test_a_fact_of_the_end_is_refused(name: str, code: str) -> None:
    with pytest.raises(LastMeterError) as refused:
        drivers(shop(orders=300), use=[name])
    assert refused.value.code == code


@pytest.mark.parametrize("engine", ENGINES)
def test_a_period_without_answers_is_not_explained_either(engine: Engine) -> None:
    with pytest.raises(LastMeterError) as refused:
        drivers(shop(engine, orders=60), period=parse_period("2025-01"))
    assert refused.value.code == "drivers.too_few"
    assert refused.value.places["n"] == 0


def test_too_few_answers_are_not_explained() -> None:
    with pytest.raises(LastMeterError) as refused:
        drivers(shop(orders=100))
    assert refused.value.code == "drivers.too_few"


def test_lmg_is_the_average_over_orders() -> None:
    """Against the definition, order by order, with plain least squares."""
    random = np.random.default_rng(1)
    columns = random.normal(size=(300, 4)) @ random.normal(size=(4, 4))
    outcome = columns @ np.array([1.0, 0.5, 0.0, -1.0]) + random.normal(size=300)
    groups = [np.array([0]), np.array([1, 2]), np.array([3])]

    def r_squared(chosen: list[int]) -> float:
        if not chosen:
            return 0.0
        x = np.column_stack([np.ones(300), columns[:, np.concatenate([groups[each] for each in chosen])]])
        rest = outcome - x @ np.linalg.lstsq(x, outcome, rcond=None)[0]
        return 1 - float(rest @ rest) / float(((outcome - outcome.mean()) ** 2).sum())

    naive = np.zeros(3)
    orders = list(permutations(range(3)))
    for order in orders:
        for place, group in enumerate(order):
            naive[group] += (r_squared([*order[: place + 1]]) - r_squared([*order[:place]])) / len(orders)
    assert lmg(products(columns, outcome), groups) == pytest.approx(naive, abs=1e-6)


def test_the_area_under_the_curve_by_hand() -> None:
    # Pairs (hit, miss): 0.9 beats both, 0.4 beats one and ties none: 3 of 4.
    assert auc(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.6, 0.4, 0.1])) == 0.75
    assert auc(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == 0.5
    assert auc(np.array([1.0, 1.0]), np.array([0.1, 0.2])) is None
