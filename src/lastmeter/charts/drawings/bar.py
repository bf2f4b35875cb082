"""One bar of a Pareto, with a tick where the period before stood."""

from __future__ import annotations

from markupsafe import Markup

from lastmeter.charts.svg import element, line, picture


def bar(value: float, most: float, *, previous: float | None = None, leading: bool = False, width: float = 300) -> Markup:
    """A bar of `value` on a scale that ends at `most`; only the leading one is coloured. Hidden from screen readers:
    its figures are printed beside it.
    """
    scale = (width - 4) / most if most else 0.0
    marks = [element("rect", x=0, y=0, width=value * scale, height=9, rx=2, class_="bar acc" if leading else "bar mid")]
    if previous is not None:
        marks.append(line(previous * scale, -2, previous * scale, 11, "limit"))
    return picture(width, 9, *marks, class_="chart bars", stretched=True)
