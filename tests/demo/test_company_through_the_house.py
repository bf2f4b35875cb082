"""The whole way: exports, import, build. The fact tables say about the planted problems what the truth file says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from lastmeter.demo import generate, sign
from lastmeter.workspace import Workspace

COUNTED = {
    "slow_handover": """
        SELECT count(*), count(*) FILTER (outcome = 'late') FROM links
        WHERE link = 'handover' AND origin = 'dongguan' AND from_on >= DATE '2026-07-01' AND to_at IS NOT NULL
    """,
    "short_promise": """
        SELECT count(*), count(*) FILTER (arrived_late) FROM journeys
        WHERE place = 'shaanxi' AND started_on >= DATE '2026-03-01' AND fulfilled_at IS NOT NULL
    """,
    "breaking_parcels": """
        SELECT count(*), count(f.journey_id)
        FROM links AS l LEFT JOIN (SELECT journey_id FROM flaws WHERE rule = 'damaged') AS f USING (journey_id)
        WHERE l.link = 'line_haul' AND l.performer = 'carrier:camelbell' AND l.from_on >= DATE '2025-09-01'
    """,
}


@pytest.mark.slow
def test_facts_and_truth_agree_to_the_journey(tmp_path: Path) -> None:
    company = tmp_path / "farhill"
    Workspace.create(company, template="commerce")
    sign(company)
    made = generate(company / "exports", seed=11, events=100_000)
    at = made.exported_at
    with Workspace.open(company) as ws:
        for source, files in made.files.items():
            ws.import_files(files, source=source, at=at, as_of=at)
        ws.build(at=at)
        with ws.journal.snapshot() as snapshot:
            snapshot.define_events("events")
            found = dict(snapshot.duck.execute("SELECT type, count(*) FROM events GROUP BY type").fetchall())
        assert found == made.counts
        duck = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
        for table in ("journeys", "links", "flaws"):
            duck.register(table, ws.export(table).to_arrow())
        for entry in made.truth:
            assert duck.execute(COUNTED[entry["code"]]).fetchone() == (entry["journeys"], entry["flawed"]), entry["code"]
