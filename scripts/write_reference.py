"""Writes docs/reference/ from the code: commands, settings, indicators, errors. A test fails where it is behind."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer
from typer.core import TyperGroup, TyperOption

from lastmeter.cli.app import make_app
from lastmeter.indicators import registry
from lastmeter.indicators.reference import reference
from lastmeter.kernel.titles import LANGS, Lang
from lastmeter.workspace.config import settings

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


def pages() -> dict[str, str]:
    """The text of every generated page by file name."""
    return {
        "commands.md": _commands(),
        "settings.md": _settings(),
        "indicators.md": "\n\n".join(reference(registry.all(), lang) for lang in LANGS),
        "errors.md": _errors(),
    }


def _commands() -> str:
    """Every command with its options, in both languages."""
    parts = ["# Commands · 命令\n\nMade by `make docs`. `--lang zh` anywhere makes a command speak Chinese.\n"]
    groups: dict[Lang, TyperGroup] = {lang: _group(lang) for lang in ("en", "zh")}
    for name in sorted(groups["en"].commands):
        parts.append(f"\n## lastmeter {name}\n")
        english, chinese = groups["en"].commands[name], groups["zh"].commands[name]
        rows = []
        for one, other in zip(english.params, chinese.params, strict=True):
            if one.name != "help":
                label = ", ".join(one.opts) if isinstance(one, TyperOption) else one.human_readable_name
                rows.append((f"`{label}`", getattr(one, "help", "") or "", getattr(other, "help", "") or ""))
        parts.append(f"\n{english.help}\n\n{chinese.help}\n\n{_table(('option', 'meaning', '含义'), rows)}")
    return "".join(parts)


def _group(lang: Lang) -> TyperGroup:
    group = typer.main.get_command(make_app(lang))
    if not isinstance(group, TyperGroup):
        raise TypeError("the command line is a group of commands")
    return group


def _settings() -> str:
    head = "# Settings: lastmeter.toml · 设置\n\nMade by `make docs`.\n\n"
    return head + _table(("key", "type", "default", "meaning"), [(f"`{key}`", *rest) for key, *rest in settings()])


def _errors() -> str:
    head = "# Errors · 错误\n\nMade by `make docs`. Codes are stable; places in braces are filled.\n\n"
    rows = [(f"`{code}`", en, zh) for code, zh, en in sorted(set(_raised()))]
    return head + _table(("code", "message", "信息"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _raised() -> Iterator[tuple[str, str, str]]:
    """(code, zh, en) of every LastMeterError or problem that the source states with literal words."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) >= 2:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str) and "." in code.value:
                    title = node.args[1]
                    if isinstance(title, ast.Call) and getattr(title.func, "id", "") == "Title":
                        words = [part.value for part in title.args if isinstance(part, ast.Constant)]
                        if len(words) == 2:
                            yield code.value, str(words[0]), str(words[1])


if __name__ == "__main__":
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
