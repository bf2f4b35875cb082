"""What moved the index: parts that add up to the movement, without a rest.

With the standard of the period (s), its figures (now) and those of the period before (then):

    index(now, s) − index(then, s then) =
        Σ share · (score now − score then)            one part a component, by the standard that holds now
      + what the cap takes now − what it took then    red lines
      + index(then, s) − index(then, s then)          the standard itself changed: weights, targets, components, red lines
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lastmeter.indicators.index.rows import Taken
from lastmeter.kernel.titles import Title

RED_LINES = Title("红线（越线封顶）", "Red lines (the cap)")
STANDARD = Title("权重、目标或构成的变化", "Weights, targets or components changed")
_NOTHING_BEFORE = Title("上一期没有体验指数，不作比较", "There was no index in the period before to compare with")
_NOTHING_NOW = Title("这一期没有一个分项有数，不作比较", "No component has a figure in this period: not compared")
_OTHERS_LEFT_OUT = Title(
    "两期缺数的分项不同，不作比较", "Not the same components had a figure in both periods: not compared"
)


class Moved(msgspec.Struct, frozen=True):
    """A part of the movement, in points of the index: a component's figure, the red lines, or the standard itself."""

    part: Literal["figure", "red_lines", "standard"]
    indicator: str | None
    title: Title
    points: float


class Movement(msgspec.Struct, frozen=True):
    """From the index before to the index now; the points of `parts` add up to `points`."""

    points: float
    parts: tuple[Moved, ...]


def moved_between(now: Taken, then_by_now: Taken, then: Taken) -> tuple[Movement | None, Title | None]:
    """The movement, or why there is none: figures of different coverage are not compared.

    then_by_now: the period before, by the standard of now; then: the same period by its own standard.
    """
    if now.value is None or now.composite is None:
        return None, _NOTHING_NOW
    if then.value is None or then_by_now.value is None or then_by_now.composite is None:
        return None, _NOTHING_BEFORE
    parts = []
    for here, there in zip(now.rows, then_by_now.rows, strict=True):
        if (here.score is None) != (there.score is None):
            return None, _OTHERS_LEFT_OUT
        if here.score is None or there.score is None:
            continue
        if here.figure.rules != there.figure.rules:
            return None, _other_coverage(here.title)
        parts.append(Moved("figure", here.indicator, here.title, here.share * here.score - there.share * there.score))
    capped = (now.value - now.composite) - (then_by_now.value - then_by_now.composite)
    if capped:
        parts.append(Moved("red_lines", None, RED_LINES, capped))
    if then is not then_by_now:
        parts.append(Moved("standard", None, STANDARD, then_by_now.value - then.value))
    return Movement(now.value - then.value, tuple(parts)), None


def _other_coverage(title: Title) -> Title:
    return Title(
        f"“{title.zh}”两期的规则覆盖不同，不作比较", f"The coverage of “{title.en}” differs between the periods: not compared"
    )
