"""Lin Mei's full brief: what is beyond chance, what to clear, what came of it, and each post's own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from lastmeter.diagnosis import naming
from lastmeter.diagnosis.accountable import View, beside_peers, seen_by
from lastmeter.diagnosis.brief import Brief, brief_json, make_brief
from lastmeter.diagnosis.focus import Chosen
from lastmeter.diagnosis.headline import headline
from lastmeter.diagnosis.judged import judged
from lastmeter.diagnosis.reefs.reef import taken_apart
from lastmeter.diagnosis.study import Given, Study
from lastmeter.indicators import registry
from lastmeter.indicators.index import Component, Standard, make_index
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.northquay import COMPANY, OWNERS, POSTS, Order, facts_of, two_years

OCTOBER = parse_period("2026-10")
DOCK = View("post", "outbound", POSTS["outbound"], ("outbound",))
WUHAN = Chosen("handover: origin=Wuhan", "Zhao Qiang", "Move the cut-off back", date(2026, 11, 1), date(2026, 10, 1))
QUICK = {"packing": 0.5, "handover": 0.5, "transit": 2.0}
SLOW = QUICK | {"handover": 1.5}


@pytest.fixture(scope="module")
def facts() -> Facts:
    return facts_of(two_years())


def brief_of(facts: Facts, period: str = "2026-10", **more: Any) -> Brief:
    given: dict[str, Any] = {"company": COMPANY, "posts": POSTS, "owners": OWNERS, "depth": "full"} | more
    return make_brief(facts, period=parse_period(period), **given)


@pytest.fixture(scope="module")
def october(facts: Facts) -> Brief:
    index = make_index(
        facts, Standard((Component("perfect_journey_rate", 1.0, 0.5, 0.9, red_line=0.75),), 59.0),
        {one.code: one for one in registry.all()}, OCTOBER,
    )
    return brief_of(facts, chosen=[WUHAN, Chosen("damaged", since=date(2026, 9, 1))], index=index)


def data(brief: Brief, code: str) -> Any:
    section = brief.section(code)
    assert section is not None, code
    return section.data


def said(brief: Brief, code: str) -> str:
    section = brief.section(code)
    assert section is not None
    assert section.finding is not None
    return section.finding.en


def test_the_reef_is_the_warehouse_whose_cut_off_moved(october: Brief) -> None:
    (row,) = data(october, "reefs").main
    assert (row.reef.rule, row.reef.segment, row.owner) == ("handover", {"origin": "Wuhan"}, "Zhao Qiang")
    assert row.reef.size.low > 2
    assert row.reef.examples


def test_what_to_clear_has_owner_action_and_date(october: Brief) -> None:
    first = data(october, "focus").focus.items[0]
    assert (first.code, first.owner, first.chosen) == (WUHAN.code, "Zhao Qiang", WUHAN)
    assert data(october, "todo").rows[0].what.en == "Move the cut-off back"
    assert data(october, "todo").rows[0].due == date(2026, 11, 1)


def test_the_steps_around_it_follow_from_the_brief(october: Brief) -> None:
    steps = [step.en for step in data(october, "todo").steps]
    assert steps[0].startswith("Bring “Perfect journey rate” back within its red line")
    assert steps[1].startswith("“Packed → handed over (origin Wuhan)” was to be cleared by 1 Nov")
    assert "Name somebody to hold the post “Logistics”." in steps


def test_an_action_with_too_few_siblings_is_not_called_a_success(october: Brief) -> None:
    wuhan, damaged = data(october, "effect").rows
    assert wuhan.verdict == damaged.verdict == "cannot_tell"
    assert "Only 2 comparable siblings" in wuhan.text.en
    assert damaged.effect is None
    assert said(october, "effect") == "Of 2 begun: 0 worked, 0 did not, 2 cannot be told yet."


def test_an_action_after_the_period_is_not_judged_in_it(facts: Facts) -> None:
    later = [Chosen("handover: origin=Wuhan", since=date(2026, 11, 5)), Chosen("visit_rule", since=date(2026, 1, 1))]
    assert judged(facts, later, period=OCTOBER, titles=naming.rule_titles(facts)) == []


def test_the_index_comes_with_what_moved_it_and_what_it_crossed(october: Brief) -> None:
    assert said(october, "index").startswith("46.8, was 83.")  # (68.7 − 50) of 40 points; the cap of 59 takes nothing more
    assert data(october, "index").index.crossed[0].indicator == "perfect_journey_rate"


def test_drivers_say_over_which_stretch(october: Brief) -> None:
    assert " over the past year" in said(october, "drivers")  # 177 answers in October alone
    assert abs(sum(row.share for row in data(october, "drivers").drivers.rows) - 1) < 1e-5


def test_a_difference_in_money_that_chance_may_bring_is_called_none(october: Brief) -> None:
    held = data(october, "money")
    assert not held.apart
    assert said(october, "money").endswith("The two cannot be told apart.")
    assert held.at_stake is None


def test_worse_is_told_beside_better(october: Brief) -> None:
    worse = {row.title.en: row.real for row in data(october, "better").worse}
    assert worse["Perfect journey rate"]
    assert not worse["Customer-said rate"]


def test_a_week_with_few_journeys_says_that_it_looks_for_no_reefs(facts: Facts) -> None:
    week = brief_of(facts, "2026-W43")
    assert "too few to look for reefs" in said(week, "reefs")
    assert data(week, "reefs").main == []


def test_a_cause_that_got_worse_alone_is_the_headline_and_not_nothing(facts: Facts) -> None:
    """The whole stands within chance while one small cause breaks out: “nothing changed” would be contradicted at once."""
    orders = [
        Order(f"o{month}-{n}", date(2024 + month // 12, month % 12 + 1, 5), SLOW if n < 40 + (month * 7) % 9 else QUICK,
              damaged=300 <= n < (318 if month == 23 else 302))
        for month in range(24) for n in range(400)
    ]
    told = brief_of(facts_of(orders, at=datetime(2026, 2, 1), watermarks={}), "2025-12", depth="quick")
    assert told.headline.tone == "noise"
    assert told.headline.sentence.en == "“Damaged on arrival” got worse; the whole is within its usual range"
    assert told.headline.why[-1].en.startswith("“Damaged on arrival”: 4.5% of journeys, usually 0.5%")


def test_a_post_answers_for_its_own_rules_alone() -> None:
    orders = [
        Order("kept", date(2026, 10, 1), QUICK), Order("slow", date(2026, 10, 1), SLOW),
        Order("rude", date(2026, 10, 1), QUICK, called=False), Order("both", date(2026, 10, 1), SLOW, damaged=True),
    ]
    for engine in ("duckdb", "polars"):
        seen = seen_by(facts_of(orders, engine=engine), DOCK)
        rows = {row["journey_id"]: row for row in seen.journeys.collect().rows(named=True)}
        assert {name: row["perfect"] for name, row in rows.items()} == {"kept": True, "slow": False, "rude": True, "both": False}
        assert rows["both"]["flaw_count"] == 1
        assert (rows["both"]["coverage"], rows["both"]["rules_total"]) == ("packing,handover,", 2)


def test_beside_its_peers_hand_counted() -> None:
    """Of four orders the dock broke two; line haul 0, logistics 0, courier 1, purchasing 1, care 0: two in twenty."""
    orders = [
        Order("kept", date(2026, 10, 1), QUICK), Order("slow", date(2026, 10, 1), SLOW),
        Order("rude", date(2026, 10, 1), QUICK, called=False), Order("both", date(2026, 10, 1), SLOW, damaged=True),
    ]
    found = beside_peers(facts_of(orders), DOCK, OCTOBER, {})
    assert found is not None
    assert (found.own, found.peers, found.peer_count, found.difference) == (0.5, 0.1, 5, 0.4)
    assert found.change.verdict == "unknown"


def test_departments_are_held_beside_departments() -> None:
    orders = [Order("slow", date(2026, 10, 1), SLOW), Order("kept", date(2026, 10, 1), QUICK)]
    of = {"outbound": "warehouse", "line_haul": "road", "courier": "road"}
    view = View("department", "warehouse", POSTS["outbound"], ("outbound",))
    found = beside_peers(facts_of(orders), view, OCTOBER, of)
    assert found is not None
    assert (found.peer_count, found.own, found.peers) == (1, 0.5, 0.0)


def test_the_brief_of_a_post_is_its_own(facts: Facts) -> None:
    dock = brief_of(facts, view=DOCK, chosen=[WUHAN, Chosen("damaged", since=date(2026, 9, 1))])
    assert dock.headline.sentence.en == "The last meter of “Outbound dock” got worse, and it is real"
    assert {row.rule for row in data(dock, "pareto").rows} == {"packing", "handover"}
    assert {row.post for row in data(dock, "links").rows} == {"outbound"}
    assert [row.code for row in data(dock, "effect").rows] == [WUHAN.code]
    assert (dock.section("rates").data.rates[0].rules_total, dock.section("regularity")) == (2, None)  # type: ignore[union-attr]
    assert dock.section("money") is None


def test_a_link_is_blamed_beside_the_links_of_other_posts(facts: Facts) -> None:
    haul = brief_of(facts, view=View("post", "line_haul", POSTS["line_haul"], ("line_haul",)), depth="quick")
    (transit,) = data(haul, "links").rows
    assert transit.blamed_share < 0.5  # the dock's link is worse, though it is not shown here
    assert data(haul, "links").worst is None


def test_a_post_without_rules_is_told_which_posts_have_some(facts: Facts) -> None:
    with pytest.raises(LastMeterError) as raised:
        brief_of(facts, view=View("post", "canteen", COMPANY, ("canteen",)))
    assert raised.value.code == "brief.no_rules"
    assert "outbound" in (raised.value.hint("en") or "")


@pytest.mark.parametrize("view", [None, DOCK], ids=["company", "post"])
def test_the_same_facts_give_the_same_bytes_in_full(facts: Facts, view: View | None) -> None:
    again = facts_of(two_years(), engine="polars", shuffle=5)
    assert brief_json(brief_of(again, view=view, chosen=[WUHAN])) == brief_json(brief_of(facts, view=view, chosen=[WUHAN]))


def test_a_first_month_in_full_claims_little(facts: Facts) -> None:
    first = brief_of(facts, "2024-05")
    assert first.headline.tone == "unknown"
    assert first.section("money") is None


def test_a_month_without_journeys_has_no_findings(facts: Facts) -> None:
    assert [section.code for section in brief_of(facts, "2023-01").sections] == ["rates", "better", "sources"]


def test_the_headline_of_a_department_names_it(facts: Facts) -> None:
    view = View("department", "warehouse", POSTS["outbound"], ("outbound",))
    study = Study(seen_by(facts, view), parse_period("2026-06"), Given(posts=POSTS), facts, "quick", view)
    assert "of this department" in headline(study).why[1].en or study.beside_peers is None


def test_codes_are_taken_apart_as_they_were_put_together() -> None:
    assert taken_apart("low_score") == ("low_score", {})
    assert taken_apart("handover: origin=Wuhan, performer=carrier:a, b") == (
        "handover", {"origin": "Wuhan", "performer": "carrier:a, b"},
    )


def test_several_kinds_and_none_named_is_a_question(facts: Facts) -> None:
    facts = facts_of(two_years()[:5])
    facts = Facts(**{name: getattr(facts, name) for name in ("journeys", "links", "flaws", "feedback", "at")},
                  blueprints=dict(facts.blueprints) | {"visit": facts.blueprints["order"]})
    with pytest.raises(LastMeterError) as raised:
        brief_of(facts)
    assert raised.value.code == "brief.kind_open"
    assert raised.value.hint("en") == "Choose from: order, visit"
