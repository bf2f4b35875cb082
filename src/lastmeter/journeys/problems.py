"""What is wrong in a blueprint file, where, and how to mend it, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lastmeter.journeys.grammar import Section
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.kernel.toml_file import TomlFile, nearest

S = TypeVar("S", bound=Section)

_EXPECTED = {
    "string_type": ("文字（加引号）", "text in quotes"),
    "string_too_short": ("非空的文字", "a text that is not empty"),
    "int_type": ("整数", "a whole number"),
    "float_type": ("数字", "a number"),
    "greater_than": ("大于零的数", "a number above zero"),
    "greater_than_equal": ("不小于 {ge} 的数", "a number not below {ge}"),
    "less_than_equal": ("不大于 {le} 的数", "a number not above {le}"),
    "bool_type": ("true 或 false", "true or false"),
    "date_type": ("日期，例如 2018-03-01（不加引号）", "a date such as 2018-03-01, without quotes"),
    "literal_error": ("以下之一", "one of"),
    "model_type": ("一节设置", "a table of settings"),
    "dict_type": ("一节设置", "a table of settings"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: file, line (from 1), stable code, what is wrong and what to do."""

    path: Path
    line: int
    code: str
    message: Title
    hint: Title

    def say(self, lang: Lang) -> str:
        """`order.toml:12: ...` in one language, with the hint."""
        return f"{self.path.name}:{self.line}: {self.message.say(lang)} {self.hint.say(lang)}"

    def error(self) -> LastMeterError:
        """The problem as an error to raise."""
        message, hint = (_unbraced(text) for text in (self.message, self.hint))
        return LastMeterError(
            self.code,
            Title(f"{{file}} 第 {{line}} 行：{message.zh}", f"{{file}} line {{line}}: {message.en}"), hint,
            file=self.path.name, line=self.line,
        )


class Finder:
    """Collects the problems of one file."""

    def __init__(self, file: TomlFile) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, where: tuple[str | int, ...], code: str, message: Title, hint: Title) -> None:
        """A problem at the line of a path of keys."""
        self.problems.append(Problem(self.file.path, self.file.line_of(*where), f"blueprint.{code}", message, hint))

    def unknown_key(self, where: tuple[str | int, ...], key: str, known: Iterable[str]) -> None:
        """A key that the grammar does not know, with the nearest one that it does."""
        known = sorted(known)
        near = nearest(key, known)
        self.add(where, "unknown_key", Title(f"不认识的键“{key}”。", f"Unknown key “{key}”."),
                 Title(f"是不是“{near}”？", f"Did you mean “{near}”?") if near else
                 Title(f"可用的键：{'、'.join(known)}。", f"Known keys: {', '.join(known)}."))

    def unknown_name(self, where: tuple[str | int, ...], code: str, kind: Title, name: str, known: Iterable[str]) -> None:
        """A reference to something that this blueprint does not declare."""
        known = list(known)
        near = nearest(name, known)
        self.add(where, code, Title(f"没有叫“{name}”的{kind.zh}。", f"There is no {kind.en} “{name}”."),
                 Title(f"是不是“{near}”？", f"Did you mean “{near}”?") if near else
                 Title(f"已有：{'、'.join(known) or '无'}。", f"Declared: {', '.join(known) or 'none'}."))

    def section(self, model: type[S], content: Any, where: tuple[str | int, ...]) -> S | None:
        """The validated section, or None after noting everything that is wrong with it."""
        try:
            return model.model_validate(content)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                self._note(model, where, detail)
            return None

    def _note(self, model: type[Section], where: tuple[str | int, ...], detail: ErrorDetails) -> None:
        place = (*where, *detail["loc"])
        key = str(detail["loc"][-1]) if detail["loc"] else str(where[-1])
        section = next((str(part) for part in reversed(place[:-1]) if isinstance(part, str)), "")
        if detail["type"] == "extra_forbidden":
            self.unknown_key(place, key, keys_of(_inner(model, detail["loc"][:-1])))
        elif detail["type"] == "missing":
            inner = Title(f"在“{section}”的花括号里加上 {key} = ...。", f"Add {key} = ... within the braces of “{section}”.")
            self.add(place, "key_missing", Title(f"“{section}”缺少“{key}”。", f"“{section}” lacks “{key}”."),
                     inner if len(detail["loc"]) > 1 else
                     Title(f"在这一节里加一行 {key} = ...。", f"Add a line {key} = ... to this section."))
        elif "zh" in detail.get("ctx", {}):
            words = detail["ctx"]
            self.add(place, detail["type"], Title(f"“{key}”有误。", f"“{key}” is wrong."), Title(f"{words['zh']}。", f"{words['en']}."))
        else:
            expected = _EXPECTED.get(detail["type"], ("合适的值", "a fitting value"))
            zh, en = (words.format(**detail.get("ctx", {})) for words in expected)
            choices = detail.get("ctx", {}).get("expected")
            self.add(place, "value_wrong", Title(f"“{key}”的值不对。", f"The value of “{key}” does not fit."),
                     Title(f"这里应写{zh}{f'：{choices}' if choices else ''}。",
                           f"Expected {en}{f': {choices}' if choices else ''}."))


def _inner(model: type[Section], path: tuple[int | str, ...]) -> type[Section]:
    """The section that stands at a path of keys within a section."""
    for key in path:
        kinds = [field.annotation for name, field in model.model_fields.items() if key in (name, field.alias)]
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, Section):
                model = kind
    return model


def keys_of(model: type[Section]) -> list[str]:
    """The keys of a section as they stand in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _unbraced(text: Title) -> Title:
    return Title(*(part.replace("{", "{{").replace("}", "}}") for part in (text.zh, text.en)))
