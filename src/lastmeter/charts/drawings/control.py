"""The control chart: the rate over time in its limits, signals as diamonds, the last value printed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from lastmeter.charts.labels import LABELS
from lastmeter.charts.svg import Scale, apart, diamond, element, line, path, picture, round_ticks, text
from lastmeter.diagnosis.change import ChartPoint
from lastmeter.diagnosis.words import DASH, figure, percent, percent_range
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang

_TOP, _LEFT, _FOOT = 12.0, 40.0, 26.0
_LEAST_BETWEEN_TICKS = 50.0
_SIZE = {"seconds": 3600.0}
_FAIR_SHARE = 0.02  # of the largest period


def control_chart(
    points: Sequence[ChartPoint], lang: Lang, *, label: str, width: float = 706, height: float = 170, most: int = 30,
    unit: str = "share",
) -> Markup:
    """The last `most` points. Wide enough (over 500) it names usual and limits at the right edge. `unit`: the indicator's."""
    shown = drawable(points)[-most:]
    if not shown:
        return Markup("")
    roomy = width > 500
    right, base = width - (118.0 if roomy else 54.0), height - _FOOT
    x = Scale(0, max(len(shown) - 1, 1), _LEFT, right)
    low, high = _reach(shown, share=unit == "share")
    y = Scale(low, high, base - 8, _TOP)
    return picture(
        width, height, *_band(shown, x, y), *_grid(_round(low, high, unit), y, unit, lang), *_lines(shown, x, y),
        *_dots(shown, x, y), *_edge(shown, right, y, lang, roomy=roomy, unit=unit), *_ticks(shown, x, base, lang),
        label=label,
    )


def drawable(points: Sequence[ChartPoint]) -> list[ChartPoint]:
    """The points that say something: from the first period with a fair number on, so that a start of two or three
    journeys does not set the scale.
    """
    known = [point for point in points if point.value is not None]
    fair = max((point.n for point in known), default=0) * _FAIR_SHARE
    first = next((at for at, point in enumerate(known) if point.n >= fair), 0)
    return known[first:]


def _reach(points: Sequence[ChartPoint], *, share: bool) -> tuple[float, float]:
    values = [number for point in points for number in (point.value, point.lower, point.upper) if number is not None]
    low, high = min(values), max(values)
    if not share:
        room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
        return (max(low - room, 0.0) if low >= 0 else low - room), high + room
    room = max((high - low) * 0.08, 0.004)
    return max(low - room, 0.0), min(high + room, 1.0)


def _round(low: float, high: float, unit: str) -> list[float]:
    """Round numbers in what the unit is told in: hours where it is kept in seconds."""
    size = _SIZE.get(unit, 1.0)
    return [number * size for number in round_ticks(low / size, high / size)]


def _band(points: Sequence[ChartPoint], x: Scale, y: Scale) -> list[Markup]:
    limits = [(at, p.lower, p.upper) for at, p in enumerate(points) if p.lower is not None and p.upper is not None]
    if not limits:
        return []
    over = [(x(at), y(upper)) for at, _, upper in limits]
    under = [(x(at), y(lower)) for at, lower, _ in reversed(limits)]
    centre = [(x(at), y(point.centre)) for at, point in enumerate(points) if point.centre is not None]
    return [path(over + under, closed=True, class_="band"), path(centre, class_="center")]


def _grid(ticks: Sequence[float], y: Scale, unit: str, lang: Lang) -> list[Markup]:
    if unit != "share":
        return [text(_LEFT - 8, y(tick) + 4, figure(tick, unit).say(lang), anchor="end") for tick in ticks]
    digits = 0 if all(abs(tick * 100 - round(tick * 100)) < 1e-9 for tick in ticks) else 1
    return [text(_LEFT - 8, y(tick) + 4, percent(tick, digits), anchor="end") for tick in ticks]


def _lines(points: Sequence[ChartPoint], x: Scale, y: Scale) -> list[Markup]:
    """One grey line; the stretches that end in a signal are drawn again in its colour."""
    places = [(x(at), y(point.value or 0.0)) for at, point in enumerate(points)]
    coloured = [
        path([before, after], class_=f"line {_tone(point)}")
        for (before, after), point in zip(pairwise(places), points[1:], strict=True) if point.signal != "none"
    ]
    return [path(places, class_="line"), *coloured]


def _dots(points: Sequence[ChartPoint], x: Scale, y: Scale) -> list[Markup]:
    return [
        element("circle", cx=x(at), cy=y(point.value or 0.0), r=2.6, class_="dot") if point.signal == "none"
        else _mark(x(at), y(point.value or 0.0), point)
        for at, point in enumerate(points)
    ]


def _mark(x: float, y: float, point: ChartPoint) -> Markup:
    if point.signal == "worse":
        return diamond(x, y, 5, "dot bad")
    return element("circle", cx=x, cy=y, r=4.5, class_="dot good")


def _edge(points: Sequence[ChartPoint], right: float, y: Scale, lang: Lang, *, roomy: bool, unit: str) -> list[Markup]:
    """What stands at the right edge instead of a legend: the last value, the usual, the limits."""
    last = points[-1]
    told = [(y(last.value or 0.0), _said(last.value, unit, lang), f"t-{_tone(last)}" if last.signal != "none" else "t-1")]
    if last.centre is not None:
        centre = _said(last.centre, unit, lang)
        usual = f"{LABELS['usual'].say(lang)} {centre}" if roomy else centre
        told.append((y(last.centre), usual, "t-2"))
    if roomy and last.lower is not None and last.upper is not None:
        told.append((y(last.lower), _between(last.lower, last.upper, unit, lang), "t-3"))
    places = apart([place for place, _, _ in told], 15.0)
    return [
        text(right + 12, place + 4, words, class_=class_) for place, (_, words, class_) in zip(places, told, strict=True)
    ]


def _said(value: float | None, unit: str, lang: Lang) -> str:
    return figure(value, unit).say(lang)


def _between(low: float, high: float, unit: str, lang: Lang) -> str:
    return percent_range(low, high) if unit == "share" else f"{_said(low, unit, lang)} {DASH} {_said(high, unit, lang)}"


def _ticks(points: Sequence[ChartPoint], x: Scale, base: float, lang: Lang) -> list[Markup]:
    step = next((k for k in (1, 2, 3, 6, 12) if (x(1) - x(0)) * k >= _LEAST_BETWEEN_TICKS), 12)
    drawn = [line(_LEFT, base, x(len(points) - 1), base, "grid")]
    for at, point in enumerate(points):
        period = parse_period(point.period)
        due = (period.first.month - 1) % step == 0 if period.grain == "month" else (len(points) - 1 - at) % step == 0
        if due:
            drawn.append(line(x(at), base, x(at), base + 4, "axis"))
            drawn.append(text(x(at), base + 17, point.tick.say(lang), anchor="middle"))
    return drawn


def _tone(point: ChartPoint) -> str:
    return "bad" if point.signal == "worse" else "good"
