"""What an action did: the segment's share of flawed journeys, its siblings', and what was to be expected without it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from lastmeter.charts.svg import Scale, element, line, path, picture, round_ticks, text
from lastmeter.diagnosis.effect.action import EffectPoint
from lastmeter.diagnosis.words import percent, tick
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang, Title

_LEFT, _TOP, _FOOT = 40.0, 14.0, 26.0
_EDGE: dict[str, Title] = {
    "own": Title("这一类", "this kind"), "siblings": Title("同类", "siblings"), "expected": Title("不行动的预期", "expected without it"),
}


def effect_chart(points: Sequence[EffectPoint], since: str, lang: Lang, *, label: str, width: float = 560, height: float = 190) -> Markup:
    """Periods before and after; a line stands where the action began. Labels at the right edge, pushed apart, no legend."""
    known = [number for one in points for number in (one.value, one.siblings, one.expected) if number is not None]
    if len(points) < 2 or not known:
        return Markup("")
    right, base = width - 132.0, height - _FOOT
    x, y = Scale(0, len(points) - 1, _LEFT, right), Scale(min([0.0, *known]), max(known) * 1.06 or 1.0, base, _TOP)
    begun = next((place for place, one in enumerate(points) if one.period >= since), None)
    marks = [text(_LEFT - 8, y(one) + 4, percent(one, 0), anchor="end") for one in round_ticks(0.0, max(known) * 1.06, 4)]
    marks.append(line(_LEFT, base, right, base, "axis"))
    if begun is not None:
        marks.append(line(x(begun - 0.5 if begun else 0), _TOP - 6, x(begun - 0.5 if begun else 0), base, "limit"))
    lines = {"siblings": "line ghost", "expected": "line acc", "own": "line"}
    values = {
        "siblings": [one.siblings for one in points], "expected": [one.expected for one in points],
        "own": [one.value for one in points],
    }
    ends = []
    for name, series in values.items():
        places = [(x(at), y(value)) for at, value in enumerate(series) if value is not None]
        if len(places) > 1:
            marks.append(path(places, class_=lines[name]))
        if places:
            ends.append((places[-1][1], name))
    marks += [
        element("circle", cx=x(at), cy=y(one.value), r=2.6, class_="dot") for at, one in enumerate(points) if one.value is not None
    ]
    lowest = _TOP
    for place, name in sorted(ends):
        lowest = max(place + 4, lowest + 14)
        marks.append(text(right + 10, lowest, _EDGE[name].say(lang), class_="t-acc" if name == "expected" else "t-2"))
    step = max(1, len(points) // 8)
    for at in range(0, len(points), step):
        marks.append(text(x(at), base + 17, tick(parse_period(points[at].period)).say(lang), anchor="middle"))
    return picture(width, height, *marks, label=label)
