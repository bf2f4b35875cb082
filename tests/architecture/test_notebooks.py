"""The notebooks of the documentation run from top to bottom, in plain Python, and stand in the repository without outputs."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)

SHOW = """
def show(value):
    if value is not None:
        for draw in ("_repr_mimebundle_", "_repr_html_", "__repr__"):
            if hasattr(value, draw):
                assert getattr(value, draw)()
                return
"""
"""What a notebook does with the last value of a cell."""


def cells(notebook: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def as_script(notebook: Path) -> str:
    """The code cells in order, the last expression of each shown."""
    parts = [SHOW]
    for cell in cells(notebook, "code"):
        tree = ast.parse(source(cell))
        if isinstance(tree.body[-1], ast.Expr):
            last = ast.Call(ast.Name("show", ast.Load()), [tree.body[-1].value], [])
            tree.body[-1] = ast.Expr(last)
        parts.append(ast.unparse(ast.fix_missing_locations(tree)))
    return "\n".join(parts)


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=folder, capture_output=True, text=True, check=False,
        env={"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"},
    )


def test_the_page_on_notebooks_leads_to_each() -> None:
    page = (ROOT / "docs" / "tutorials" / "notebook.md").read_text(encoding="utf-8")
    assert len(NOTEBOOKS) >= 2
    assert [path.name for path in NOTEBOOKS if f"(../notebooks/{path.name})" not in page] == []


@each_notebook
def test_a_notebook_is_stored_without_outputs_and_easy_to_compare(notebook: Path) -> None:
    stored = json.loads(notebook.read_text(encoding="utf-8"))
    assert stored["nbformat"] == 4
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells(notebook, "code"))
    pretty = io.StringIO()
    json.dump(stored, pretty, indent=1, ensure_ascii=False, sort_keys=True)
    assert notebook.read_text(encoding="utf-8") == pretty.getvalue() + "\n"


@each_notebook
def test_every_heading_is_in_both_languages(notebook: Path) -> None:
    headings = [line for cell in cells(notebook, "markdown") for line in source(cell).splitlines() if line.startswith("#")]
    assert len(headings) > 5
    assert [line for line in headings if " · " not in line] == []


@pytest.mark.slow
@each_notebook
def test_a_notebook_runs_as_written(notebook: Path, tmp_path: Path) -> None:
    done = run(as_script(notebook), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_cell_that_fails_or_warns_is_found(tmp_path: Path) -> None:
    for wrong in ("1 / 0", "import warnings; warnings.warn('old')"):
        notebook = tmp_path / "wrong.ipynb"
        cell = {"cell_type": "code", "source": [wrong]}
        notebook.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
        assert run(as_script(notebook), tmp_path).returncode
