"""A trend as small as a word."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from lastmeter.charts.svg import Scale, element, path, picture

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
