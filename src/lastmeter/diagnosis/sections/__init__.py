"""The sections of the brief: one file each, found by themselves, in the order they declare.

A file here holds one function under `@section(order, title, note)`. It takes a `Study` and returns what the section
holds, a struct whose `kind` names the template that draws it, or None where there is nothing to say. A section that
returns a `Table` needs no template of its own.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import msgspec

from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import fill
from lastmeter.kernel.titles import Title


class Content(msgspec.Struct, frozen=True, tag_field="kind"):
    """What a section holds; the subclass's tag is its kind."""


class Table(Content, frozen=True, tag="table"):
    """The plain kind: named columns, rows of words. The first column names the row, the others are figures."""

    columns: list[Title]
    rows: list[list[Title]]


class Section(msgspec.Struct, frozen=True):
    """One section of a finished brief; `finding` is its sentence, `note` says what is shown."""

    code: str
    title: Title
    note: Title | None
    finding: Title | None
    data: Content


@dataclass(frozen=True, slots=True)
class SectionMaker:
    """A declared section."""

    code: str
    order: int
    title: Title
    note: Title | None
    make: Callable[[Study], Content | tuple[Content, Title | None] | None]

    def of(self, study: Study) -> Section | None:
        """The section for a study; `{previous}` and `{next}` in title and note are filled with those periods, `{rate}` with its name."""
        made = self.make(study)
        if made is None:
            return None
        data, finding = made if isinstance(made, tuple) else (made, None)
        return Section(self.code, _placed(self.title, study), self.note and _placed(self.note, study), finding, data)


def section(
    order: int, title: Title, note: Title | None = None
) -> Callable[[Callable[[Study], Content | tuple[Content, Title | None] | None]], SectionMaker]:
    """Declare the function below as a section; its name is the section's code."""
    return lambda make: SectionMaker(make.__name__, order, title, note, make)


@cache
def all_sections() -> tuple[SectionMaker, ...]:
    """Every section of this package, by order, then code."""
    makers = [
        value
        for module in pkgutil.iter_modules(__path__)
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values()
        if isinstance(value, SectionMaker)
    ]
    return tuple(sorted(makers, key=lambda maker: (maker.order, maker.code)))


def _placed(words_: Title, study: Study) -> Title:
    rate = Title("完美旅程率", "Perfect journeys") if study.view is None else study.perfect.title
    return fill(words_, previous=study.previous_title(), next=study.next_title(), rate=rate)
