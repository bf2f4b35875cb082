"""A workspace backed up while it runs, and restored: the same figures, and nobody comes back who was erased since."""

from __future__ import annotations

import shutil
import tarfile
from datetime import datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from lastmeter.journal import Event
from lastmeter.journal.event import ObjectRef
from lastmeter.kernel.errors import LastMeterError
from lastmeter.workspace import Workspace
from lastmeter.workspace.backup import back_up, restore

AT = datetime(2026, 11, 28, 9)


def event(number: int) -> Event:
    return Event(source="hand", id=str(number), type="order.paid", occurred_at=AT, objects=(ObjectRef("order", f"H{number}"),))


def test_what_was_acknowledged_before_the_backup_is_restored_and_figures_are_the_same(company: Path, tmp_path: Path, run: Run) -> None:
    with Workspace.open(company) as ws:
        ws.journal.record([event(1)], recorded_at=AT)
        before = ws.figures("perfect_journey_rate")[0].value
    said = run("backup", tmp_path / "b.tar", "-w", company)
    assert "b.tar" in said
    run("restore", tmp_path / "b.tar", tmp_path / "again")
    with Workspace.open(tmp_path / "again") as ws:
        assert ws.figures("perfect_journey_rate")[0].value == before
        assert ws.journal.record([event(1)], recorded_at=AT) == ["duplicate"]
        assert ws.verify().differences == 0


def test_a_backup_of_a_journal_that_is_being_written_is_one_moment_of_it(company: Path, tmp_path: Path) -> None:
    with Workspace.open(company) as ws, ws.journal.store.writing() as connection:
        ws.journal.append(connection, [event(2)], recorded_at=AT)
        back_up(ws, tmp_path / "b.tar", at=AT)  # the transaction is still open
    restore(tmp_path / "b.tar", tmp_path / "again", at=AT)
    with Workspace.open(tmp_path / "again") as ws:
        assert ws.journal.record([event(2)], recorded_at=AT) == ["stored"]


def personal_values(ws: Workspace) -> set[str]:
    with ws.journal.store.reading() as connection:
        return {row[0] for row in connection.execute("SELECT raw FROM lm_vault WHERE kind = 'personal'")}


def test_erasures_since_the_backup_are_done_again(company: Path, tmp_path: Path, run: Run) -> None:
    with Workspace.open(company) as ws:
        customer = ws.facts().journeys.select("customer").head(1).collect(backend="pyarrow").to_native().to_pylist()[0]["customer"]
        known = personal_values(ws)
        back_up(ws, tmp_path / "b.tar", at=AT)
        assert ws.erase(customer, at=AT).found
        gone = known - personal_values(ws)
    phones = [value.encode() for value in gone if value.isdecimal()]
    assert phones
    log = company / "journal" / "erased.log"
    run("restore", tmp_path / "b.tar", tmp_path / "again", "--erasures", log)
    with Workspace.open(tmp_path / "again") as ws:
        assert not gone & personal_values(ws)
    left = b"".join(path.read_bytes() for path in (tmp_path / "again").rglob("*") if path.is_file())
    assert not [phone for phone in phones if phone in left]


def test_a_backup_never_overwrites_and_restores_into_an_empty_folder_only(company: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(b"mine")
    with Workspace.open(company) as ws, pytest.raises(LastMeterError) as caught:
        back_up(ws, tmp_path / "b.tar", at=AT)
    assert caught.value.code == "backup.exists"
    with pytest.raises(LastMeterError) as caught:
        restore(tmp_path / "b.tar", company, at=AT)
    assert caught.value.code == "backup.not_empty"


def test_what_is_no_whole_backup_is_refused(company: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(b"no tar at all")
    with pytest.raises(LastMeterError) as caught:
        restore(tmp_path / "b.tar", tmp_path / "again", at=AT)
    assert caught.value.code == "backup.unreadable"
    with Workspace.open(company) as ws:
        back_up(ws, tmp_path / "whole.tar", at=AT)
    with tarfile.open(tmp_path / "whole.tar") as whole, tarfile.open(tmp_path / "holed.tar", "w") as holed:
        for entry in whole:
            if not entry.name.endswith(".parquet"):
                holed.addfile(entry, whole.extractfile(entry))
    with pytest.raises(LastMeterError) as caught:
        restore(tmp_path / "holed.tar", tmp_path / "third", at=AT)
    assert caught.value.code == "backup.incomplete"


@pytest.mark.slow
def test_with_postgresql_the_database_is_dumped_beside_the_files(
    company: Path, tmp_path: Path, postgres_server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = postgres_server.new_database(), postgres_server.new_database()  # type: ignore[attr-defined]
    monkeypatch.setenv("LASTMETER_DATABASE_URL", first)
    fresh = tmp_path / "fresh"
    shutil.copytree(company, fresh, ignore=shutil.ignore_patterns("journal", "facts"))
    with Workspace.open(fresh) as ws:
        ws.journal.record([event(3)], recorded_at=AT)
        ws.journal.seal(at=AT)
        ws.journal.record([event(4)], recorded_at=AT)
        back_up(ws, tmp_path / "b.tar", at=AT)
    monkeypatch.setenv("LASTMETER_DATABASE_URL", second)
    restore(tmp_path / "b.tar", tmp_path / "again", at=AT)
    with Workspace.open(tmp_path / "again") as ws:
        assert ws.journal.record([event(3), event(4)], recorded_at=AT) == ["duplicate", "duplicate"]
