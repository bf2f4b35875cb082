"""Blueprints: the standard of one kind of journey, read from TOML and checked.

One file is one version. The grammar of each primitive stands in `primitives/`; here are the parts that every blueprint
has: head, steps, dimensions, value.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import Field

from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.journeys.grammar import Code, Declaration, Events, Rule, Section, Text, Titled
from lastmeter.journeys.line_index import LineIndex
from lastmeter.journeys.primitives import primitives
from lastmeter.journeys.primitives.ending import Ending
from lastmeter.journeys.primitives.feedback import Feedback
from lastmeter.journeys.primitives.forbidden import Forbidden
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.primitives.promise import Promise
from lastmeter.journeys.primitives.required import Required
from lastmeter.journeys.problems import Finder, Problem
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

D = TypeVar("D", bound=Declaration)
DIMENSION_NAMES = (*DIMENSIONS, "customer")
_ATTRIBUTE = r"[a-z][a-z0-9_]*"
_PATH = re.compile(rf"(?P<object>{_ATTRIBUTE})(?:\.(?P<attribute>{_ATTRIBUTE})|>(?P<related>{_ATTRIBUTE}))?"
                   rf"|event:(?P<step>{_ATTRIBUTE})\.(?P<column>{_ATTRIBUTE})")


class Head(Section):
    """`[journey]`."""

    kind: Code
    object: Code
    title: Titled
    version: Text
    effective_from: date
    start: Code
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
        """Name of the description's fact that it reads: `state`, `>person`; None if it needs no description."""
        return self.attribute or (f">{self.related}" if self.related else None)

    @classmethod
    def parse(cls, name: str, path: str) -> Dimension | None:
        """The dimension, or None if the path cannot be read."""
        match = _PATH.fullmatch(path)
        if not match:
            return None
        return cls(name, path, match["object"], match["attribute"], match["related"], match["step"], match["column"])


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
    `digest` identifies the reading: everything but titles.
    """

    head: Head
    steps: tuple[Step, ...]
    declarations: tuple[Declaration, ...]
    dimensions: tuple[Dimension, ...]
    value: Value | None
    digest: str

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
    def start(self) -> str:
        """Code of the step that starts a journey."""
        return self.head.start

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

    def step(self, code: str) -> Step:
        """The step of that code; references were checked when the file was read."""
        return next(step for step in self.steps if step.code == code)

    def event_types(self) -> frozenset[str]:
        """Every event type that this blueprint reads."""
        types = {event for step in self.steps for event in step.event} | set(self.value.event if self.value else ())
        for rule in self.breakable:
            types.update(event for group in rule.needed(self) for event in group)
        return frozenset(types)


def load_blueprints(folder: Path) -> list[Blueprint]:
    """All blueprints of a workspace, by kind, then by `effective_from`, the newest last.

    Raises:
        LastMeterError: the first problem of the files, with file and line; `check` has them all.
    """
    readings = [read for path in sorted(folder.glob("*.toml")) for read in [_read(path)]]
    for problem in [problem for reading in readings for problem in reading.problems] + _clashes(readings):
        raise problem.error()
    blueprints = [reading.blueprint for reading in readings if reading.blueprint]
    return sorted(blueprints, key=lambda one: (one.kind, one.effective_from, one.version))


def check(path: Path) -> list[Problem]:
    """All problems of a blueprint file, or of every blueprint in a folder, in the order of file and line."""
    readings = [_read(file) for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    problems = [problem for reading in readings for problem in reading.problems] + _clashes(readings)
    return sorted(problems, key=lambda problem: (problem.path, problem.line, problem.code))


class _Reading(NamedTuple):
    path: Path
    index: LineIndex
    problems: list[Problem]
    blueprint: Blueprint | None


def _read(path: Path) -> _Reading:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise LastMeterError("blueprint.file_missing", Title("找不到蓝图文件 {file}", "No blueprint file {file}"),
                             Title("检查路径，或用 lastmeter init 建立工作区", "Check the path, or make a workspace with lastmeter init"),
                             file=path.name) from error
    except UnicodeDecodeError:
        return _unreadable(path, 1, Title("文件不是 UTF-8 编码。", "The file is not UTF-8."),
                           Title("请用 UTF-8 另存。", "Save it as UTF-8."))
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"at line (\d+)", str(error))
        line = int(match[1]) if match else len(text.splitlines())
        return _unreadable(path, line, Title("不是有效的 TOML。", "This is not valid TOML."),
                           Title("检查引号、括号和等号，以及同一个键是否写了两次。",
                                 "Check quotes, brackets and equals signs, and whether a key stands twice."))
    index = LineIndex(text)
    finder = Finder(path, index)
    blueprint = _Reader(finder, content).blueprint()
    return _Reading(path, index, finder.problems, None if finder.problems else blueprint)


def _unreadable(path: Path, line: int, message: Title, hint: Title) -> _Reading:
    return _Reading(path, LineIndex(""), [Problem(path, line, "blueprint.unreadable", message, hint)], None)


def _clashes(readings: list[_Reading]) -> list[Problem]:
    """Versions of one kind that cannot stand beside each other."""
    problems = []
    seen: dict[tuple[str, str, str], _Reading] = {}
    for reading in readings:
        if not reading.blueprint:
            continue
        one = reading.blueprint
        for key, value in (("version", one.version), ("effective_from", str(one.effective_from))):
            other = seen.setdefault((one.kind, key, value), reading)
            if other is not reading:
                problems.append(Problem(
                    reading.path, reading.index.line("journey", key), "blueprint.version_clash",
                    Title(f"“{one.kind}”的 {key} {value} 在 {other.path.name} 里已经有了。",
                          f"{other.path.name} already has {key} {value} of “{one.kind}”."),
                    Title("每个版本要有自己的 version 和 effective_from。", "Give each version its own version and effective_from.")))
        same = seen.setdefault((one.kind, "object", ""), reading)
        if same.blueprint and same.blueprint.object_type != one.object_type:
            problems.append(Problem(
                reading.path, reading.index.line("journey", "object"), "blueprint.version_clash",
                Title(f"“{one.kind}”在 {same.path.name} 里的 object 不同。", f"“{one.kind}” has another object in {same.path.name}."),
                Title("同一种旅程的各版本要用同一个 object。", "All versions of one kind have the same object.")))
    return problems


class _Reader:
    """From the parsed TOML of one file to a blueprint, noting every problem on the way."""

    def __init__(self, finder: Finder, content: dict[str, Any]) -> None:
        self.finder = finder
        self.content = content

    def blueprint(self) -> Blueprint | None:
        known = primitives()
        for key in self.content:
            if key not in {"journey", "step", "dimensions", "value", *known}:
                self.finder.unknown_key((key,), key, ["journey", "step", "dimensions", "value", *known])
        head = self._head()
        steps = [step for _, step in self._array("step", Step)]
        placed = [(self.finder.index.line(name, number), number, name, one)
                  for name, model in known.items() for number, one in self._array(name, model)]
        placed.sort(key=lambda item: item[:3])
        dimensions = list(self._dimensions([step.code for step in steps]))
        value = self.finder.section(Value, self.content["value"], ("value",)) if "value" in self.content else None
        self._check_codes(steps, placed)
        self._check_references(head, steps, placed)
        if not head or self.finder.problems:
            return None
        return Blueprint(head, tuple(steps), tuple(one for *_, one in placed), tuple(dimensions), value, _digest(self.content))

    def _head(self) -> Head | None:
        if "journey" not in self.content:
            self.finder.add((), "key_missing", Title("缺少 [journey] 一节。", "The section [journey] is missing."),
                            Title("写上 kind、object、title、version、effective_from 和 start。",
                                  "Give it kind, object, title, version, effective_from and start."))
            return None
        return self.finder.section(Head, self.content["journey"], ("journey",))

    def _array(self, name: str, model: type[Any]) -> Iterator[tuple[int, Any]]:
        items = self.content.get(name, [])
        if not isinstance(items, list):
            self.finder.add((name,), "value_wrong", Title(f"“{name}”可以有几节。", f"“{name}” is a list of sections."),
                            Title(f"写成 [[{name}]]，两个方括号。", f"Write [[{name}]], with two brackets."))
            return
        for number, item in enumerate(items):
            if section := self.finder.section(model, item, (name, number)):
                yield number, section

    def _dimensions(self, steps: list[str]) -> Iterator[Dimension]:
        for name, path in self.content.get("dimensions", {}).items():
            where = ("dimensions", name)
            if name not in DIMENSION_NAMES:
                self.finder.unknown_key(where, name, DIMENSION_NAMES)
                continue
            dimension = Dimension.parse(name, path) if isinstance(path, str) else None
            if not dimension:
                self.finder.add(where, "path_wrong", Title(f"读不懂“{name}”的路径。", f"Cannot read the path of “{name}”."),
                                Title('写成 "seller"、"customer.state"、"customer>person" 或 "event:shipped.place"。',
                                      'Write "seller", "customer.state", "customer>person" or "event:shipped.place".'))
            elif dimension.step and dimension.step not in steps:
                self.finder.unknown_name(where, "step_unknown", _STEP, dimension.step, steps)
            else:
                yield dimension

    def _check_codes(self, steps: list[Step], placed: list[tuple[int, int, str, Declaration]]) -> None:
        seen: set[tuple[str, str]] = set()
        named = [("step", number, step.code, "step") for number, step in enumerate(steps)]
        named += [(name, number, one.code, "rule") for _, number, name, one in placed if isinstance(one, Rule)]
        for name, number, code, family in named:
            if (family, code) in seen:
                self.finder.add((name, number, "code"), "code_twice", Title(f"编码“{code}”用了两次。", f"The code “{code}” stands twice."),
                                Title("每个环节、每条规则要有自己的编码。", "Every step and every rule has a code of its own."))
            seen.add((family, code))

    def _check_references(self, head: Head | None, steps: list[Step], placed: list[tuple[int, int, str, Declaration]]) -> None:
        # A step whose own section is broken is still a step: naming it is no second mistake.
        written = [str(item.get("code")) for item in self.content.get("step", []) if isinstance(item, dict)]
        known = list(dict.fromkeys([step.code for step in steps] + written))
        references = [(("journey", "start"), head.start)] if head else []
        for _, number, name, one in placed:
            references += [((name, number, key), step) for key, step in one.step_references().items()]
        for where, step in references:
            if step not in known:
                self.finder.unknown_name(where, "step_unknown", _STEP, step, known)


_STEP = Title("环节", "step")


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(_untitled(content), sort_keys=True, default=str).encode()).hexdigest()[:16]


def _untitled(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _untitled(value) for key, value in content.items() if key != "title"}
    return [_untitled(item) for item in content] if isinstance(content, list) else content
