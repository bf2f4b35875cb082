"""Readers keep the files that they read, whatever is built meanwhile; nothing is kept for a reader that has gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lastmeter.demo.companies import COMMERCE
from lastmeter.journal import Event, ObjectRef
from lastmeter.journeys import readers
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.workspace import Workspace

AT = datetime(2026, 3, 2, 12)


def _order(number: int) -> Event:
    return Event(source="shop", id=f"placed:{number}", type="order.placed", occurred_at=AT - timedelta(days=1),
                 objects=(ObjectRef("order", f"o{number}"),))


def _build(ws: Workspace, number: int) -> None:
    ws.journal.record([_order(number)], recorded_at=AT)
    ws.build(at=AT + timedelta(minutes=number))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Workspace.create(tmp_path / "ws", template=COMMERCE)
    with Workspace.open(tmp_path / "ws") as ws:
        _build(ws, 1)
    return tmp_path / "ws"


def test_a_reader_may_outlive_any_number_of_builds(folder: Path) -> None:
    with Workspace.open(folder) as reader, Workspace.open(folder) as builder:
        facts = reader.facts("order")
        for number in range(2, 7):
            _build(builder, number)
        assert len(facts.journeys.collect()) == 1
        assert (folder / "facts" / "g1").is_dir()
        with Workspace.open(folder) as later:
            assert len(later.facts("order").journeys.collect()) == 6
    with Workspace.open(folder) as builder:
        builder.build(at=AT + timedelta(minutes=9), full=True)
        builder.build(at=AT + timedelta(minutes=10), full=True)
    held = read_manifest(folder / "facts")
    assert held is not None
    assert {path.name for path in (folder / "facts").glob("g*")} == {
        f"g{number}" for number in held.generations() | set(held.previous)}


def test_a_file_that_is_read_stays_and_one_that_is_not_goes(tmp_path: Path) -> None:
    path = tmp_path / "one"
    path.write_text("rows")
    held = readers.hold([path])
    assert not readers.remove_unread(path)
    readers.let_go(held)
    assert readers.remove_unread(path)
    assert not path.exists()
    with pytest.raises(FileNotFoundError):
        readers.hold([path])
