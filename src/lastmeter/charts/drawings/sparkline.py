"""A trend as small as a word."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from lastmeter.charts.drawings.control import drawable
from lastmeter.charts.svg import Scale, diamond, element, path, picture
from lastmeter.diagnosis.change import ChartPoint

_WIDTH, _HEIGHT = 84.0, 20.0


def sparkline(values: Sequence[float | None], *, tone: str = "") -> Markup:
    """The values in order from 0 up, a dot on the last; missing ones are passed over. `tone`: bad, good or nothing."""
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return Markup("")
    x = Scale(0, len(values) - 1, 3, _WIDTH - 4)
    y = Scale(0, max(value for _, value in known) or 1.0, _HEIGHT - 3, 4)
    places = [(x(at), y(value)) for at, value in known]
    dot = element("circle", cx=places[-1][0], cy=places[-1][1], r=2.6, class_=f"end {tone}".strip())
    return picture(_WIDTH, _HEIGHT, path(places, class_="line"), dot, class_="chart spark")


def charted_sparkline(points: Sequence[ChartPoint], *, most: int = 24, width: float = 104, height: float = 32) -> Markup:
    """The last points of a control chart as small as a word: the band of its limits, the line, the last point with its shape."""
    shown = drawable(points)[-most:]
    values = [number for one in shown for number in (one.value, one.lower, one.upper) if number is not None]
    if len(shown) < 2:
        return Markup("")
    x = Scale(0, len(shown) - 1, 3, width - 6)
    y = Scale(min(values), max(values), height - 5, 5)
    limits = [(at, one.lower, one.upper) for at, one in enumerate(shown) if one.lower is not None and one.upper is not None]
    band = [(x(at), y(upper)) for at, _, upper in limits] + [(x(at), y(lower)) for at, lower, _ in reversed(limits)]
    places = [(x(at), y(one.value or 0.0)) for at, one in enumerate(shown)]
    last = shown[-1]
    end = (
        diamond(*places[-1], 4, "dot bad") if last.signal == "worse"
        else element("circle", cx=places[-1][0], cy=places[-1][1], r=3.0, class_="dot good" if last.signal == "better" else "dot acc")
    )
    return picture(width, height, *([path(band, closed=True, class_="band")] if band else []), path(places, class_="line"), end)
