"""Power goes, machines crash: what was acknowledged is there afterwards, and nothing is there twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_importers_sealers_and_builders_lose_and_double_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    url = ["--url", request.getfixturevalue("postgres_url")] if database == "postgresql" else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.durability.kill_trial", str(tmp_path), "12", "7", *url], cwd=_REPOSITORY,
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["acknowledged"] > 0
    assert (figures["lost"], figures["doubled"], figures["verify_differences"]) == (0, 0, 0)


def test_the_trial_would_notice_a_loss(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.durability.kill_trial import Trial;"
        "trial = Trial(Path(sys.argv[1]), None, 1); trial.story.hear('event 1-1'); trial.check();"
        "print(trial.lost, trial.doubled)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=_REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "0"]
