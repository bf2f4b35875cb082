"""From one TOML file to a blueprint, noting every problem on the way with its line and how to mend it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.grammar import Declaration, Rule
from lastmeter.journeys.primitives import primitives
from lastmeter.journeys.primitives.ending import Ending
from lastmeter.journeys.primitives.link import Link
from lastmeter.journeys.problems import Finder, Problem
from lastmeter.journeys.sections import DIMENSION_NAMES, Dimension, Head, Step, Value
from lastmeter.journeys.soundness import unsound
from lastmeter.kernel.calendars import Calendar, load_calendar
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.kernel.toml_file import TomlFile, read_toml

_STEP = Title("环节", "step")


class Reading(NamedTuple):
    """One file as read: what is wrong with it, or the blueprint."""

    file: TomlFile
    problems: list[Problem]
    blueprint: Blueprint | None


class _Placed(NamedTuple):
    line: int
    number: int
    table: str
    declaration: Declaration


def read_blueprint(path: Path) -> Reading:
    """Read one file; problems of every kind are in the result, TOML's own syntax among them."""
    try:
        file = read_toml(path)
    except LastMeterError as error:
        found = re.search(r"line (\d+)", str(error.places.get("detail", "")))
        hint = error.hint_title or Title("检查路径", "Check the path")
        said = Title(error.message("zh"), error.message("en"))
        return Reading(TomlFile(path, {}, {}), [Problem(path, int(found[1]) if found else 1, error.code, said, hint)], None)
    finder = Finder(file)
    blueprint = _Reader(finder, file).blueprint()
    return Reading(file, finder.problems, blueprint)


class _Reader:
    def __init__(self, finder: Finder, file: TomlFile) -> None:
        self.finder = finder
        self.file = file
        self.content = file.values

    def blueprint(self) -> Blueprint | None:
        known = primitives()
        sections = ["journey", "step", "dimensions", "value", *known]
        for key in self.content:
            if key not in sections:
                self.finder.unknown_key((key, 0), key, sections)
        head = self._head()
        steps = [step for _, step in self._array("step", Step)]
        placed = sorted(
            (_Placed(self.file.line_of(name, number), number, name, one)
             for name, model in known.items() for number, one in self._array(name, model)),
            key=lambda item: item[:3],
        )
        dimensions = tuple(self._dimensions())
        value = self.finder.section(Value, self.content["value"], ("value",)) if "value" in self.content else None
        self._check_codes(steps, placed)
        self._check_references(head, placed)
        self._check_soundness(head, steps, placed)
        calendars = dict(self._calendars(head, placed))
        if not head or self.finder.problems:
            return None
        declarations = tuple(item.declaration for item in placed)
        digest = _digest(self.content, [calendar.digest for _, calendar in sorted(calendars.items())])
        return Blueprint(head, tuple(steps), declarations, dimensions, value, digest, calendars)

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

    def _dimensions(self) -> Iterator[Dimension]:
        for name, path in self.content.get("dimensions", {}).items():
            where = ("dimensions", name)
            if name not in DIMENSION_NAMES:
                self.finder.unknown_key(where, name, DIMENSION_NAMES)
                continue
            dimension = Dimension.parse(name, path) if isinstance(path, str) else None
            if not dimension:
                self.finder.add(
                    where, "path_wrong", Title(f"读不懂“{name}”的路径。", f"Cannot read the path of “{name}”."),
                    Title('写成 "seller"、"customer.state"、"customer>person" 或 "event:shipped.place"。',
                          'Write "seller", "customer.state", "customer>person" or "event:shipped.place".'))
            elif dimension.step and dimension.step not in self._step_codes():
                self.finder.unknown_name(where, "step_unknown", _STEP, dimension.step, self._step_codes())
            else:
                yield dimension

    def _check_codes(self, steps: list[Step], placed: list[_Placed]) -> None:
        named = [("step", "step", number, step.code) for number, step in enumerate(steps)]
        named += [("rule", item.table, item.number, item.declaration.code)
                  for item in placed if isinstance(item.declaration, Rule)]
        seen = set()
        for family, table, number, code in named:
            if (family, code) in seen:
                self.finder.add(
                    (table, number, "code"), "code_twice", Title(f"编码“{code}”用了两次。", f"The code “{code}” stands twice."),
                    Title("每个环节、每条规则要有自己的编码。", "Every step and every rule has a code of its own."))
            seen.add((family, code))

    def _check_references(self, head: Head | None, placed: list[_Placed]) -> None:
        references: list[tuple[tuple[str | int, ...], str]] = []
        if head and head.start:
            references.append((("journey", "start"), head.start))
        elif head and not head.slice:
            self.finder.add(("journey",), "key_missing", Title("“journey”缺少“start”。", "“journey” lacks “start”."),
                            Title("写上开始的环节；只有按周期切分（slice）的旅程可以省略。",
                                  "Name the step that starts a journey; only one with a slice may do without."))
        for item in placed:
            references += [((item.table, item.number, key), step)
                           for key, step in item.declaration.step_references().items()]
        for where, step in references:
            if step not in self._step_codes():
                self.finder.unknown_name(where, "step_unknown", _STEP, step, self._step_codes())

    def _calendars(self, head: Head | None, placed: list[_Placed]) -> Iterator[tuple[str, Calendar]]:
        """The calendars of working limits, by name; one that nobody needs is looked for all the same."""
        wanted: dict[str, tuple[str | int, ...]] = {}
        if head and head.calendar:
            wanted[head.calendar] = ("journey", "calendar")
        for item in placed:
            link = item.declaration
            if not isinstance(link, Link):
                continue
            if link.calendar:
                wanted.setdefault(link.calendar, ("link", item.number, "calendar"))
            elif link.limit and link.limit.is_working and head and not head.calendar:
                self.finder.add(
                    ("link", item.number, "limit"), "calendar_missing",
                    Title("工作时间的时限需要日历。", "A working limit needs a calendar."),
                    Title('在 [journey] 或这一节写 calendar = "cn"，或你们自己的日历。',
                          'Write calendar = "cn", or one of your own, in [journey] or in this section.'))
        for name, where in wanted.items():
            try:
                yield name, load_calendar(name, self.file.path.parent.parent / "calendars")
            except LastMeterError as error:
                self.finder.add(where, "calendar_wrong", Title(f"{error.message('zh')}。", f"{error.message('en')}."),
                                Title(f"{error.hint('zh') or '请改正'}。", f"{error.hint('en') or 'Mend it'}."))

    def _check_soundness(self, head: Head | None, steps: list[Step], placed: list[_Placed]) -> None:
        """What sections contradict together, where each of them is right by itself."""
        for name, model in primitives().items():
            declared = {item.number: item.declaration for item in placed if item.table == name}
            for mistake in model.mistakes(declared, sliced=bool(head and head.slice)):
                self.finder.add((name, mistake.number, mistake.key), mistake.code, mistake.said, mistake.hint)
        if head and not self.finder.problems:
            endings = {item.number: item.declaration for item in placed if isinstance(item.declaration, Ending)}
            links = {item.number: item.declaration for item in placed if isinstance(item.declaration, Link)}
            for found in unsound(head, steps, endings, links):
                self.finder.add(*found)

    def _step_codes(self) -> list[str]:
        """As written: a step whose own section is broken is still a step, and naming it no second mistake."""
        steps = self.content.get("step", [])
        return [str(item.get("code")) for item in steps if isinstance(item, dict)] if isinstance(steps, list) else []


def clashes(readings: list[Reading]) -> list[Problem]:
    """Versions of one kind that cannot stand beside each other."""
    problems = []
    seen: dict[tuple[str, str, str], Reading] = {}
    for reading in readings:
        if not (one := reading.blueprint):
            continue
        for key, value in (("version", one.version), ("effective_from", str(one.effective_from))):
            other = seen.setdefault((one.kind, key, value), reading)
            if other is not reading:
                name = other.file.path.name
                problems.append(Problem(
                    reading.file.path, reading.file.line_of("journey", key), "blueprint.version_clash",
                    Title(f"“{one.kind}”的 {key} {value} 在 {name} 里已经有了。", f"{name} already has {key} {value} of “{one.kind}”."),
                    Title("每个版本要有自己的 version 和 effective_from。",
                          "Give each version its own version and effective_from.")))
        for key in ("object", "slice"):
            problems += _differing(reading, key, seen.setdefault((one.kind, key, ""), reading))
    return problems


def _differing(reading: Reading, key: str, other: Reading) -> Iterator[Problem]:
    """All versions of a kind have the same object and slice: they are what makes a journey."""
    assert reading.blueprint is not None  # noqa: S101
    assert other.blueprint is not None  # noqa: S101
    if getattr(other.blueprint.head, key) == getattr(reading.blueprint.head, key):
        return
    kind, name = reading.blueprint.kind, other.file.path.name
    yield Problem(
        reading.file.path, reading.file.line_of("journey", key), "blueprint.version_clash",
        Title(f"“{kind}”在 {name} 里的 {key} 不同。", f"“{kind}” has another {key} in {name}."),
        Title(f"同一种旅程的各版本要用同一个 {key}。", f"All versions of one kind have the same {key}."))


def _digest(content: Any, calendars: list[str]) -> str:
    told = json.dumps([_untitled(content), *calendars] if calendars else _untitled(content), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _untitled(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _untitled(value) for key, value in content.items() if key != "title"}
    return [_untitled(item) for item in content] if isinstance(content, list) else content
