"""To add a kind of source is to add one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lastmeter.connectors import kinds
from tests.connectors.shop import ORDERS, Shop

FIXED_WIDTH = '''
"""Columns of a fixed width of ten."""
from contextlib import contextmanager
from dataclasses import dataclass
import pyarrow as pa
from lastmeter.connectors.kinds import Chunk, SourceKind, has_ending, numbered
from lastmeter.kernel.titles import Title

@dataclass
class Cards:
    lines: list[str]
    @property
    def columns(self): return [self.lines[0][n:n + 20].strip() for n in range(0, len(self.lines[0]), 20)]
    @property
    def rows(self): return len(self.lines) - 1
    def chunks(self, columns, size):
        places = [self.columns.index(name) * 20 for name in columns]
        cells = {f"c{n}": [line[at:at + 20].strip() or None for line in self.lines[1:]] for n, at in enumerate(places)}
        yield Chunk(0, numbered(pa.table(cells), 0, header=1))

@contextmanager
def open_cards(source, scratch):
    yield Cards(source.head().splitlines())

KIND = SourceKind("cards", Title("定宽", "Fixed width"), (".cards",), lambda source: has_ending(source, (".cards",)), open_cards)
'''


def test_the_kinds_are_found() -> None:
    assert {"delimited", "jsonlines", "parquet", "xes"} <= set(kinds.kinds())


def test_another_kind_is_one_file(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added = tmp_path / "kinds"
    added.mkdir()
    (added / "cards.py").write_text(FIXED_WIDTH, "utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(added)])
    kinds.kinds.cache_clear()
    try:
        header = "".join(name.ljust(20) for name in ("order_id", "customer_id", "placed_at", "delivered_at"))
        row = "".join(cell.ljust(20) for cell in ("A-1", "Mo", "2024-03-03 09:00", ""))
        shop.take(ORDERS, shop.file("orders.cards", f"{header}\n{row}\n"))
    finally:
        kinds.kinds.cache_clear()
    assert shop.events() == ["order.placed:A-1"]
