"""Single rows counted: journeys by due month and outcome, flaws by rule, feedback by score."""

from __future__ import annotations

from collections import Counter
from typing import Any

import altair as alt
import pyarrow as pa

from lastmeter.charts.altair import in_house_style, values
from lastmeter.charts.theme import colour
from lastmeter.kernel.titles import Lang, Title

_PERFECT = Title("完美旅程率，按到期月份", "Perfect journeys, by due month")
_FLAWS = Title("瑕疵，按规则", "Flaws by rule")
_SCORES = Title("打分的分布", "Scores given")
_COUNT = Title("n = {n}", "n = {n}")


def journeys(table: pa.Table, lang: Lang = "en") -> alt.LayerChart:
    """Rows of the journeys fact table: the perfect share of the due cohort by month."""
    due, perfect = Counter[str](), Counter[str]()
    for month, counted, without_flaw in zip(*(table[name].to_pylist() for name in ("due_month", "counted", "perfect")),
                                            strict=True):
        if counted and month:
            due[month] += 1
            perfect[month] += bool(without_flaw)
    rows = [{"month": month, "share": round(perfect[month] / n, 6), "n": n} for month, n in sorted(due.items())]
    base = alt.Chart(values(rows)).encode(
        x=alt.X("month:O", title=None, axis=alt.Axis(labelOverlap=True)),
        y=alt.Y("share:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%", tickCount=4)),
        tooltip=["month:O", alt.Tooltip("share:Q", format=".1%"), "n:Q"],
    )
    chart = alt.layer(base.mark_line(), base.mark_point()).properties(width=640, height=220)
    styled = in_house_style(chart, _PERFECT.say(lang), _COUNT.say(lang, n=f"{due.total():,}"), lang)
    assert isinstance(styled, alt.LayerChart)  # noqa: S101 - for the type checker
    return styled


def flaws(table: pa.Table, lang: Lang = "en") -> alt.Chart:
    """Rows of the flaws fact table, counted by rule."""
    counted = Counter(table["rule"].to_pylist())
    rows = [{"group": rule, "n": n} for rule, n in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
    return _bars(rows, _FLAWS.say(lang), lang)


def feedback(table: pa.Table, lang: Lang = "en") -> alt.Chart:
    """Rows of the feedback fact table, counted by score."""
    counted = Counter(score for score in table["score"].to_pylist() if score is not None)
    return _bars([{"group": f"{score:g}", "n": n} for score, n in sorted(counted.items())], _SCORES.say(lang), lang)


def _bars(rows: list[dict[str, Any]], title: str, lang: Lang) -> alt.Chart:
    chart = alt.Chart(values(rows)).mark_bar(color=colour("data_bar")).encode(
        y=alt.Y("group:N", sort=[row["group"] for row in rows], title=None),
        x=alt.X("n:Q", title=None, axis=alt.Axis(format=",.0f", tickCount=4)), tooltip=["group:N", "n:Q"],
    ).properties(width=520, height=alt.Step(26))
    total = sum(row["n"] for row in rows)
    styled = in_house_style(chart, title, _COUNT.say(lang, n=f"{total:,}"), lang)
    assert isinstance(styled, alt.Chart)  # noqa: S101 - for the type checker
    return styled
