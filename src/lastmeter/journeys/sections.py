"""The sections that every blueprint has beside its primitives: head, steps, dimensions, value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field

from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.journeys.grammar import Code, Events, Section, Text, Titled

Slice = Literal["week", "month", "quarter", "year"]
DIMENSION_NAMES = (*DIMENSIONS, "customer")
_NAME = r"[a-z][a-z0-9_]*"
_PATH = re.compile(
    rf"(?P<object>{_NAME})(?:\.(?P<attribute>{_NAME})|>(?P<related>{_NAME}))?|event:(?P<step>{_NAME})\.(?P<column>{_NAME})"
)


class Head(Section):
    """`[journey]`. `calendar` is that of the working limits of its links; `slice` makes one journey a period.

    Without `start`, which only a slice may lack, a journey starts with its slice.
    """

    kind: Code
    object: Code
    title: Titled
    version: Text
    effective_from: date
    start: Code | None = None
    calendar: Code | None = None
    slice: Slice | None = None
    abandoned_after_days: int | None = Field(default=None, gt=0)


class Step(Section):
    """`[[step]]`: a named event type, or several that mean the same step."""

    code: Code
    title: Titled
    event: Events
    take: Literal["first", "last"] = "first"


class Value(Section):
    """`[value]`: the journey's money, summed over events."""

    attribute: Code
    event: Events


@dataclass(frozen=True, slots=True)
class Dimension:
    """Where a cohort column comes from: an object's id, its attribute, an object related to it, or a step's column."""

    name: str
    path: str
    object_type: str | None = None
    attribute: str | None = None
    related: str | None = None
    step: str | None = None
    column: str | None = None

    @property
    def fact(self) -> str | None:
        """Name of what it reads in the object's description: `state`, `>person`; None if it needs no description."""
        return self.attribute or (f">{self.related}" if self.related else None)

    @classmethod
    def parse(cls, name: str, path: str) -> Dimension | None:
        """The dimension, or None if the path cannot be read."""
        match = _PATH.fullmatch(path)
        if not match:
            return None
        return cls(name, path, match["object"], match["attribute"], match["related"], match["step"], match["column"])
