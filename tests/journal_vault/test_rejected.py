"""Rows that Mei's import could not take are set aside with a reason, and do not stay for ever."""

from __future__ import annotations

from datetime import datetime

from lastmeter.journal import rejected
from lastmeter.journal.connection import Connection
from lastmeter.journal.rejected import RAW_LIMIT, RejectedCount, Rejection
from lastmeter.kernel.titles import Title

BAD_TIME = Title("读不懂的时间", "Unreadable time")
MARCH, APRIL = datetime(2018, 3, 1), datetime(2018, 4, 1)


def _row(number: int, raw: str, code: str = "import.time") -> Rejection:
    return Rejection("orders.csv", number, "paid_at", code, BAD_TIME, {"row": number}, raw)


def test_they_say_where_and_why(connection: Connection) -> None:
    with connection.transaction():
        rows = [_row(3, "17,李雷,gestern"), _row(9, "18,韩梅梅,\0")]
        assert rejected.add(connection, 7, rows, recorded_at=MARCH) == 2
    first, second = rejected.read(connection, batch=7)
    assert (first.file, first.row, first.column, first.code) == ("orders.csv", 3, "paid_at", "import.time")
    assert first.reason == BAD_TIME
    assert first.raw == "17,李雷,gestern"
    assert (first.batch, first.recorded_at, first.places) == (7, MARCH, {"row": 3})
    assert second.raw == "18,韩梅梅,\ufffd"
    assert rejected.read(connection, batch=8) == []


def test_they_are_counted_by_reason_and_expire(connection: Connection) -> None:
    with connection.transaction():
        rejected.add(connection, 1, [_row(1, "a"), _row(2, "b"), _row(3, "c", "import.number")], recorded_at=MARCH)
        rejected.add(connection, 2, [_row(1, "d")], recorded_at=APRIL)
    assert rejected.count(connection) == [
        RejectedCount(1, "orders.csv", "import.number", 1), RejectedCount(1, "orders.csv", "import.time", 2),
        RejectedCount(2, "orders.csv", "import.time", 1),
    ]
    with connection.transaction():
        assert rejected.expire(connection, before=APRIL) == 3
    assert [row.raw for row in rejected.read(connection)] == ["d"]


def test_rows_that_hold_an_erased_value_go_and_so_do_rows_that_were_cut(connection: Connection) -> None:
    with connection.transaction():
        rejected.add(
            connection, 1,
            [_row(1, "17,李雷,x"), _row(2, "18,韩梅梅,x"), _row(3, "y" * (RAW_LIMIT - 1) + "李雷")], recorded_at=MARCH,
        )
        assert rejected.forget(connection, lambda raw: "李雷" in raw) == 2
    assert [row.row for row in rejected.read(connection)] == [2]
