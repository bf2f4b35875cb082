"""The workspace that `lastmeter init --template commerce` copies: it loads, and it reads the demo's files."""

from __future__ import annotations

import csv
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from lastmeter.connectors.mapping_file import check_mapping, load_mapping
from lastmeter.demo.cast import COMPANY, LAST_DAY, ZONE
from lastmeter.demo.company import SOURCES, DemoReport
from lastmeter.demo.problems import PROBLEMS
from lastmeter.demo.recorded import EVENT_OF_SCAN, HANDOVER_LIMIT_HOURS
from lastmeter.demo.settings import sign
from lastmeter.journeys.blueprint import check, load_blueprints

TEMPLATE = Path(str(files("lastmeter"))) / "workspace_template" / "commerce"


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return tomllib.loads((TEMPLATE / "lastmeter.toml").read_text(encoding="utf-8"))


def test_its_blueprint_has_eleven_rules_and_no_problem() -> None:
    assert check(TEMPLATE / "blueprints") == []
    [blueprint] = load_blueprints(TEMPLATE / "blueprints")
    assert len(blueprint.rules()) == 11
    assert {rule.primitive for rule in blueprint.rules()} == {"link", "promise", "required", "forbidden", "feedback"}
    handover = next(link for link in blueprint.links if link.code == "handover")
    assert str(handover.limit) == f"{HANDOVER_LIMIT_HOURS} hours"


def test_planted_problems_name_rules_of_the_blueprint() -> None:
    [blueprint] = load_blueprints(TEMPLATE / "blueprints")
    assert {problem.rule for problem in PROBLEMS} <= {rule.code for rule in blueprint.rules()}
    assert {problem.dimension for problem in PROBLEMS} <= {dimension.name for dimension in blueprint.dimensions}


def test_every_accountable_post_is_in_the_settings(settings: dict[str, Any]) -> None:
    [blueprint] = load_blueprints(TEMPLATE / "blueprints")
    posts = {post["code"]: post["department"] for post in settings["post"]}
    assert {rule.post for rule in blueprint.rules()} <= set(posts)
    assert set(posts.values()) <= {department["code"] for department in settings["department"]}


def test_peaks_cover_the_demo_in_order(settings: dict[str, Any]) -> None:
    peaks = settings["peak"]
    assert settings["company"]["zone"] == ZONE
    assert all(peak["from"] <= peak["to"] for peak in peaks)
    assert [peak["from"] for peak in peaks] == sorted(peak["from"] for peak in peaks)
    assert sum(peak["from"] <= LAST_DAY for peak in peaks) == 6


@pytest.mark.parametrize("source", SOURCES)
def test_each_mapping_reads_exactly_the_columns_of_the_exports(
    company: tuple[Path, DemoReport], source: str
) -> None:
    path = TEMPLATE / "sources" / f"{source}.toml"
    assert check_mapping(path) == []
    mapping = load_mapping(path)
    assert [table.name for table in mapping.table] == list(SOURCES[source])
    for table in mapping.table:
        with (company[0] / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert set(table.columns()) <= set(header)


def test_every_scan_becomes_an_event_that_the_report_counts() -> None:
    [scans] = load_mapping(TEMPLATE / "sources" / "logistics.toml").table
    assert [(rule.when, rule.type) for rule in scans.event] == [
        ({"scan": [scan]}, event_type) for scan, event_type in EVENT_OF_SCAN.items()
    ]


def test_sources_together_make_every_event_that_the_blueprint_reads(company: tuple[Path, DemoReport]) -> None:
    [blueprint] = load_blueprints(TEMPLATE / "blueprints")
    made = {
        rule.type for source in SOURCES
        for table in load_mapping(TEMPLATE / "sources" / f"{source}.toml").table for rule in table.event
    }
    assert blueprint.event_types() <= made
    assert made == set(company[1].counts)


def test_the_demo_signs_a_workspace_and_keeps_its_comments(tmp_path: Path, settings: dict[str, Any]) -> None:
    template = (TEMPLATE / "lastmeter.toml").read_text(encoding="utf-8")
    (tmp_path / "lastmeter.toml").write_text(template, encoding="utf-8")
    sign(tmp_path)
    signed = (tmp_path / "lastmeter.toml").read_text(encoding="utf-8")
    values = tomllib.loads(signed)
    assert values["company"]["name"] == {"zh": COMPANY.zh, "en": COMPANY.en}
    assert all(post["person"] for post in values["post"])
    assert [post["title"] for post in values["post"]] == [post["title"] for post in settings["post"]]
    assert signed.count("#") == template.count("#")
