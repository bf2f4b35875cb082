"""Over HTTP as well: acknowledged is durable, whoever is killed; streams in any order end in the same fact tables."""

from __future__ import annotations

import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.durability import http_trial, stream_trial
from tests.durability.http_trace import full_disk, trace
from tests.durability.served import ServedCompany
from tests.durability.tracing import build_shim, open_folder


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_webs_and_workers_lose_and_double_nothing(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    found = http_trial.run(tmp_path, 100, 7, url, longest=0.5)
    assert found["acknowledged"] > 0
    assert (found["lost"], found["doubled"], found["flaws_doubled"], found["failed"]) == (0, 0, 0, 0)


@pytest.mark.slow
def test_several_web_processes_share_no_connection(postgres_url: str, tmp_path: Path) -> None:
    def ask(_number: int) -> list[int]:
        with company.client(timeout=20) as client:
            return [client.get("/readyz").status_code for _ in range(10)]

    with ServedCompany(tmp_path, url=postgres_url, environment={"LASTMETER_WEB_PROCESSES": "2"}) as company:
        company.start("web")
        with ThreadPoolExecutor(16) as many:
            assert [status for told in many.map(ask, range(16)) for status in told] == [200] * 160


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_streams_in_any_order_end_in_the_same_fact_tables(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    found = stream_trial.run(tmp_path, 9, 3, url)
    assert found["rows"] > 0
    assert found["differences"] == 0


@pytest.mark.slow
def test_no_answer_leaves_before_the_sync() -> None:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler (cc): the trace needs one to build its shim")
    with open_folder() as folder:
        verdict = trace(folder / "served", build_shim(folder), 200, first=0)
    assert (verdict.acks, verdict.before_fsync) == (200, 0)


@pytest.mark.slow
def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    found = full_disk(tmp_path)
    assert found["answers"] == [201, 503, 201, 200]
    assert found["retry_after"] is not None


def test_a_story_is_the_same_for_every_schedule_but_for_names() -> None:
    one, other = (json.dumps(stream_trial.story(number, random.Random(5))) for number in (1, 2))
    assert one.replace("s1-", "") == other.replace("s2-", "")
    assert "corrects" in one
    assert "voids" in one
