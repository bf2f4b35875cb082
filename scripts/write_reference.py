"""Writes docs/reference/ from the code: commands, settings, indicators, errors. A test fails where it is behind."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from lastmeter.cli.app import make_app
from lastmeter.connectors import mapping_words, survey
from lastmeter.connectors.faults import FAULTS
from lastmeter.indicators import registry
from lastmeter.indicators.reference import reference
from lastmeter.journeys.problems import Finder
from lastmeter.kernel.titles import LANGS, Lang, Title
from lastmeter.kernel.toml_file import TomlFile
from lastmeter.server.environment import SETTINGS
from lastmeter.workspace.config import settings

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
REFERENCE = ROOT / "docs" / "reference"
CODE = re.compile(r"[a-z]+\.[a-z_]+")
FAMILIES = {"add": "blueprint", "unknown_name": "blueprint", "wrong": "blueprint", "_error": "indicator"}
"""Calls that name a code without its room -> the room."""


def pages() -> dict[str, str]:
    """The text of every generated page by file name."""
    return {
        "commands.md": _commands(),
        "settings.md": _settings(),
        "environment.md": _environment(),
        "api.md": _api(),
        "indicators.md": "\n\n".join(reference(registry.all(), lang) for lang in LANGS),
        "errors.md": _errors(),
    }


def _commands() -> str:
    """Every command with its options, in both languages; commands of a group one by one."""
    parts = [
        "# Commands · 命令\n\nMade by `make docs`. `--lang zh` anywhere makes a command speak Chinese, and so does `LASTMETER_LANG=zh`. "
        "Exit code: 0 done, 1 a check did not hold, 2 something that you can mend.\n"
    ]
    for name, english, chinese in commands():
        rows = []
        for one, other in zip(english.params, chinese.params, strict=True):
            if one.name != "help":
                label = ", ".join(one.opts + one.secondary_opts) if isinstance(one, TyperOption) else _argument(one)
                rows.append((f"`{label}`", getattr(one, "help", "") or "", getattr(other, "help", "") or ""))
        parts.append(f"\n## lastmeter {name}\n\n{english.help}\n\n{chinese.help}\n\n{_table(('option', 'meaning', '含义'), rows)}")
    return "".join(parts)


def commands() -> Iterator[tuple[str, TyperCommand, TyperCommand]]:
    """(name, in English, in Chinese) of every command: `indicators show` counts as one."""
    yield from _below("", _group("en"), _group("zh"))


def _below(prefix: str, english: TyperGroup, chinese: TyperGroup) -> Iterator[tuple[str, TyperCommand, TyperCommand]]:
    for name in sorted(english.commands):
        one, other = english.commands[name], chinese.commands[name]
        if isinstance(one, TyperGroup) and isinstance(other, TyperGroup):
            yield from _below(f"{prefix}{name} ", one, other)
        elif isinstance(one, TyperCommand) and isinstance(other, TyperCommand):
            yield f"{prefix}{name}", one, other


def _argument(one: object) -> str:
    return (getattr(one, "metavar", None) or getattr(one, "name", "") or "").upper()


def _group(lang: Lang) -> TyperGroup:
    group = typer.main.get_command(make_app(lang))
    if not isinstance(group, TyperGroup):
        raise TypeError("the command line is a group of commands")
    return group


def _settings() -> str:
    head = "# Settings: lastmeter.toml · 设置\n\nMade by `make docs`. An unknown key is an error.\n\n"
    rows = [(f"`{key}`", _kind(kind), f"`{default}`" if default else "", meaning) for key, kind, default, meaning in settings()]
    example = (files("lastmeter") / "workspace_template" / "commerce" / "lastmeter.toml").read_text(encoding="utf-8")
    filled = "\n## As `lastmeter init` lays it out · 模板\n\n"
    return f"{head}{_table(('key', 'type', 'default', 'meaning'), rows)}{filled}```toml\n{example.strip()}\n```\n"


def _environment() -> str:
    head = (
        "# Environment of the server · 服务器的环境变量\n\nMade by `make docs`. A secret may also come from a file: `NAME_FILE` names it. "
        "带“密”的变量也可以用 `NAME_FILE` 指向文件。\n\n"
    )
    rows = [
        (f"`{one.name}`", f"`{one.default}`" if one.default else "", "密 secret" if one.secret else "", one.meaning.en, one.meaning.zh)
        for one in SETTINGS.values()
    ]
    return head + _table(("variable", "default", "", "meaning", "含义"), rows)


def _api() -> str:
    head = (
        "# API\n\nMade by `make docs` from the OpenAPI description that the server gives at `/api/v1/openapi.json`. "
        "`Authorization: Bearer lm_...`; errors are `application/problem+json`. How to use it: [the how-to](../how-to/use-the-api.md).\n"
    )
    parts = []
    for path, methods in sorted(api_paths().items()):
        for method, operation in methods.items():
            rows = [
                (f"`{one['name']}`", one["in"], "yes" if one.get("required") else "",
                 one.get("description") or one["schema"].get("description", ""))
                for one in operation.get("parameters", [])
            ]
            text = operation.get("description", "")
            parts.append(f"\n## {method.upper()} `{path}`\n\n{operation.get('summary', '')}. {text}\n\n".replace("\n\n. ", "\n\n"))
            parts.append(_table(("parameter", "in", "needed", "meaning"), rows) if rows else "")
    return head + "".join(parts)


def api_paths() -> dict[str, dict[str, Any]]:
    """Every route of the API: path, method, operation. Django is set up on the template of a workspace if it is not yet."""
    with mock.patch.dict(os.environ):  # for whoever asks from within a test: nothing of it stays
        os.environ.setdefault("LASTMETER_WORKSPACE", str(SRC / "lastmeter" / "workspace_template" / "commerce"))
        os.environ.setdefault("LASTMETER_SECRET_KEY", "reference")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lastmeter.server.settings")
        import django

        django.setup()
        from lastmeter.server.api.routes import api

    paths: dict[str, dict[str, Any]] = api.get_openapi_schema()["paths"]
    return paths


def _kind(annotation: str) -> str:
    """The type of a setting as one would say it."""
    said = {"BothLanguages": "text in `zh` and `en`", "str": "text", "tuple[str, ...]": "list of texts", "float": "number"}
    if annotation.startswith("Optional[Annotated[str"):
        return "text"
    annotation = annotation.removesuffix(" | None").removeprefix("datetime.")
    choices = re.findall(r"'(\w+)'", annotation) if "Literal" in annotation else []
    return f"list of {', '.join(choices)}" if choices else said.get(annotation, annotation)


def _errors() -> str:
    head = (
        "# Errors · 错误\n\nMade by `make docs`. Codes are stable; places in braces are filled. Most come with a hint how to mend them. "
        "`blueprint.*`, `mapping.*` and `indicator.*` come with file and line.\n\n"
    )
    rows = [(f"`{code}`", _as_code(said.en), _as_code(said.zh)) for code, said in sorted(errors(), key=lambda each: (each[0], each[1].en))]
    aside = (
        "\n## Rows that an import sets aside · 导入时搁置的行\n\n"
        "Not errors: the import goes on, and `lastmeter export rejected` shows these rows.\n\n"
    )
    set_aside = [(f"`{code}`", said.en, said.zh) for code, said in sorted(FAULTS.items())]
    head_of = ("code", "message", "信息")
    return f"{head}{_table(head_of, rows)}{aside}{_table(head_of, set_aside)}"


def _as_code(text: str) -> str:
    """In code type, also where the text has backticks of its own."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def errors() -> set[tuple[str, Title]]:
    """(code, message) of every error and problem; one code may be said in several ways."""
    families = {
        "import": {code: said for code, (said, _) in survey._FAILURES.items()},
        "mapping": {code: said for code, (said, _) in
                    {**mapping_words._SAID, **dict(mapping_words._BY_CHECK.values()), "unknown_key": mapping_words._UNKNOWN_KEY,
                     mapping_words._WRONG_FORM[0]: mapping_words._WRONG_FORM[1]}.items()},
    }
    found = {(f"{room}.{code}", said) for room, family in families.items() for code, said in family.items()}
    for path in sorted(SRC.rglob("*.py")):
        found |= set(raised_in(path))
    return found


def raised_in(path: Path) -> Iterator[tuple[str, Title]]:
    """(code, message) of what a file raises in literal words: `Something("room.code", Title(zh, en), ...)`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = _assigned(tree.body)
    for place in tree.body:
        if isinstance(place, ast.Assign):
            for call in ast.walk(place):
                if isinstance(call, ast.Call):
                    yield from _said_in(call, known)
        for node in ast.walk(place):
            if isinstance(node, ast.FunctionDef):
                local = known | _assigned(node.body)
                for call in ast.walk(node):
                    if isinstance(call, ast.Call):
                        yield from _said_in(call, local)


def _assigned(body: Sequence[ast.stmt]) -> dict[str, Title]:
    """Titles by the name that they were given."""
    return {
        target.id: said for node in body if isinstance(node, ast.Assign) and (said := _title(node.value, {}))
        for target in node.targets if isinstance(target, ast.Name)
    }


def _said_in(call: ast.Call, known: Mapping[str, Title]) -> Iterator[tuple[str, Title]]:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    room = FAMILIES.get(called)
    if called == "wrong":
        yield from ((f"{room}.{code}", Title(*(_text(part) or "" for part in call.args[1:3]))) for code in _codes(call.args[0]))
    elif called == "unknown_name":
        finder = Finder(TomlFile(Path(), {}, {}))
        finder.unknown_name((), "", Title("{kind}", "{kind}"), "{name}", ())
        yield from ((f"{room}.{code}", finder.problems[0].message) for code in _codes(call.args[1]))
    else:
        # A code and its words stand next to each other, or the place in a file that a problem is about between them.
        for position, node in enumerate(call.args):
            said = next((title for words in call.args[position + 1 : position + 3] if (title := _title(words, known))), None)
            for code in _codes(node):
                full = f"{room}.{code}" if room else code
                if said and CODE.fullmatch(full):
                    yield full, said


def _codes(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _codes(node.body) + _codes(node.orelse)
    text = _text(node)
    return [text] if text and re.fullmatch(r"[a-z_.]+", text) else []


def _title(node: ast.expr, known: Mapping[str, Title]) -> Title | None:
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Title" and len(node.args) == 2:
        words = [_text(part) for part in node.args]
        return Title(str(words[0]), str(words[1])) if all(words) else None
    return None


def _text(node: ast.expr) -> str | None:
    """A literal; what an f-string fills in stands in braces."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{_filled(part)}}}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _filled(part: ast.expr) -> str:
    value = part.value if isinstance(part, ast.FormattedValue) else part
    return value.id if isinstance(value, ast.Name) else "..."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
