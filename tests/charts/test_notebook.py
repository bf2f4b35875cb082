"""Charts of a notebook: what is drawn, checked on the specification that Vega-Lite would get."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from lastmeter.charts import notebook
from lastmeter.indicators import measure
from lastmeter.indicators.control import Point, company_chart
from lastmeter.journeys.facts import Facts
from tests.diagnosis.northquay import facts_of, two_years


@pytest.fixture(scope="module")
def facts() -> Facts:
    return facts_of(two_years()[-900:])


def table(facts: Facts, name: str) -> pa.Table:
    return getattr(facts, name).collect(backend="pyarrow").to_native()


def spec(chart: Any) -> dict[str, Any]:
    """The specification, valid against Vega-Lite's schema."""
    found: dict[str, Any] = json.loads(chart.to_json())
    return found


def rows(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """The largest data set of a specification."""
    held: list[list[dict[str, Any]]] = list(drawn["datasets"].values())
    return max(held, key=len)


def test_pareto_bundles_what_comes_after_the_eighth_cause() -> None:
    causes = pa.Table.from_pylist([
        {"title": f"c{n}", "count": 20 - n, "previous": 10, "cumulative": min(1.0, 0.1 * (n + 1))} for n in range(12)
    ])
    drawn = rows(spec(notebook.pareto(causes)))
    assert len(drawn) == 9
    assert drawn[-1] == {"title": "others", "count": 12 + 11 + 10 + 9, "previous": 40, "cumulative": 1.0}


def test_links_are_drawn_in_multiples_of_their_limit(facts: Facts) -> None:
    drawn = {row["link"]: row for row in rows(spec(notebook.links(table(facts, "links"))))}
    assert list(drawn) == ["packing", "handover", "transit"]
    assert 0 < drawn["transit"]["median"] < 1 < drawn["handover"]["p99"]


def test_journeys_are_counted_before_they_are_drawn(facts: Facts) -> None:
    drawn = rows(spec(notebook.journeys(table(facts, "journeys"))))
    october = next(row for row in drawn if row["month"] == "2026-10")
    assert (october["n"], round(october["share"], 3)) == (291, 0.687)


@pytest.mark.parametrize("name", ["flaws", "feedback"])
def test_bars_add_up_to_the_rows(facts: Facts, name: str) -> None:
    held = table(facts, name)
    drawn = rows(spec(getattr(notebook, name)(held)))
    assert sum(row["n"] for row in drawn) == held.num_rows


@pytest.mark.parametrize("by", ["place", "month"])
def test_figures_keep_their_intervals(facts: Facts, by: str) -> None:
    figures = measure(facts, "promise_kept_rate", by=(by,))
    held = pa.Table.from_pylist([
        {**figure.keys, "code": figure.code, "value": figure.value, "low": figure.low, "high": figure.high,
         "n": figure.n, "mature": figure.mature}
        for figure in figures
    ])
    drawn = rows(spec(notebook.figures(held)))
    assert [row["low"] for row in drawn] == [figure.low for figure in figures]


def test_a_control_chart_marks_its_signals() -> None:
    steady = [Point(f"2024-{month:02d}", 80 + month % 3, 100) for month in range(1, 13)]
    chart = company_chart([*steady, Point("2025-01", 30, 100)], direction="up")
    drawn = rows(spec(notebook.control(chart, "Perfect journeys", "zh")))
    assert [row["signal"] for row in drawn][-2:] == ["none", "worse"]
