"""What a company measures itself by: indicators with weights, a worst and a target value, and red lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from lastmeter.indicators.indicator import Indicator
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

FULL = 100.0
PASS_MARK = 60.0


@dataclass(frozen=True, slots=True)
class Component:
    """One indicator of the index: `worst` and beyond scores 0, `target` and beyond scores 100, evenly between.

    `red_line`: a value that must not be passed, towards the worse. `kind`: of which journeys, where not of all.
    It takes part in periods that begin from `since` to `until`, both included.
    """

    indicator: str
    weight: float
    worst: float
    target: float
    red_line: float | None = None
    kind: str | None = None
    since: date | None = None
    until: date | None = None

    def score(self, value: float) -> float:
        """The value on the scale of the index."""
        return FULL * min(1.0, max(0.0, (value - self.worst) / (self.target - self.worst)))

    def crosses(self, value: float) -> bool:
        """Whether a value lies beyond the red line."""
        if self.red_line is None:
            return False
        return value < self.red_line if self.target > self.worst else value > self.red_line

    def holds_in(self, period: Period) -> bool:
        """Whether it takes part in a period."""
        return (self.since is None or self.since <= period.first) and (self.until is None or period.first <= self.until)


@dataclass(frozen=True, slots=True)
class Standard:
    """The components, and the value that the index does not exceed while any red line is crossed (6 − 1 = 0)."""

    components: tuple[Component, ...]
    cap: float = PASS_MARK - 1

    def of(self, period: Period) -> Standard:
        """The standard that holds in a period."""
        return replace(self, components=tuple(each for each in self.components if each.holds_in(period)))


def check(standard: Standard, indicators: Mapping[str, Indicator]) -> None:
    """Refuse a standard that cannot be measured.

    Raises:
        LastMeterError: `index.indicator_unknown`, `index.no_scale`, `index.wrong_way`, `index.red_line_outside`,
            `index.twice`.
    """
    for component in standard.components:
        indicator = indicators.get(component.indicator)
        if indicator is None:
            raise _refused(
                "index.indicator_unknown", component, Title("体验指数：没有指标“{code}”", "CX index: there is no indicator “{code}”"),
                Title("用 lastmeter indicators list 查看全部指标", "See them all with `lastmeter indicators list`"),
            )
        if component.worst == component.target:
            raise _refused(
                "index.no_scale", component,
                Title("体验指数：“{code}”的 worst 和 target 相同", "CX index: worst and target of “{code}” are the same"),
                Title("请写两个不同的数", "Give two different numbers"),
            )
        if (component.target > component.worst) != (indicator.direction == "up"):
            raise _refused(
                "index.wrong_way", component,
                Title("体验指数：“{code}”的 target 比 worst 更差", "CX index: the target of “{code}” is worse than its worst"),
                Title("请对调 worst 和 target", "Swap worst and target"),
            )
        if component.crosses(component.target):
            raise _refused(
                "index.red_line_outside", component,
                Title("体验指数：“{code}”达到目标也越过红线", "CX index: “{code}” crosses its red line even at its target"),
                Title("请把 red_line 放在 target 更差的一边", "Put red_line on the worse side of target"),
            )
    _once(standard.components)


def _once(components: Sequence[Component]) -> None:
    for place, component in enumerate(components):
        for other in components[:place]:
            same = (component.indicator, component.kind) == (other.indicator, other.kind)
            if same and _overlap(component, other):
                raise _refused(
                    "index.twice", component,
                    Title("体验指数：“{code}”在同一时期写了两次", "CX index: “{code}” stands twice for the same time"),
                    Title("旧的一行写上 until，新的一行写上 since", "Give the old row an `until` and the new one a `since`"),
                )


def _overlap(one: Component, other: Component) -> bool:
    first = max(one.since or date.min, other.since or date.min)
    return first <= min(one.until or date.max, other.until or date.max)


def _refused(code: str, component: Component, said: Title, hint: Title) -> LastMeterError:
    return LastMeterError(code, said, hint, code=component.indicator)
