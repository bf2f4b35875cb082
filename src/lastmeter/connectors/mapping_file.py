"""A mapping's file: read, checked, every problem with its line and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from lastmeter.connectors import mapping_words as words
from lastmeter.connectors.mapping import EventRule, Mapping
from lastmeter.connectors.mapping_contradictions import contradictions
from lastmeter.connectors.status_lists import statuses
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.kernel.toml_file import read_toml


class Problem(NamedTuple):
    """Something wrong in a mapping, and how to mend it."""

    path: Path
    line: int
    code: str
    message: Title
    hint: Title

    def as_error(self) -> LastMeterError:
        """The problem as the error that `load_mapping` raises."""
        braces = str.maketrans({"{": "{{", "}": "}}"})
        return LastMeterError(
            self.code,
            Title(f"{{file}} 第 {{line}} 行：{self.message.zh.translate(braces)}",
                  f"{{file}}, line {{line}}: {self.message.en.translate(braces)}"),
            Title(self.hint.zh.translate(braces), self.hint.en.translate(braces)),
            file=self.path.name, line=self.line,
        )


def load_mapping(path: Path) -> Mapping:
    """The mapping in a file.

    Raises:
        LastMeterError: `toml.*` if it cannot be read at all; `mapping.*`, the first problem with file, line and how to
            mend it; `check_mapping` has all.
    """
    mapping, problems = _read(path)
    if problems or mapping is None:
        raise problems[0].as_error()
    return _spelt_out(mapping)


def check_mapping(path: Path) -> list[Problem]:
    """Every problem of a mapping file, in the order of its lines; empty if it can be used.

    Raises:
        LastMeterError: `toml.*` if it cannot be read at all.
    """
    return _read(path)[1]


def _read(path: Path) -> tuple[Mapping | None, list[Problem]]:
    file = read_toml(path)
    try:
        mapping = Mapping.model_validate(file.values)
    except ValidationError as error:
        problems = [Problem(path, file.line_of(*place), code, message, hint)
                    for place, code, message, hint in words.explain(error, Mapping)]
        return None, sorted(problems, key=lambda problem: problem.line)
    problems = [Problem(path, file.line_of(*place), f"mapping.{code}", *words.said(code, **places))
                for place, code, places in contradictions(mapping)]
    return mapping, sorted(problems, key=lambda problem: problem.line)


def _spelt_out(mapping: Mapping) -> Mapping:
    """The mapping with a rule for each meaning in place of a rule with `statuses`."""
    if all(rule.statuses is None for table in mapping.table for rule in table.event):
        return mapping
    tables = [table.model_copy(update={"event": [one for rule in table.event for one in _meanings(rule)]}) for table in mapping.table]
    return mapping.model_copy(update={"table": tables})


def _meanings(rule: EventRule) -> list[EventRule]:
    if rule.statuses is None:
        return [rule]
    return [
        rule.model_copy(update={"type": rule.type.removesuffix("*") + code, "statuses": None,
                                "when": {**rule.when, rule.statuses.column: [*words]}})
        for code, words in statuses(rule.statuses.list).items()
    ]
