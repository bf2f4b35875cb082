"""Lin Mei's brief of October 2026: what it says, and that it always says the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest

from lastmeter.diagnosis.brief import Brief, brief_json, make_brief
from lastmeter.diagnosis.sections import all_sections
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from tests.diagnosis.northquay import BLUEPRINT, COMPANY, OWNERS, POSTS, Order, facts_of, spoken, two_years

OCTOBER = parse_period("2026-10")
QUICK = {"packing": 0.5, "handover": 0.5, "transit": 2.0}


def brief_of(facts: Facts, period: str = "2026-10", **more: Any) -> Brief:
    given: dict[str, Any] = {"company": COMPANY, "posts": POSTS, "owners": OWNERS, "reveal": spoken} | more
    return make_brief(facts, period=parse_period(period), **given)


@pytest.fixture(scope="module")
def facts() -> Facts:
    return facts_of(two_years())


@pytest.fixture(scope="module")
def october(facts: Facts) -> Brief:
    return brief_of(facts)


def data(brief: Brief, code: str) -> Any:
    section = brief.section(code)
    assert section is not None, code
    return section.data


def test_it_says_that_october_is_worse_and_which_link_it_was(october: Brief) -> None:
    assert october.headline.tone == "worse"
    assert october.headline.sentence.en == "We got worse, and it is real"
    assert "“Packed → handed over”" in october.headline.why[1].en
    assert data(october, "links").worst == "handover"


def test_every_rate_has_n_interval_coverage_and_change(october: Brief) -> None:
    perfect, said, kept = data(october, "rates").rates
    for rate in (perfect, said, kept):
        assert rate.low < rate.value < rate.high
        assert (rate.rules_observed, rate.rules_total) == (7, 7)
    assert perfect.change.verdict == "signal"
    assert said.n < said.population  # answers stand for all due journeys
    assert october.figures == {rate.code: rate.value for rate in (perfect, said, kept)}


def test_every_section_is_there_and_in_order(october: Brief) -> None:
    assert [section.code for section in october.sections] == [
        "rates", "control", "pareto", "links", "regularity", "posts", "better", "quotes", "journeys", "todo", "sources",
    ]
    assert {maker.code for maker in all_sections()} - {section.code for section in october.sections} == {
        "peers", "index", "reefs", "drivers", "money", "effect", "focus",
    }


def test_what_to_do_names_the_post_and_where_it_gathers(october: Brief) -> None:
    first, second, _ = data(october, "todo").rows
    assert (first.rule, first.post, first.owner) == ("handover", "outbound", "Zhao Qiang")
    assert (first.where.dimension, first.where.key) == ("origin", "Wuhan")
    assert first.where.hits_share > 0.8 > 0.6 > first.where.due_share
    assert second.owner is None  # nobody holds that post yet


def test_flaws_of_posts_add_up_to_the_pareto(october: Brief) -> None:
    posts, causes = data(october, "posts").rows, data(october, "pareto")
    assert sum(row.count for row in posts) == causes.flaws == sum(row.count for row in causes.rows)
    assert causes.rows[-1].cumulative == 1.0


def test_an_ordinary_month_claims_nothing(facts: Facts) -> None:
    june = brief_of(facts, "2026-06")
    assert june.headline.tone == "noise"
    assert june.headline.sentence.zh == "2026年6月没有超出波动的变化"


def test_a_first_month_says_how_much_it_knows(facts: Facts) -> None:
    first = brief_of(facts, "2024-05")
    assert first.headline.tone == "unknown"
    assert first.headline.sentence.en.endswith("of journeys were perfect in May 2024")
    assert first.headline.why[0].en.endswith("too little history to judge.")


def test_a_month_without_journeys_says_so(facts: Facts) -> None:
    empty = brief_of(facts, "2023-01")
    assert empty.headline.sentence.en == "No journey fell due in January 2023"
    assert [section.code for section in empty.sections] == ["rates", "better", "sources"]


def test_a_period_that_sources_do_not_cover_yet_is_marked() -> None:
    behind = {"shop": datetime(2026, 11, 1, 12), "carrier": datetime(2026, 10, 20)}
    brief = brief_of(facts_of(two_years()[-600:], watermarks=behind))
    assert brief.warnings[0].en == (
        "This period is not over: carrier is known only to 20 October 2026. Figures will still change."
    )
    assert [source.behind for source in data(brief, "sources").sources] == [True, False]


def test_a_rule_without_data_is_said_to_be_none_kept() -> None:
    orders = [Order(f"o{n}", date(2026, 10, 4), QUICK, rules=["packing", "handover", "delivery"]) for n in range(30)]
    brief = brief_of(facts_of(orders))
    assert brief.warnings[-1].zh == "7 条规则中有数据的是 3 条；没有数据的规则不等于做到了。"


def test_a_published_figure_that_changed_is_shown_with_both_values(facts: Facts, october: Brief) -> None:
    previously = dict(october.figures) | {"promise_kept_rate": 0.9}
    restated = data(brief_of(facts, previously=previously), "sources").restated
    assert [(row.code, row.published) for row in restated] == [("promise_kept_rate", 0.9)]
    assert "published as 90.0%, now 81.1%" in restated[0].text.en
    assert data(october, "sources").restated == []


def test_one_place_is_that_place_alone(facts: Facts) -> None:
    place = brief_of(facts, place="Riverside")
    assert place.place == "Riverside"
    assert data(place, "pareto").due == 70
    assert {row.place for row in data(place, "journeys").rows} == {"Riverside"}


def test_a_week_is_a_period_too(facts: Facts) -> None:
    week = brief_of(facts, "2026-W43")
    assert week.period.previous.en == "week 42 of 2026"
    assert data(week, "control").points[-1].period == "2026-W43"


def test_a_quarter_adds_up_its_months(facts: Facts) -> None:
    months = [data(brief_of(facts, f"2026-0{month}"), "pareto").flaws for month in (7, 8, 9)]
    assert data(brief_of(facts, "2026-Q3"), "pareto").flaws == sum(months)


@pytest.mark.parametrize(("engine", "shuffle"), [("polars", None), ("duckdb", 3), ("polars", 11)])
def test_the_same_facts_give_the_same_bytes(october: Brief, engine: str, shuffle: int | None) -> None:
    again = brief_of(facts_of(two_years(), engine=engine, shuffle=shuffle))
    assert brief_json(again) == brief_json(october)


def test_tokens_decide_nothing(october: Brief) -> None:
    """Another import order gives other tokens for the same words."""
    numbers = [order.said for order in two_years() if order.said]
    renamed = dict(zip(numbers, reversed(numbers), strict=True))
    orders = [Order(**{**vars(order), "said": renamed.get(order.said or "")}) for order in two_years()]
    back = {new: old for old, new in renamed.items()}

    def reveal(tokens: Sequence[str]) -> dict[str, str]:
        texts = spoken([back[token] for token in tokens])
        return {token: texts[back[token]] for token in tokens}

    assert brief_json(brief_of(facts_of(orders), reveal=reveal)) == brief_json(october)


def test_an_erased_text_is_not_quoted(facts: Facts, october: Brief) -> None:
    erased = {row.text for row in data(october, "quotes").rows}

    def reveal(tokens: Sequence[str]) -> dict[str, str]:
        return {token: text for token, text in spoken(tokens).items() if text not in erased}

    quotes = brief_of(facts, reveal=reveal).section("quotes")
    assert quotes is None or not erased & {row.text for row in quotes.data.rows}  # type: ignore[attr-defined]


def test_json_holds_no_nan_and_both_languages(october: Brief) -> None:
    told = json.loads(brief_json(october))
    found = list(_titles(told))
    assert len(found) > 100
    assert all(title["zh"] and title["en"] for title in found)
    assert told["sections"][0]["data"]["kind"] == "rates"


def test_an_unknown_kind_is_an_error_in_both_languages(facts: Facts) -> None:
    with pytest.raises(LastMeterError) as raised:
        brief_of(facts, kind="visit")
    assert raised.value.code == "brief.kind_unknown"
    assert raised.value.message("zh") == "没有“visit”这种旅程"


def test_the_blueprint_gives_the_words(october: Brief) -> None:
    titles = {line.code: line.title for line in BLUEPRINT.rules()}
    assert all(cause.title == titles[cause.rule] for cause in data(october, "pareto").rows)


def _titles(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            yield value
        else:
            for inner in value.values():
                yield from _titles(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _titles(inner)
