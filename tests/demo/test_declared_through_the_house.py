"""Declared companies the whole way: exports, import, build, verify, brief. Facts and truth agree to the journey."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from lastmeter.charts.brief_text import render_text
from lastmeter.demo.companies import companies, planted_of, scenario, sign, simulate
from lastmeter.kernel.titles import LANGS
from lastmeter.workspace import Workspace

DECLARED = [name for name in companies() if name != "commerce"]


@pytest.mark.slow
@pytest.mark.parametrize("name", DECLARED)
def test_from_its_exports_to_its_brief(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    Workspace.create(folder, template=name)
    sign(folder, name)
    made = simulate(folder / "exports", company=name, seed=11, events=20_000)
    at = made.exported_at
    with Workspace.open(folder) as ws:
        for source, files in made.files.items():
            report = ws.import_files(files, source=source, at=at, as_of=at)
            assert (sum(file.rejected for file in report.files), report.contradictory, report.warnings) == (0, 0, [])
        with ws.journal.snapshot() as snapshot:
            snapshot.define_events("events")
            found = dict(snapshot.duck.execute("SELECT type, count(*) FROM events GROUP BY type").fetchall())
        assert found == made.counts
        ws.build(at=at)
        assert ws.verify().differences == 0
        duck = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
        for flow in scenario(name).flows:
            for table in ("journeys", "flaws"):
                duck.register(table, ws.export(table, kind=flow.name).to_arrow())
            for planted in planted_of(made):
                if planted.kind == flow.name:
                    segment = " AND ".join(f"{key} = '{value}'" for key, value in planted.conditions.items())
                    duck.execute(f"CREATE OR REPLACE VIEW broken AS FROM flaws WHERE rule = '{planted.rule}'")
                    [(flawed,)] = duck.execute(f"""
                        SELECT count(*) FROM journeys SEMI JOIN broken USING (journey_id)
                        WHERE {segment} AND started_on >= DATE '{planted.since}'
                    """).fetchall()
                    assert abs(flawed - planted.flawed) <= 1, planted.code
            brief = ws.brief(kind=flow.name)
            for lang in LANGS:
                assert title_of_kind(ws, flow.name)[lang] in render_text(brief, lang)


def title_of_kind(ws: Workspace, kind: str) -> dict[str, str]:
    title = next(blueprint.title for blueprint in ws.blueprints if blueprint.kind == kind)
    return {lang: title.say(lang) for lang in LANGS}
