"""Figures by post and department: Li packs, Wu drives, Ana hears customers; each answers for their own rules."""

from __future__ import annotations

from typing import Any

import pytest
from tests.indicators.facts_factory import ENGINES, Engine, Rule, StubBlueprint, facts_of

from lastmeter.indicators import measure
from lastmeter.journeys.facts import Facts


class Asked(Rule):
    """A rule about feedback that the company asked for."""

    solicited = True


RULES = (
    Rule("packing", "", "link", "packer"), Rule("sealed", "", "required", "packer"), Rule("tour", "", "link", "driver"),
    Rule("delivery", "", "promise", "driver"), Asked("low_score", "", "feedback", "ear"), Rule("mirror", "", "forbidden", None),
)
DEPARTMENTS = {"packer": "warehouse", "driver": "road", "ear": "office"}
ALL = "packing,sealed,tour,delivery,low_score"


def flaw(journey: str, rule: str) -> dict[str, Any]:
    found = next(each for each in RULES if each.code == rule)
    return {"journey_id": journey, "rule": rule, "primitive": found.primitive, "post": found.post, "counted": True}


def shop(engine: Engine, coverage: str = ALL) -> Facts:
    """Four orders: one perfect, one packed badly twice over, one late and badly packed, one with a low score that was asked for."""
    journeys = [
        {"journey_id": name, "counted": True, "perfect": perfect, "flaw_count": flaws, "solicited_flaw_count": asked,
         "coverage": coverage, "rules_observed": 5, "rules_total": 6, "duration_seconds": 86400.0, "fulfilled_at": "2024-05-09T00:00:00"}
        for name, perfect, flaws, asked in (("a", True, 0, 0), ("b", False, 2, 0), ("c", False, 2, 0), ("d", True, 1, 1))
    ]
    flaws = [flaw("b", "packing"), flaw("b", "sealed"), flaw("c", "packing"), flaw("c", "delivery"), flaw("d", "low_score")]
    links = [{"counted": True, "journey_id": name, "link": link, "post": post, "outcome": outcome} for name, link, post, outcome in (
        ("a", "packing", "packer", "kept"), ("b", "packing", "packer", "late"), ("a", "tour", "driver", "kept"))]
    return facts_of(engine, journeys=journeys, flaws=flaws, links=links, blueprints={"order": StubBlueprint(RULES)},
                    departments=DEPARTMENTS, areas={"it": "packer"}, told=["page.opened"],
                    happenings=[{"type": "page.opened", "outcome": "ok"}, {"type": "page.opened", "outcome": "failed"}])


@pytest.mark.parametrize("engine", ENGINES)
def test_perfect_journeys_of_a_post_are_those_without_its_own_flaws(engine: Engine) -> None:
    figures = measure(shop(engine), "perfect_journey_rate", by=["post"])
    assert [(f.keys["post"], f.value, f.n, f.rules) for f in figures] == [
        ("driver", 0.75, 4, "tour,delivery"), ("ear", 1.0, 4, "low_score"), ("packer", 0.5, 4, "packing,sealed"),
    ]
    assert [f.rules_total for f in figures] == [2, 1, 2]
    (per_hundred, *_) = measure(shop(engine), "flaws_per_hundred", by=["department"])[::-1]
    assert (per_hundred.keys, per_hundred.value) == ({"department": "warehouse"}, 75.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_posts_with_such_a_rule_answer_for_it(engine: Engine) -> None:
    (figure,) = measure(shop(engine), "required_missed_share", by=["post"])
    assert (figure.keys, figure.value, figure.n) == ({"post": "packer"}, 0.25, 4)
    by_place = measure(shop(engine), "required_missed_share", by=["place", "post", "department"])
    assert [f.keys for f in by_place] == [{"place": None, "post": "packer", "department": "warehouse"}]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_post_whose_rules_nobody_observes_has_no_figure(engine: Engine) -> None:
    figures = {f.keys["post"]: f for f in measure(shop(engine, "packing,low_score"), "perfect_journey_rate", by=["post"])}
    assert figures["driver"].value is None
    assert (figures["packer"].value, figures["packer"].rules) == (0.5, "packing")


@pytest.mark.parametrize("engine", ENGINES)
def test_links_name_their_post_and_so_their_department(engine: Engine) -> None:
    figures = measure(shop(engine), "link_late_share", by=["department"])
    assert [(f.keys["department"], f.value) for f in figures] == [("road", 0.0), ("warehouse", 0.5)]


@pytest.mark.parametrize("engine", ENGINES)
def test_any_other_figure_belongs_to_the_post_that_owns_it(engine: Engine) -> None:
    (figure,) = measure(shop(engine), "order_to_arrival_median", by=["post"])
    assert (figure.keys, figure.value, figure.n) == ({"post": "driver"}, 1.0, 4)
    (pages,) = measure(shop(engine), "page_failed_share", by=["department", "post"])
    assert (pages.keys, pages.value) == ({"department": "warehouse", "post": "packer"}, 0.5)


@pytest.mark.parametrize("engine", ENGINES)
def test_events_that_no_source_tells_of_give_no_figure(engine: Engine) -> None:
    (pages,) = measure(facts_of(engine, happenings=[{"type": "page.opened", "outcome": "ok"}]), "page_failed_share")
    assert (pages.value, pages.n) == (None, 1)
    journeys = [{"counted": True, "journey_id": "a"}]
    (silent,) = measure(facts_of(engine, journeys=journeys), "good_act_share")
    (told,) = measure(facts_of(engine, journeys=journeys, told=["good_act.done"]), "good_act_share")
    assert (silent.value, told.value) == (None, 0.0), "no good act told is not the same as nobody telling of them"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_share_of_worth_weighs_large_orders(engine: Engine) -> None:
    facts = facts_of(engine, journeys=[
        {"counted": True, "perfect": number % 4 != 0, "value_minor": 9000 if number % 4 == 0 else 1000, "cluster": f"c{number % 7}"}
        for number in range(400)
    ])
    (worth,) = measure(facts, "perfect_value_share")
    (rate,) = measure(facts, "perfect_journey_rate")
    assert (worth.value, rate.value) == (0.25, 0.75)
    assert worth.low is not None
    assert worth.high is not None
    # Linearised by hand: W = 1,200,000; each of 300 hits off by 1000 · .75, each of 100 misses by 9000 · .25.
    # Σ d² = 300 · 750² + 100 · 2250² = 675,000,000; variance 675e6 / 1.44e12 = .00046875; n = .1875 / .00046875 = 400.
    assert worth.n_effective <= 400 + 1e-6
    assert worth.low < 0.25 < worth.high
