"""A small simulated company, made once by the public command, and a way to run commands on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lastmeter.cli import main

Run = Callable[..., str]


@pytest.fixture(scope="session")
def made_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "company"
    with pytest.raises(SystemExit) as left:
        main(["demo", str(folder), "--events", "8000", "--seed", "5"])
    assert not left.value.code
    return folder


@pytest.fixture
def company(made_company: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made_company, tmp_path / "company"))


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command; what it said on standard output. `leaves`: the exit code expected."""

    def run(*arguments: str | Path, leaves: int = 0, lang: str = "en") -> str:
        capfd.readouterr()
        try:
            main([*map(str, arguments), "--lang", lang])
            code: int | str | None = 0
        except SystemExit as exit_:
            code = exit_.code or 0
        said = capfd.readouterr()
        assert code == leaves, said.out + said.err
        return said.out if leaves == 0 else said.out + said.err

    return run
