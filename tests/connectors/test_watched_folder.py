"""Whoever drops an export into the folder need know nothing more; what goes wrong lies beside its reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lastmeter.cli.app import make_app
from lastmeter.kernel.errors import LastMeterError
from lastmeter.workspace import Workspace, inbox
from tests.connectors.shop import NOW, ORDERS, csv_of

HEADER = "order_id,customer_id,placed_at,delivered_at"
GOOD = csv_of(HEADER, ["A-1,Mo,2024-03-03 09:00,"])


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Workspace]:
    Workspace.create(tmp_path / "acme")
    (tmp_path / "acme" / "sources" / "shop.toml").write_text(ORDERS, "utf-8")
    (tmp_path / "in").mkdir()
    with Workspace.open(tmp_path / "acme") as workspace:
        yield workspace


def drop(company: Workspace, name: str, content: str = GOOD) -> Path:
    path = company.folder.parent / "in" / name
    path.write_text(content, "utf-8")
    return path


def lying(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def take(company: Workspace, name: str, at: datetime = NOW) -> inbox.Taken | None:
    return inbox.take(company, company.folder.parent / "in", name, source="shop", at=at)


def test_a_good_file_is_imported_and_moved(company: Workspace) -> None:
    path = drop(company, "orders.csv")
    taken = take(company, "orders.csv")
    assert taken is not None
    assert taken.report is not None
    assert taken.report.stored == 1
    assert lying(path.parent) == ["done/orders.csv"]


def test_a_bad_file_is_moved_with_the_reason_beside_it(company: Workspace) -> None:
    path = drop(company, "staff.csv", "name,shift\nLin,early\n")
    taken = take(company, "staff.csv")
    assert taken is not None
    assert taken.error is not None
    assert lying(path.parent) == ["failed/staff.csv", "failed/staff.csv.reason.txt"]
    told = (path.parent / "failed" / "staff.csv.reason.txt").read_text("utf-8")
    assert "staff.csv 不符合映射里的任何一张表" in told
    assert "staff.csv fits none of the mapping's tables" in told
    assert told.rstrip().endswith("import.table_unknown")


def test_the_same_name_again_does_not_overwrite(company: Workspace) -> None:
    for _ in range(2):
        folder = drop(company, "orders.csv").parent
        take(company, "orders.csv")
    assert lying(folder) == ["done/orders-2.csv", "done/orders.csv"]


def test_killed_between_import_and_move_nothing_is_counted_twice(company: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(company, "orders.csv")
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "_move", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            take(company, "orders.csv")
    taken = take(company, "orders.csv")
    assert taken is not None
    assert taken.report is not None
    assert (taken.report.stored, taken.report.duplicate) == (0, 1)


def test_a_fault_of_the_workspace_leaves_the_file_where_it_is(company: Workspace) -> None:
    path = drop(company, "orders.csv")
    (company.folder / "sources" / "shop.toml").write_text("nonsense = 1", "utf-8")
    with pytest.raises(LastMeterError):
        take(company, "orders.csv")
    assert lying(path.parent) == ["orders.csv"]


def test_a_file_that_is_gone_by_now(company: Workspace) -> None:
    assert take(company, "gone.csv") is None


def test_what_grows_is_empty_hidden_unfinished_or_a_link_waits(company: Workspace) -> None:
    folder = drop(company, "grows.csv").parent
    drop(company, "empty.csv", "")
    for name in (".hidden.csv", "orders.csv.part", "~$orders.xlsx", "orders.csv~"):
        drop(company, name)
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    (folder / "round").symlink_to(folder)
    drop(company, "whole.csv")
    before = inbox.look(folder)
    assert sorted(before) == ["empty.csv", "grows.csv", "whole.csv"]
    with (folder / "grows.csv").open("a") as file:
        file.write("A-2,Mo,2024-03-03 09:00,\n")
    assert inbox.settled(before, inbox.look(folder)) == ["whole.csv"]


def test_a_folder_that_is_not_there(company: Workspace) -> None:
    with pytest.raises(LastMeterError) as caught:
        inbox.look(company.folder / "gone")
    assert caught.value.code == "watch.folder"


def test_the_command_deals_with_what_is_there(company: Workspace) -> None:
    folder = drop(company, "orders.csv").parent
    drop(company, "staff.csv", "name,shift\nLin,early\n")
    found = CliRunner().invoke(make_app("en"), ["watch", str(folder), "--source", "shop", "--once", "--every", "0.1",
                                                "-w", str(company.folder)])
    assert found.exit_code == 0
    assert "orders.csv: 1 events added" in found.stdout
    assert lying(folder) == ["done/orders.csv", "failed/staff.csv", "failed/staff.csv.reason.txt"]
