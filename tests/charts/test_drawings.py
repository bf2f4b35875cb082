"""Small drawings: where marks stand, and that nothing breaks out of them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastmeter.charts.drawings.bar import bar
from lastmeter.charts.drawings.control import control_chart
from lastmeter.charts.drawings.effect import effect_chart
from lastmeter.charts.drawings.pareto import Bar, pareto_chart
from lastmeter.charts.drawings.sparkline import charted_sparkline, sparkline
from lastmeter.charts.drawings.strip import strip
from lastmeter.charts.drawings.time_scale import Stretch, room_of, time_scale
from lastmeter.charts.svg import Scale, apart, element, round_ticks
from lastmeter.diagnosis.change import ChartPoint
from lastmeter.diagnosis.effect.action import EffectPoint
from lastmeter.kernel.titles import Lang, Title


def test_a_bar_is_as_long_as_its_share_and_ticks_the_month_before() -> None:
    drawn = bar(50, 100, previous=100, width=204)
    assert 'width="100"' in drawn
    assert 'x1="200"' in drawn


def test_only_the_leading_bar_is_coloured() -> None:
    assert 'class="bar acc"' in bar(1, 1, leading=True)
    assert 'class="bar mid"' in bar(1, 1)


def test_a_strip_colours_only_what_is_past_the_limit() -> None:
    assert "strip bad" not in strip(0.2, 0.5, 0.9, 2, limit=1, worst=True)
    over = strip(0.5, 1.0, 1.5, 2, limit=1, worst=True, width=209)  # 0 at 4, 2 at 204
    assert re.search(r'x="104" [^>]*width="50"[^>]*class="strip bad"', over)


def test_what_lies_beyond_a_strip_is_cut_at_its_edge() -> None:
    assert 'cx="204"' in strip(1, 9, 10, 2, width=209)


def test_nothing_is_drawn_of_nothing() -> None:
    assert strip(None, None, None, 2) == ""
    assert sparkline([None, 0.3]) == ""
    assert control_chart([], "en", label="") == ""


def test_signals_are_diamonds_for_the_worse_and_discs_for_the_better() -> None:
    points = [_point("2026-01", 0.8, "none"), _point("2026-02", 0.6, "worse"), _point("2026-03", 0.9, "better")]
    drawn = control_chart(points, "en", label="three months")
    assert drawn.count('class="dot bad"') == 1
    assert drawn.count('class="dot good"') == 1
    assert drawn.count('class="line bad"') == 1
    assert 'aria-label="three months"' in drawn


def test_bars_of_a_pareto_stand_to_scale_before_those_of_the_period_before() -> None:
    drawn = pareto_chart([Bar("Late", 100, 50, 0.8, chosen=True), Bar("<b>", 25, 100, 1.0)], "en", label="two causes")
    heights = re.findall(r'<rect [^>]*height="([\d.]+)" rx="2" class="(ghost|bar acc|bar mid)"', drawn)
    assert heights == [("89", "ghost"), ("178", "bar acc"), ("178", "ghost"), ("44.5", "bar mid")]
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert pareto_chart([], "en", label="") == ""


def test_a_long_name_under_a_bar_is_broken_and_cut() -> None:
    bars = [Bar("a very long name that nobody reads to its end, not even here", 3, 2, number / 9) for number in range(1, 10)]
    drawn = pareto_chart([*bars, Bar("a tenth", 1, 1, 1.0)], "en", label="ten")
    assert drawn.count('class="t-2"') == 3 * 9
    assert drawn.count("…</text>") == 9
    assert "tenth" not in drawn


def test_a_small_chart_ends_with_the_shape_of_its_signal() -> None:
    points = [_point("2026-01", 0.8, "none"), _point("2026-02", 0.6, "worse")]
    assert 'class="dot bad"' in charted_sparkline(points)
    assert 'class="dot acc"' in charted_sparkline(points[::-1])
    assert charted_sparkline(points[:1]) == ""


def test_an_effect_has_a_line_where_the_action_began_and_its_words_do_not_touch() -> None:
    points = [EffectPoint(f"2026-0{month}", 50, 0.2 if month < 4 else 0.1, 0.1, None if month < 4 else 0.1) for month in range(1, 7)]
    drawn = effect_chart(points, "2026-04", "en", label="an action")
    assert drawn.count('class="limit"') == 1
    assert drawn.count('class="line acc"') == 1
    edge = sorted(float(y) for y in re.findall(r'<text x="438" y="([\d.]+)"', drawn))
    assert len(edge) == 3
    assert all(below - above >= 14 for above, below in pairwise(edge))
    assert effect_chart(points[:1], "2026-04", "en", label="") == ""


def test_element_escapes_text_and_attributes() -> None:
    assert element("text", "<&>", title='"x"') == '<text title="&#34;x&#34;">&lt;&amp;&gt;</text>'


@given(st.lists(st.floats(0, 500), min_size=1, max_size=6))
def test_labels_are_kept_apart_and_in_order(places: list[float]) -> None:
    moved = apart(places, 14)
    ranked = [moved[at] for at in sorted(range(len(places)), key=lambda at: (places[at], at))]
    assert all(below - above >= 14 - 1e-9 for above, below in pairwise(ranked))
    assert all(after >= before for before, after in zip(places, moved, strict=True))


@given(st.floats(0, 0.99), st.floats(0.005, 0.5))
def test_ticks_are_few_and_inside(low: float, width: float) -> None:
    ticks = round_ticks(low, low + width)
    assert 1 <= len(ticks) <= 4
    assert all(low - 1e-9 <= tick <= low + width + 1e-9 for tick in ticks)


@pytest.mark.parametrize(("value", "place"), [(0, 10), (5, 60), (10, 110), (20, 110)])
def test_a_scale_maps_and_clips(value: float, place: float) -> None:
    assert Scale(0, 10, 10, 110).clipped(value) == place


def _point(period: str, value: float, signal: str) -> ChartPoint:
    return ChartPoint(period, Title(period, period), 100, value, 0.8, 0.7, 0.9, None, signal)  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_promise_and_the_links_do_not_write_over_each_other(lang: Lang) -> None:
    """A lesson is promised for when it begins: the first link starts at the promise's mark, after days of waiting."""
    stretches = [
        Stretch(Title("下课到发作业", "Lesson to homework"), 6.4 * 3600), Stretch(Title("作业到批改", "Homework to marking"), 24 * 3600),
    ]
    drawn = str(time_scale(stretches, lang, label="", start=2.9 * 86_400, median=4.2 * 86_400, p90=6.3 * 86_400, promise=2.9 * 86_400))
    upper = list(re.finditer(r'<text x="([\d.]+)" y="10(?:\.0)?"([^>]*)>([^<]+)</text>', drawn))
    assert len(upper) == 2, "the promise and the second link"
    spans = sorted(
        (float(one[1]) - room_of(one[3]), float(one[1])) if "end" in one[2] else (float(one[1]), float(one[1]) + room_of(one[3]))
        for one in upper
    )
    assert spans[0][1] <= spans[1][0]
