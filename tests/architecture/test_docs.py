"""The documentation says what the code does: generated pages are fresh, nothing is left out, and what is shown works."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import typer
from tests.connectors_proposal.newcomer import write_exports
from typer.core import TyperCommand, TyperGroup, TyperOption

from lastmeter.cli.app import make_app
from lastmeter.connectors.faults import FAULTS
from lastmeter.connectors.mapping_file import check_mapping
from lastmeter.indicators import registry
from lastmeter.indicators.company import read_file
from lastmeter.journeys.blueprint import check
from lastmeter.kernel.errors import LastMeterError
from lastmeter.workspace.config import load_config, settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
TUTORIAL = DOCS / "tutorials" / "from-exports-to-brief.md"
MAPPING = DOCS / "how-to" / "map-your-files.md"
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted(DOCS.rglob("*.md"))]
SHOWING = [page for page in PAGES if REFERENCE not in page.parents]

FENCE = re.compile(r"(?:<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"[a-z]+\.[a-z_]+")
# Code type within a line: what stands between as many backticks as it began with.
IN_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


class Block(NamedTuple):
    """A fenced block: where it stands, what the comment before it says of it, its language and text."""

    page: Path
    mark: str
    language: str
    body: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.mark or self.body.splitlines()[0]}"


def blocks() -> Iterator[Block]:
    for page in SHOWING:
        for found in FENCE.finditer(page.read_text(encoding="utf-8")):
            yield Block(page, found["mark"] or "", found["language"], found["body"])


def checked_as(kind: str) -> list[Block]:
    return [block for block in blocks() if block.mark.endswith(f"checked as {kind}")]


def undocumented(wanted: Iterable[str], page: str) -> list[str]:
    """What a page of the reference does not name in code type."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    named = {part for _, code in IN_CODE.findall(text) for part in (code, *code.split(", "))}
    return sorted(set(wanted) - named)


@cache
def writer() -> ModuleType:
    """`scripts/write_reference.py`, imported by its path."""
    spec = importlib.util.spec_from_file_location("write_reference", ROOT / "scripts" / "write_reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def generated() -> dict[str, str]:
    pages: dict[str, str] = writer().pages()
    return pages


# The generated pages are fresh


@pytest.mark.parametrize("page", ["commands.md", "settings.md", "environment.md", "api.md", "indicators.md", "errors.md"])
def test_the_reference_is_what_the_code_says_now(page: str) -> None:
    assert generated()[page] == (REFERENCE / page).read_text(encoding="utf-8"), "run: make docs"


def test_there_is_no_other_generated_page() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == set(generated())


# Nothing is left out


def commands_of(group: TyperGroup, prefix: str = "") -> dict[str, TyperCommand]:
    found: dict[str, TyperCommand] = {}
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found |= commands_of(command, f"{prefix}{name} ")
        elif isinstance(command, TyperCommand):
            found[f"{prefix}{name}"] = command
    return found


def command_line() -> TyperGroup:
    group = typer.main.get_command(make_app("en"))
    assert isinstance(group, TyperGroup)
    return group


def undocumented_options(group: TyperGroup) -> list[str]:
    """Commands without a section, and options that the section of their command does not name."""
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    sections = {part.splitlines()[0]: part for part in text.split("\n## lastmeter ")[1:]}
    missing = []
    for name, command in commands_of(group).items():
        if name not in sections:
            missing.append(name)
            continue
        options = [option for one in command.params if isinstance(one, TyperOption) for option in one.opts]
        missing += [f"{name} {option}" for option in options if option != "--help" and option not in sections[name]]
    return missing


def test_every_command_and_option_is_documented() -> None:
    assert len(commands_of(command_line())) >= 14
    assert undocumented_options(command_line()) == []


def test_a_command_that_nobody_documented_is_found() -> None:
    app = make_app("en")

    @app.command("guess")
    def guess(luck: int = typer.Option(7, "--luck")) -> None:
        """Made up."""

    @app.command("doctor")
    def doctor(homeopathic: bool = typer.Option(False, "--homeopathic")) -> None:
        """Made up."""

    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert undocumented_options(group) == ["doctor --homeopathic", "guess"]


def test_every_setting_is_documented_and_shown_in_the_template() -> None:
    keys = [key for key, *_ in settings()]
    assert undocumented(keys, "settings.md") == []
    assert undocumented([*keys, "[company] mood"], "settings.md") == ["[company] mood"]
    template = (REFERENCE / "settings.md").read_text(encoding="utf-8").split("```toml")[1]
    for key in keys:
        section, name = key.split(" ")
        assert section in template
        assert name == "CODE" or re.search(rf"^(# )?{name} = ", template, re.MULTILINE), key


def test_every_indicator_is_documented() -> None:
    codes = [indicator.code for indicator in registry.all()]
    assert undocumented(codes, "indicators.md") == []
    assert undocumented([*codes, "luck_rate"], "indicators.md") == ["luck_rate"]


def codes_raised(folder: Path) -> set[str]:
    """Error codes of a source tree, found another way than the reference does: first arguments of errors, and docstrings."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "LastMeterError":
                constants = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                found |= {code for code in constants if isinstance(code, str) and CODE.fullmatch(code)}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef) and "Raises:" in (text := ast.get_docstring(node) or ""):
                quoted = re.findall(r"`([^`]+)`", text.split("Raises:")[1])
                found |= {code for code in quoted if CODE.fullmatch(code)}
    return found


def test_every_error_is_documented() -> None:
    codes = codes_raised(ROOT / "src") | set(FAULTS)
    assert len(codes) > 80
    assert undocumented(codes, "errors.md") == []


def test_an_error_that_nobody_documented_is_found_and_would_be_by_the_writer(tmp_path: Path) -> None:
    source = tmp_path / "closing.py"
    source.write_text(
        'SHUT = Title("关门了", "We are shut")\n'
        "def sell():\n"
        '    raise LastMeterError("shop.shut", SHUT)\n'
        "def open(door):\n"
        '    """Open.\n\n    Raises:\n        LastMeterError: `shop.no_door`.\n    """\n'
        '    said = Title(f"没有{door}", f"There is no {door}")\n'
        '    raise LastMeterError("shop.no_door", said)\n',
        encoding="utf-8",
    )
    assert undocumented(codes_raised(tmp_path), "errors.md") == ["shop.no_door", "shop.shut"]
    documented = {code: said.en for code, said in writer().raised_in(source)}
    assert documented == {"shop.shut": "We are shut", "shop.no_door": "There is no {door}"}


# What is shown works


def broken_links(page: Path) -> list[str]:
    """Targets that are neither a file nor, with #, a heading of it; addresses of the net are not looked at."""
    broken = []
    for found in LINK.finditer(re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)):
        target, _, anchor = found["target"].partition("#")
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.is_file() or (anchor and anchor not in anchors(file)):
            broken.append(found["target"])
    return broken


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n\n[a](there.md) [b](#here) [c](#gone) ![d](page.md) [e](https://example.org)\n", encoding="utf-8")
    assert broken_links(page) == ["there.md", "#gone"]


def test_every_page_stands_in_the_navigation_once() -> None:
    named = re.findall(r"^\s+- ([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def test_the_first_page_leads_to_every_other() -> None:
    shown = {found["target"] for found in LINK.finditer((DOCS / "index.md").read_text(encoding="utf-8"))}
    pages = {str(page.relative_to(DOCS)) for kind in ("*.md", "*.ipynb") for page in DOCS.rglob(kind)}
    assert pages - shown == {"index.md"}


@pytest.mark.parametrize("block", checked_as("blueprint"), ids=lambda block: block.name)
def test_every_blueprint_shown_is_right(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "shown.toml"
    file.write_text(block.body, encoding="utf-8")
    assert [problem.say("en") for problem in check(file)] == []


@pytest.mark.parametrize("block", checked_as("mapping"), ids=lambda block: block.name)
def test_every_mapping_shown_is_right(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "shown.toml"
    file.write_text(block.body, encoding="utf-8")
    assert [problem.message.en for problem in check_mapping(file)] == []


@pytest.mark.parametrize("block", checked_as("indicator"), ids=lambda block: block.name)
def test_every_indicator_shown_is_right(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "shown.toml"
    file.write_text(block.body, encoding="utf-8")
    assert len(read_file(file)) == block.body.count("[[indicator]]")


@pytest.mark.parametrize("block", checked_as("settings"), ids=lambda block: block.name)
def test_all_settings_shown_are_right(block: Block, tmp_path: Path) -> None:
    (tmp_path / "lastmeter.toml").write_text(block.body, encoding="utf-8")
    assert load_config(tmp_path).company.name.zh


def test_blocks_are_checked_and_a_wrong_one_is_found(tmp_path: Path) -> None:
    assert {kind: len(checked_as(kind)) >= 1 for kind in ("blueprint", "mapping", "indicator", "settings")} == dict.fromkeys(
        ("blueprint", "mapping", "indicator", "settings"), True)
    for kind, find in (("blueprint", check), ("mapping", check_mapping)):
        file = tmp_path / f"{kind}.toml"
        file.write_text("luck = 7\n" + checked_as(kind)[0].body, encoding="utf-8")
        assert [problem.line for problem in find(file)] == [1]
    file = tmp_path / "indicator.toml"
    file.write_text(checked_as("indicator")[0].body.replace("direction", "luck"), encoding="utf-8")
    with pytest.raises(LastMeterError, match="luck"):
        read_file(file)


def lines_shown(command: str) -> Iterator[tuple[Path, list[str]]]:
    """Every line of a shell block that runs a command, as words, comments left out."""
    for block in blocks():
        if block.language == "sh":
            for line in block.body.splitlines():
                for part in line.split("&&"):
                    words = shlex.split(part, comments=True)
                    if words[:1] == [command]:
                        yield block.page, words[1:]


def unknown_words(words: list[str]) -> list[str]:
    """What `lastmeter` would not know: a command, or an option of it."""
    known = commands_of(command_line())
    plain = [word for word in words if not word.startswith("-")]
    name = next((name for name in (" ".join(plain[:2]), " ".join(plain[:1])) if name in known), None)
    if name is None:
        return plain[:1]
    options = {option for one in known[name].params if isinstance(one, TyperOption) for option in (*one.opts, *one.secondary_opts)}
    return [word for word in words if word.startswith("-") and word.partition("=")[0] not in options | {"--lang"}]


def test_every_command_shown_exists() -> None:
    shown = list(lines_shown("lastmeter"))
    assert len(shown) > 30
    assert [(page.name, words, unknown) for page, words in shown if (unknown := unknown_words(words))] == []
    assert unknown_words(["guess", "--luck"]) == ["guess"]
    assert unknown_words(["brief", "--luck", "7"]) == ["--luck"]


def test_every_make_target_shown_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    shows = {path.stem.replace("_", "-") for path in (ROOT / "benchmarks").glob("show_*.py")}
    text = "\n".join(page.read_text(encoding="utf-8") for page in SHOWING)
    shown = set(re.findall(r"`make ([a-z]+(?:-[a-z]+)*)(?![\w-])", text)) | {words[0] for _, words in lines_shown("make")}
    assert {"demo", "test", "show-speed"} <= shown
    assert shown - targets - shows == set()


def as_written(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A newcomer copies every block in order: files where the text says, commands as they stand."""
    script = ["set -e", "mkdir -p exports"]
    for block in blocks():
        if block.page == page and block.mark.startswith("file "):
            script.append(f"cat > {block.mark.removeprefix('file ').split(',')[0]} <<'END'\n{block.body}END")
        elif block.page == page and block.language == "sh":
            script.append(block.body)
    return subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=folder, capture_output=True, text=True, check=False,
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8"},
    )


@pytest.mark.slow
def test_exports_in_gbk_come_to_a_brief_as_written(tmp_path: Path) -> None:
    """From a workbook and two files in GBK: proposed mapping, import, discovered blueprint, build, brief; no code."""
    write_exports(tmp_path / "exports")
    done = as_written(MAPPING, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("Nothing is unsure.", "0 rows set aside", "1 blueprint files, no fault.", "120 journeys, 120 judged again",
                  "of journeys were perfect", "Promised: delivered"):
        assert words in done.stdout, words
    assert "完美" in (tmp_path / "shop" / "brief.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    done = as_written(TUTORIAL, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("17 rows read; 45 events added", "orders.csv:13 ordered_at Cannot read the time", "11 journeys, 11 judged again",
                  "0 differences", "66.7%", "12 rows read; 2 events added, 40 seen", "12 journeys, 2 judged again"):
        assert words in done.stdout, words
    text = TUTORIAL.read_text(encoding="utf-8")
    timeline = next(block.body for block in blocks() if block.page == TUTORIAL and block.language == "text")
    assert timeline.strip() in done.stdout
    for words in ("17 rows", "45 events", "11 journeys", "0 differences", "66.7 %", "2 events of 42", "two journeys"):
        assert words in text, words
    assert "完美" in done.stdout
    assert (tmp_path / "tea" / "brief.html").read_text(encoding="utf-8").startswith("<!doctype html>")
