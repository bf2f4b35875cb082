"""Four companies from declarations: what is planted is in their files, and what is in their files holds together."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from lastmeter.connectors.mapping_file import check_mapping, load_mapping
from lastmeter.demo.companies import companies, scenario, sign, simulate, write
from lastmeter.demo.company import DemoReport
from lastmeter.journeys.blueprint import check, load_blueprints
from lastmeter.kernel.errors import LastMeterError
from lastmeter.workspace.config import load_config
from lastmeter.workspace.template import lay_out, templates

DECLARED = [name for name in companies() if name != "commerce"]
EVENTS = 40_000
Made = dict[str, tuple[Path, DemoReport]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Each declared company once."""
    return {name: (folder, simulate(folder, company=name, events=EVENTS, seed=5))
            for name in DECLARED for folder in [tmp_path_factory.mktemp(name)]}


def digest(folder: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.iterdir()))).hexdigest()


def plain(folder: Path) -> duckdb.DuckDBPyConnection:
    """The exports as tables, read without any of the project's code."""
    duck = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    for path in folder.glob("*.csv"):
        duck.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM read_csv('{path}', header = true, sample_size = -1)")
    return duck


def test_every_template_has_its_company_and_every_company_its_template() -> None:
    assert companies() == templates() == ["agency", "commerce", "coworking", "education", "onsite"]


@pytest.mark.parametrize("name", DECLARED)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path: Path, name: str) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        write(tmp_path / folder, company=name, events=6_000, seed=seed)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


@pytest.mark.parametrize("name", DECLARED)
def test_about_as_many_events_as_were_asked_for(made: Made, name: str) -> None:
    assert made[name][1].events == pytest.approx(EVENTS, rel=0.05)


@pytest.mark.parametrize("name", DECLARED)
def test_a_planted_problem_is_an_excess_that_only_its_strength_makes(tmp_path: Path, name: str) -> None:
    """Three strengths of one seed: the same journeys, of which more or fewer are hit."""
    full, most, none = (write(tmp_path / str(strength), company=name, events=EVENTS, seed=5, strength=strength)
                        for strength in (1.0, 0.6, 0.0))
    declared = {problem.code: problem for problem in scenario(name).problems}
    assert len(full) == len(declared) == 3
    for strong, weak, absent in zip(full, most, none, strict=True):
        size, usual = declared[strong.code].size, strong.flawed_without / strong.journeys
        assert absent.flawed == absent.flawed_without
        assert strong.flawed_without == absent.flawed
        assert strong.flawed > weak.flawed > absent.flawed
        assert strong.size == pytest.approx(size * (1 - usual), abs=3.5 * (size * (1 - size) / strong.journeys) ** 0.5 + 0.05)
        assert weak.size is not None
        assert weak.size < size * 0.6 + 3.5 * (0.25 / weak.journeys) ** 0.5


@pytest.mark.parametrize("name", DECLARED)
def test_some_problems_are_of_one_value_and_some_of_two_together(name: str) -> None:
    assert {len(problem.segment) for problem in scenario(name).problems} == {1, 2}


@pytest.mark.parametrize("name", DECLARED)
def test_problems_name_rules_and_dimensions_of_the_template(tmp_path: Path, name: str) -> None:
    lay_out(tmp_path / "ws", name)
    blueprints = {blueprint.kind: blueprint for blueprint in load_blueprints(tmp_path / "ws" / "blueprints")}
    for flow in scenario(name).flows:
        rules = {rule.code for rule in blueprints[flow.name].rules()}
        assert {problem.rule for problem in flow.problems} <= rules
        assert {act.rule for act in flow.acts if act.rule} <= rules
        assert {dimension.name for dimension in flow.dimensions} <= {one.name for one in blueprints[flow.name].dimensions}
        for problem in flow.problems:
            assert all(flow.dimension(key).position(value) >= 0 for key, value in problem.segment.items())


@pytest.mark.parametrize("name", DECLARED)
def test_a_template_holds_together_and_each_rule_has_its_post(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "ws"
    lay_out(folder, name)
    assert check(folder / "blueprints") == []
    assert [check_mapping(path) for path in folder.glob("sources/*.toml")] == [[]]
    sign(folder, name)
    config = load_config(folder)
    posts = {post.code: post for post in config.post}
    assert {rule.post for blueprint in load_blueprints(folder / "blueprints") for rule in blueprint.rules()} == set(posts)
    assert all(post.person for post in posts.values())
    assert config.company.name.title() == scenario(name).title


@pytest.mark.parametrize("name", DECLARED)
def test_the_sources_make_every_event_that_the_blueprints_read(made: Made, tmp_path: Path, name: str) -> None:
    lay_out(tmp_path / "ws", name)
    mapping = load_mapping(tmp_path / "ws" / "sources" / f"{name}.toml")
    mapped = {rule.type for table in mapping.table for rule in table.event}
    for blueprint in load_blueprints(tmp_path / "ws" / "blueprints"):
        assert blueprint.event_types() <= mapped
    assert set(made[name][1].counts) <= mapped


@pytest.mark.parametrize("name", DECLARED)
def test_the_truth_stands_in_a_file(made: Made, name: str) -> None:
    folder, report = made[name]
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["problems"] == list(report.truth)
    assert truth["events"] == report.events
    assert all(entry["title"]["zh"] and entry["title"]["en"] for entry in truth["problems"])


def test_what_the_truth_says_of_visits_can_be_counted_in_the_files(made: Made) -> None:
    folder, report = made["onsite"]
    duck = plain(folder)
    counted = duck.execute("""
        WITH arrived AS (SELECT visit_id, happened_at FROM visit_log WHERE act = 'arrived'),
             noticed AS (SELECT visit_id, happened_at FROM visit_log WHERE act = 'notice_sent')
        SELECT count(*), count(*) FILTER (noticed.happened_at IS NULL OR noticed.happened_at > arrived.happened_at)
        FROM visits JOIN arrived USING (visit_id) LEFT JOIN noticed USING (visit_id)
        WHERE crew = 'north_3' AND district = 'maple_hill' AND booked_at >= DATE '2025-09-01'
    """).fetchall()
    entry = next(entry for entry in report.truth if entry["code"] == "skipped_notice")
    assert counted == [(entry["journeys"], entry["flawed"])]


def test_customers_say_what_they_went_through_in_both_languages(made: Made) -> None:
    duck = plain(made["education"][0])
    froze, well = duck.execute("""
        SELECT avg(score) FILTER (lesson_id IN (SELECT lesson_id FROM lesson_log WHERE act = 'froze')),
            avg(score) FILTER (lesson_id NOT IN (SELECT lesson_id FROM lesson_log WHERE act = 'froze'))
        FROM lesson_feedback WHERE kind = 'survey'
    """).fetchall()[0]
    assert froze < well - 0.5
    chinese, english, unfilled = duck.execute(r"""
        SELECT count(*) FILTER (regexp_matches(comment, '\p{Han}')), count(*) FILTER (regexp_full_match(comment, '[ -~]+')),
            count(*) FILTER (comment LIKE '%{%') FROM lesson_feedback WHERE comment IS NOT NULL
    """).fetchall()[0]
    assert chinese > 50
    assert english > 10
    assert unfilled == 0


@pytest.mark.parametrize("name", DECLARED)
def test_nothing_happens_after_the_export_and_no_telephone_reaches_anybody(made: Made, name: str) -> None:
    duck = plain(made[name][0])
    for flow in scenario(name).flows:
        latest = duck.execute(f"SELECT max(happened_at) < TIMESTAMP '2026-11-01' FROM {flow.name}_log").fetchall()
        assert latest == [(True,)]
    strays = duck.execute(r"SELECT phone FROM customers WHERE NOT regexp_full_match(phone::VARCHAR, '16[0134]\d{8}')").fetchall()
    assert strays == []


def test_a_company_that_there_is_not_and_a_strength_that_cannot_be_are_refused_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(LastMeterError) as refused:
        write(tmp_path, company="airline")
    assert refused.value.code == "demo.company"
    assert "onsite" in str(refused.value.hint("en"))
    with pytest.raises(LastMeterError) as refused:
        write(tmp_path, company="onsite", strength=1.5)
    assert refused.value.code == "demo.strength"
    assert "1.5" in refused.value.message("zh")


def test_commerce_is_weakened_by_the_same_name(tmp_path: Path) -> None:
    full = write(tmp_path / "full", company="commerce", events=60_000, seed=2)
    none = write(tmp_path / "none", company="commerce", events=60_000, seed=2, strength=0.0)
    assert [one.kind for one in full] == ["order"] * 3
    assert all(one.flawed == one.flawed_without for one in none)
    assert all(one.flawed > one.flawed_without for one in full)
