"""A small tea shop whose exports the tests import: one workspace folder, one mapping, one journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lastmeter.connectors.importing import import_files
from lastmeter.connectors.mapping import Mapping
from lastmeter.connectors.mapping_file import load_mapping
from lastmeter.connectors.report import ImportReport
from lastmeter.journal import Journal
from lastmeter.journal.rejected import RejectedRow, read

NOW = datetime(2024, 6, 1, 8)

SOURCE = """
[source]
name = "shop"
title = { zh = "订单系统", en = "Order system" }
zone = "Asia/Shanghai"
currency = "CNY"
watermark = "last_time"
"""

ORDERS = SOURCE + """
[[table]]
name = "orders"
key = ["order_id"]

[[table.event]]
type = "order.placed"
at = "placed_at"
objects = { order = "order_id", customer = "customer_id" }

[[table.event]]
type = "order.delivered"
at = "delivered_at"
objects = { order = "order_id" }
"""


class Shop:
    """Writes files, imports them, reads back what the journal then holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal.open(folder / "journal")

    def mapping(self, text: str) -> Mapping:
        path = self.folder / "shop.toml"
        path.write_text(text, "utf-8")
        return load_mapping(path)

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, mapping: str, *paths: Path, at: datetime = NOW, **options: Any) -> ImportReport:
        return import_files(self.journal, self.mapping(mapping), paths, at=at, **options)

    def events(self, columns: str = "id") -> list[Any]:
        """The effective events by id: plain values for one column, else tuples."""
        with self.journal.snapshot() as snapshot:
            snapshot.define_events("events")
            rows = snapshot.duck.execute(f"SELECT {columns} FROM events ORDER BY id").fetchall()
        return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows

    def rejected(self) -> list[RejectedRow]:
        with self.journal.store.reading() as connection:
            return read(connection)

    def rejected_codes(self) -> list[tuple[int | None, str | None, str]]:
        return [(row.row, row.column, row.code) for row in self.rejected()]


def csv_of(header: str, rows: Sequence[str]) -> str:
    return "\n".join([header, *rows]) + "\n"
