"""Where eight of ten durations lie: a strip from p10 to p90, a dot at the median, a tick at the limit."""

from __future__ import annotations

from markupsafe import Markup

from lastmeter.charts.svg import Scale, element, line, picture

_HEIGHT = 18.0


def strip(
    low: float | None, median: float | None, high: float | None, most: float, *, limit: float | None = None,
    tail: float | None = None, worst: bool = False, width: float = 200,
) -> Markup:
    """All numbers in one unit on a scale from 0 to `most`; what lies beyond is cut at the edge.

    tail: a thin line from `high` to here (p99). worst: the part past the limit is coloured.
    """
    if low is None or high is None or median is None or most <= 0:
        return Markup("")
    x = Scale(0, most, 4, width - 5)
    middle = _HEIGHT / 2
    marks = []
    if tail is not None and tail > high:
        marks.append(line(x.clipped(high), middle, x.clipped(tail), middle, "tail"))
    marks.append(_bar(x.clipped(low), x.clipped(high), "strip"))
    if worst and limit is not None and high > limit:
        marks.append(_bar(x.clipped(max(low, limit)), x.clipped(high), "strip bad"))
    if limit is not None:
        marks.append(line(x.clipped(limit), 1, x.clipped(limit), _HEIGHT - 1, "limit"))
    marks.append(element("circle", cx=x.clipped(median), cy=middle, r=3.5, class_="median"))
    return picture(width, _HEIGHT, *marks, class_="chart stripe")


def _bar(start: float, end: float, class_: str) -> Markup:
    return element(
        "rect", x=start, y=_HEIGHT / 2 - 4, width=max(end - start, 1.0), height=8, rx=1.5, class_=class_
    )
