"""Small static drawings: elements that escape what they are given, and the scales that drawings share.

Data decides attributes, never a `style`: colours and weights come from classes, so that paper, phone and screen agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

from markupsafe import Markup, escape


def element(name: str, *children: Markup | str, **attributes: object) -> Markup:
    """One element; attribute names drop a trailing underscore and turn others into hyphens, None ones are left out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(_attribute(key), _number(value)) for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)  # noqa: S704 - the name is ours


def picture(
    width: float, height: float, *children: Markup, label: str | None = None, class_: str = "chart",
    stretched: bool = False,
) -> Markup:
    """An svg of that size in its own units; with a label it is an image to screen readers, without one it is hidden.

    stretched: it fills its box in both directions; for drawings of bars alone.
    """
    seen: dict[str, object] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    fit = "none" if stretched else None
    return element("svg", *children, class_=class_, viewBox=f"0 0 {width:g} {height:g}", preserveAspectRatio=fit, **seen)


def path(points: Sequence[tuple[float, float]], *, closed: bool = False, class_: str) -> Markup:
    """A line through points."""
    return element("path", class_=class_, d="M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("z" if closed else ""))


def text(x: float, y: float, words: str, *, anchor: str = "start", class_: str | None = None) -> Markup:
    """A label at its baseline."""
    return element("text", words, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def diamond(x: float, y: float, reach: float, class_: str) -> Markup:
    """A filled diamond: the shape of what is a signal for the worse."""
    return path([(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)], closed=True, class_=class_)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` onto `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        width = self.high - self.low or 1.0
        return self.start + (value - self.low) / width * (self.end - self.start)

    def clipped(self, value: float) -> float:
        """Where a value lies, at the edge if it lies beyond."""
        return self(min(max(value, self.low), self.high))


def round_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """At most `most` round numbers between low and high: steps of 1, 2 or 5 times a power of ten."""
    width = high - low
    for step in (base * 10.0**power for power in range(-5, 3) for base in (1, 2, 5)):
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
        if 0 < last - first + 1 <= most and width / step <= most + 1:
            return [round(number * step, 9) for number in range(first, last + 1)]
    return []


def apart(places: Sequence[float], least: float) -> list[float]:
    """The same places, pushed down so far that neighbours are `least` apart; order is kept."""
    order = sorted(range(len(places)), key=lambda at: (places[at], at))
    moved = list(places)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + least)
    return moved


def _attribute(name: str) -> Markup:
    hyphened = name if name in {"viewBox", "preserveAspectRatio"} else name.rstrip("_").replace("_", "-")
    return Markup(hyphened)  # noqa: S704 - keyword names of this package


def _number(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value
