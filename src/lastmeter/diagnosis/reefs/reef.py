"""What a search for reefs gives: plain values with their words in both languages."""

from __future__ import annotations

import math
import re
from typing import Literal

import msgspec

from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.kernel.titles import Title

Kind = Literal["main", "interaction"]
_CONDITION = re.compile(rf"(?:^|(?<=, ))({'|'.join((*DIMENSIONS, 'weekday'))})=")


class Condition(msgspec.Struct, frozen=True):
    """One value of one dimension; titles are its words."""

    dimension: str
    value: str
    dimension_title: Title
    value_title: Title


class Size(msgspec.Struct, frozen=True):
    """How large a reef is in the half of the days that was held out when it was chosen.

    Flaws for each one expected, with the interval at 95 % (high is None where nothing was expected); n journeys.
    """

    ratio: float
    low: float
    high: float | None
    n: int


class Potential(msgspec.Struct, frozen=True):
    """The perfect-journey rate of all journeys of the period, and what it would be if the reef were at its siblings' median.

    Not an effect: nobody has done anything yet. `journeys` more would be perfect; low and high are the rate's, from the
    interval of the size. `siblings` is their median ratio of flaws to expected ones, over so many as `sibling_count`.
    """

    now: float
    rate: float
    low: float
    high: float
    journeys: float
    siblings: float
    sibling_count: int


class Reef(msgspec.Struct, frozen=True):
    """A segment of journeys with more flaws than period, place and the other reefs explain, beyond chance.

    `rule` is what breaks there ("any": whatever, the journey is not perfect), `also` other rules that break more often
    there, which it explains. n, flaws and expected are those of the whole period, `expected` if the segment were none;
    p: how likely chance finds its like anywhere in the search; q: the same of the reef alone, in the half held out. `examples` are
    the journeys with this flaw that fell due last.
    """

    rule: str
    rule_title: Title
    also: list[str]
    also_titles: list[Title]
    kind: Kind
    conditions: list[Condition]
    n: int
    flaws: int
    expected: float
    ratio: float
    p: float
    q: float
    size: Size
    potential: Potential
    post: str | None
    post_title: Title | None
    examples: list[str]
    sentence: Title

    @property
    def segment(self) -> dict[str, str]:
        """Value by dimension."""
        return {one.dimension: one.value for one in self.conditions}

    @property
    def rules(self) -> list[str]:
        """The rule and those that it explains."""
        return [self.rule, *self.also]

    @property
    def standing(self) -> float:
        """How far it stands out, by which reefs are ranked: the log likelihood's ratio over the root of n.

        That is the geometric mean of how sure it is and of how unlike its surroundings each of its journeys is (Klösgen 1996
        with exponent 1/2), so that neither large segments nor small ones come first for their size.
        """
        if self.expected <= 0:
            return math.inf
        return max(0.0, self.flaws * math.log(max(self.flaws, 1) / self.expected) - (self.flaws - self.expected)) / math.sqrt(self.n)

    @property
    def code(self) -> str:
        """The same for the same rule and segment in every period: `handover: origin=wuhan`."""
        return f"{self.rule}: " + ", ".join(f"{one.dimension}={one.value}" for one in self.conditions)


def taken_apart(code: str) -> tuple[str, dict[str, str]]:
    """The rule and the segment of a reef's code; a cause's code is its rule, with no segment."""
    rule, _, segment = code.partition(": ")
    found = _CONDITION.split(segment)[1:]
    return rule, {name: value.removesuffix(", ") for name, value in zip(found[::2], found[1::2], strict=True)}


class Reefs(msgspec.Struct, frozen=True):
    """The reefs of a period: single values (main) and conjunctions (interactions), each with what stands out most first.

    `due` journeys; `segments` times `rules` were looked at; `spotted` stood out, of which the half of the days held out confirmed
    those listed here.
    """

    period: str
    due: int
    segments: int
    rules: int
    spotted: int
    main: list[Reef]
    interactions: list[Reef]

    @property
    def all(self) -> list[Reef]:
        """Both lists, what stands out most first."""
        return sorted([*self.main, *self.interactions], key=order)


def order(reef: Reef) -> tuple[float, float, str]:
    """By what reefs are sorted."""
    return (-reef.standing, reef.p, reef.code)
