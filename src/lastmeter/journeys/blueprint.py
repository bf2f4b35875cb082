"""Blueprints: the standard of one kind of journey, one version a TOML file.

The grammar of each primitive stands in `primitives/`, that of the other sections in `sections`; `blueprint_file` reads
and checks a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from lastmeter.journeys.grammar import Declaration, Rule
from lastmeter.journeys.primitives.ending import Ending
from lastmeter.journeys.primitives.feedback import Feedback
from lastmeter.journeys.primitives.forbidden import Forbidden
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.primitives.promise import Promise
from lastmeter.journeys.primitives.required import Required
from lastmeter.journeys.problems import Problem
from lastmeter.journeys.sections import Dimension, Head, Slice, Step, Value
from lastmeter.kernel.calendars import Calendar
from lastmeter.kernel.titles import Title

D = TypeVar("D", bound=Declaration)

__all__ = ["Blueprint", "Problem", "RuleLine", "check", "load_blueprints"]


class RuleLine(NamedTuple):
    """A rule as people read it."""

    code: str
    title: Title
    primitive: str
    post: str | None


@dataclass(frozen=True)
class Blueprint:
    """One version of the standard of one kind of journey.

    `declarations` are all `[[...]]` of primitives in the order of the file, which is the order in which ties break.
    `calendars` are those that its working limits are judged by, by name. `digest` identifies the reading: everything but
    titles, calendars included.
    """

    head: Head
    steps: tuple[Step, ...]
    declarations: tuple[Declaration, ...]
    dimensions: tuple[Dimension, ...]
    value: Value | None
    digest: str
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Name of the kind of journey."""
        return self.head.kind

    @property
    def object_type(self) -> str:
        """The object type that makes a journey."""
        return self.head.object

    @property
    def title(self) -> Title:
        """What such journeys are called."""
        return self.head.title

    @property
    def version(self) -> str:
        """Which version of the standard."""
        return self.head.version

    @property
    def effective_from(self) -> date:
        """It holds for journeys that start on or after this local date, until a newer version does."""
        return self.head.effective_from

    @property
    def start(self) -> str | None:
        """Code of the step that starts a journey; None: it starts with its slice."""
        return self.head.start

    @property
    def slice(self) -> Slice | None:
        """The period of which an object makes one journey each, if it does."""
        return self.head.slice

    @property
    def links(self) -> tuple[Link, ...]:
        """Stretches between steps."""
        return self.of(Link)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What the customer was told, by when."""
        return self.of(Promise)

    @property
    def required(self) -> tuple[Required, ...]:
        """Acts that must occur."""
        return self.of(Required)

    @property
    def forbidden(self) -> tuple[Forbidden, ...]:
        """Acts that must not occur."""
        return self.of(Forbidden)

    @property
    def feedback(self) -> tuple[Feedback, ...]:
        """Which feedback is a flaw."""
        return self.of(Feedback)

    @property
    def endings(self) -> tuple[Ending, ...]:
        """How journeys end."""
        return self.of(Ending)

    def of(self, kind: type[D]) -> tuple[D, ...]:
        """The declarations of one primitive, in the order of the file."""
        return tuple(one for one in self.declarations if isinstance(one, kind))

    @cached_property
    def breakable(self) -> tuple[Rule, ...]:
        """The rules that a journey can break, in the order of the file."""
        return tuple(one for one in self.declarations if isinstance(one, Rule) and one.is_rule())

    def rules(self) -> tuple[RuleLine, ...]:
        """(code, title, primitive, post) of every rule that a journey can break, in the order of the file."""
        return tuple(RuleLine(rule.code, rule.title, rule.TABLE, rule.post) for rule in self.breakable)

    def ending_events(self, state: str | None = None) -> tuple[str, ...]:
        """The event types that end a journey, in one state or in any."""
        return tuple(event for ending in self.endings if state in (None, ending.state) for event in self.step(ending.step).event)

    def step(self, code: str) -> Step:
        """The step of that code; references were checked when the file was read."""
        return next(step for step in self.steps if step.code == code)

    def calendar_of(self, link: Link) -> Calendar:
        """The calendar by which a link with a working limit is judged; that there is one was checked when the file was read."""
        return self.calendars[link.calendar or str(self.head.calendar)]

    def attributes_read(self) -> frozenset[str]:
        """Every attribute of an event that this blueprint reads."""
        names = {"score", "scale", "said", *(one.attribute for one in self.dimensions if one.attribute)}
        names.update(one.column for one in self.dimensions if one.column)
        for rule in self.breakable:
            names.update(rule.attributes_read())
        if self.value:
            names.update((self.value.attribute, f"{self.value.attribute}_currency"))
        return frozenset(names)

    def event_types(self) -> frozenset[str]:
        """Every event type that this blueprint reads."""
        types = {event for step in self.steps for event in step.event} | set(self.value.event if self.value else ())
        for rule in self.breakable:
            types.update(event for group in rule.needed(self) for event in group)
        return frozenset(types)


def load_blueprints(folder: Path) -> list[Blueprint]:
    """All blueprints of a workspace, by kind, then by `effective_from`, the newest last.

    The calendars of working limits are looked for in the folder `calendars` beside this one, then among the built-in ones.

    Raises:
        LastMeterError: the first problem of the files, with file and line; `check` has them all.
    """
    from lastmeter.journeys.blueprint_file import clashes, read_blueprint

    readings = [read_blueprint(path) for path in sorted(folder.glob("*.toml"))]
    for problem in [*(problem for reading in readings for problem in reading.problems), *clashes(readings)]:
        raise problem.error()
    blueprints = [reading.blueprint for reading in readings if reading.blueprint]
    return sorted(blueprints, key=lambda one: (one.kind, one.effective_from, one.version))


def check(path: Path) -> list[Problem]:
    """All problems of a blueprint file, or of every blueprint in a folder, in the order of file and line."""
    from lastmeter.journeys.blueprint_file import clashes, read_blueprint

    readings = [read_blueprint(file) for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    problems = [*(problem for reading in readings for problem in reading.problems), *clashes(readings)]
    return sorted(problems, key=lambda problem: (problem.path, problem.line, problem.code))
