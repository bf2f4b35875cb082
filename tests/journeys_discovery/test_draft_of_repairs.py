"""A blueprint drafted from thirty repairs whose figures are counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lastmeter.journeys.blueprint import check, load_blueprints
from lastmeter.journeys.discovery.draft import discover
from lastmeter.journeys.discovery.human import human_limit
from lastmeter.journeys.discovery.path import usual_path
from lastmeter.journeys.discovery.toml_text import to_toml
from lastmeter.journeys.discovery.vocabulary import act_in, thing_in, title_of_type
from lastmeter.journeys.mining.directly_follows import Arc
from lastmeter.kernel.errors import LastMeterError
from tests.journeys.fake_journal import FakeJournal, Source
from tests.journeys_discovery.repairs import repairs, told


def test_steps_links_limits_and_endings() -> None:
    """27 of 30 visits were not called off. Arrival takes 20 + n hours, n from 1 to 29 without 10 and 20: sorted, the value at
    0.9 · 26 = 23.4 lies between the 24th and the 25th, n = 26 and 27, so the ninth decile is 46.4 hours, rounded up to 48.
    """
    with repairs().snapshot() as snapshot:
        draft = discover(snapshot)
    assert (draft.object, draft.cases, draft.effective_from) == ("visit", 30, date(2025, 3, 1))
    assert [(step.code, step.cases, step.state) for step in draft.steps] == [
        ("booked", 30, ""), ("arrived", 27, ""), ("solved", 27, "completed"), ("cancelled", 3, "cancelled")]
    first, second = draft.links
    assert first.stretch.cases == 27
    assert first.stretch.p90 == pytest.approx(46.4 * 3600)
    assert (first.limit, second.limit) == ("48 hours", "1 hours")
    assert draft.feedback == [("review.answered", 3)]
    assert draft.left_out == [("visit.part_ordered", 0.2)]
    assert draft.dimensions["customer"] == "customer"


def test_the_file_passes_the_check_and_says_on_what_it_stands(tmp_path: Path) -> None:
    with repairs().snapshot() as snapshot:
        text = to_toml(discover(snapshot, "visit"))
    (tmp_path / "visit.toml").write_text(text, encoding="utf-8")
    assert [problem.say("en") for problem in check(tmp_path / "visit.toml")] == []
    blueprint = load_blueprints(tmp_path)[0]
    assert [step.code for step in blueprint.steps] == ["booked", "arrived", "solved", "cancelled"]
    assert blueprint.step("arrived").title.zh == "到达"
    for words in ("27 journeys, 90%", "27 went through", "visit.part_ordered: 20%", "the ninth decile of what is"):
        assert words in text, words


def test_of_few_journeys_no_limit_is_drawn(tmp_path: Path) -> None:
    with repairs(12).snapshot() as snapshot:
        draft = discover(snapshot)
        text = to_toml(draft)
    assert {link.limit for link in draft.links} == {None}
    (tmp_path / "visit.toml").write_text(text, encoding="utf-8")
    assert check(tmp_path / "visit.toml") == []


def test_a_step_that_is_told_by_two_sources_is_one_step() -> None:
    journal = FakeJournal([Source("desk", frozenset(), None)])
    for case in range(25):
        journal.add(*told(f"v{case}", [("visit.booked", 0), ("order.delivered", 5), ("parcel.delivered", 5)]))
    with journal.snapshot() as snapshot:
        draft = discover(snapshot, "visit")
    assert [(step.code, step.events) for step in draft.steps] == [
        ("booked", ("visit.booked",)), ("delivered", ("order.delivered", "parcel.delivered"))]


def test_a_journal_without_journeys_and_an_unknown_object_are_errors() -> None:
    with FakeJournal([]).snapshot() as snapshot, pytest.raises(LastMeterError, match="no events that make journeys"):
        discover(snapshot)
    with repairs().snapshot() as snapshot, pytest.raises(LastMeterError, match="no objects “boat”"):
        discover(snapshot, "boat")


def arc(one: str, two: str, times: int) -> Arc:
    return Arc(one, two, times, 0, 0, 0, 0, 0)


def test_the_path_follows_the_most_frequent_arcs_and_takes_in_what_it_jumps_over() -> None:
    straight = [arc("a", "b", 9), arc("b", "c", 8), arc("b", "d", 1), arc("c", "d", 8)]
    assert usual_path(straight, {"a": 9}, {"d": 9}) == ["a", "b", "c", "d"]
    jumped = [arc("a", "c", 6), arc("a", "b", 5), arc("b", "c", 5), arc("c", "d", 11)]
    assert usual_path(jumped, {"a": 11}, {"d": 11}) == ["a", "b", "c", "d"]
    assert usual_path([], {}, {}) == []


@pytest.mark.parametrize(("hours", "by_day", "said"), [
    (0.2, False, "1 hours"), (25.4, False, "36 hours"), (72, False, "72 hours"), (73, False, "4 days"), (24, True, "1 days"),
    (24.1, True, "2 days"), (24 * 11, True, "14 days"), (24 * 900, True, "365 days"),
])
def test_limits_are_rounded_up_to_what_people_say(hours: float, by_day: bool, said: str) -> None:
    assert human_limit(hours * 3600, by_day=by_day) == said


@pytest.mark.parametrize(("name", "thing", "act"), [
    ("order_delivered_customer_date", "customer", "delivered"), ("运单号", "parcel", None), ("签收时间", None, "delivered"),
    ("Lieferdatum", None, "delivered"), ("OrderID", "order", "placed"), ("weather", None, None), ("快递公司", "carrier", None),
])
def test_words_of_three_languages(name: str, thing: str | None, act: str | None) -> None:
    found = thing_in(name)
    assert (found.code if found else None) == thing
    if act != "placed":
        done = act_in(name)
        assert (done.code if done else None) == act


def test_titles_come_from_the_table_or_from_the_type_itself() -> None:
    assert (title_of_type("order.delivered").zh, title_of_type("order.delivered").en) == ("签收", "Delivered")
    assert title_of_type("case.take_in_charge").en == "Take in charge"
