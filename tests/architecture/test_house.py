"""The rules of the house that no tool checks for us."""

from __future__ import annotations

import ast
import re
import string
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "lastmeter"
SOURCES = sorted(SRC.rglob("*.py"))
CJK = re.compile(r"[\u4e00-\u9fff]")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name:
                yield node


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines()]


def constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def places(text: str) -> set[str]:
    # A place that is itself worded in two languages ends in _zh and _en.
    return {re.sub("_(zh|en)$", "", name.split(".")[0].split("[")[0]) for _, name, _, _ in string.Formatter().parse(text) if name}


def test_everything_said_is_said_in_both_languages_with_the_same_places() -> None:
    faults, seen = [], 0
    for path in SOURCES:
        for call in calls(path, "Title"):
            words = {key.arg: constant(key.value) for key in call.keywords}
            zh = constant(call.args[0]) if call.args else words.get("zh")
            en = constant(call.args[1]) if len(call.args) > 1 else words.get("en")
            if zh is None or en is None:
                continue  # made from other titles or configuration
            seen += 1
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            if not zh.strip() or not en.strip():
                faults.append(f"{where}: one language is empty")
            elif places(zh) != places(en):
                faults.append(f"{where}: places differ: {places(zh) ^ places(en)}")
            elif CJK.search(en):
                faults.append(f"{where}: Chinese in the English text")
    assert seen > 100
    assert not faults, "\n".join(faults)


def test_architecture_names_every_folder_and_only_those() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\s+([a-z_]+)/\s", text.split("```")[1], re.MULTILINE))
    # In every app of the server alike: its migrations, and templates by the app whose pages they are.
    alike = {path for name in ("migrations", "templates") for path in (SRC / "server").rglob(name)}
    real = {path.name for path in SRC.rglob("*") if path.is_dir() and any(path.rglob("*.*"))
            and "__pycache__" not in path.parts and not alike & {path, *path.parents}}
    outside = {path.name for folder in (ROOT, ROOT / "docs") for path in folder.iterdir()}
    assert real <= named, f"not in ARCHITECTURE.md: {sorted(real - named)}"
    assert named <= real | outside | {"lastmeter"}, f"only in ARCHITECTURE.md: {sorted(named - real - outside)}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    banned = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "data", "info", "process"}
    assert not [path for path in SRC.rglob("*") if path.stem in banned]


def test_the_project_speaks_of_itself_alone() -> None:
    # Split so that this file does not hold what it looks for.
    words = ["/wo" + "rk/", "pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js", "/t" + "mp/lm/"]
    found = []
    for path in committed():
        if path.suffix in {".png", ".parquet", ".gz"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {word}" for word in words if word in text]
    assert not found, "\n".join(found)


def test_the_library_knows_no_data_set() -> None:
    name = re.compile(r"(?<![a-z])" + "ol" + "ist", re.IGNORECASE)
    assert not [path for path in SRC.rglob("*") if path.is_file() and path.suffix != ".pyc"
                and name.search(path.read_text(encoding="utf-8", errors="replace").replace(".tolist", ""))]


def test_nothing_is_evaluated() -> None:
    assert not [f"{path}:{call.lineno}" for path in SOURCES for name in ("eval", "exec") for call in calls(path, name)
                if isinstance(call.func, ast.Name)]


@pytest.mark.parametrize("room", ["indicators", "diagnosis"])
def test_expressions_use_nothing_that_engines_read_differently(room: str) -> None:
    banned = ("weekday", "top_k", "unpivot", "join_asof", "convert_time_zone", "replace_time_zone", "iso_week")
    found = [f"{path.relative_to(ROOT)}:{call.lineno} {name}" for path in SOURCES if room in path.parts
             for name in banned for call in calls(path, name)]
    assert not found


def test_the_wall_clock_is_read_at_the_edge_only() -> None:
    edges = {SRC / "server" / "clock.py", *(SRC / "cli").rglob("*.py")}
    found = [f"{path.relative_to(ROOT)}:{call.lineno}" for path in SOURCES if path not in edges
             for name in ("now", "utcnow", "today") for call in calls(path, name)
             if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) not in ("clock", "queries")]
    assert not found


def test_files_hold_one_thing() -> None:
    long = [f"{path.relative_to(ROOT)}: {lines}" for path in SOURCES
            if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450]
    assert not long


def test_console_and_brief_have_the_same_tokens() -> None:
    # The brief carries its style within itself, the console serves it as a file: two places, one palette.
    brief, console = SRC / "charts" / "templates" / "tokens.css", SRC / "server" / "ui" / "static" / "lm" / "tokens.css"
    assert brief.read_text(encoding="utf-8") == console.read_text(encoding="utf-8")
