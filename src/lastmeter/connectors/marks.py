"""Cells that a reader could not take as they are: they carry a mark, and set their row aside once somebody asks for them.

A broken cell in a column that no mapping reads is nobody's loss; so the decision waits until the columns are known.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.connectors.kinds import Chunk, UnreadableRow
from lastmeter.connectors.text_survey import BAD_BYTE

# A character that stands for nothing and may not be exchanged (Unicode's noncharacters): no honest cell holds it.
MARK = "\ufdd0"
KEPT_TEXT = 2_000


def marked(code: str, shown: str) -> str:
    """A cell that cannot be read: why (one of `faults`), and what it shows."""
    return f"{MARK}{code}{MARK}{shown}"


def without_marked(chunk: Chunk) -> Chunk:
    """The chunk with the rows set aside in which a cell is marked or holds bad bytes."""
    names = [name for name in chunk.rows.column_names if name != "row"]
    is_bad = None
    for name in names:
        column = chunk.rows[name]
        here = pc.or_(pc.match_substring(column, MARK), pc.match_substring(column, BAD_BYTE))
        here = pc.fill_null(here, False)
        is_bad = here if is_bad is None else pc.or_(is_bad, here)
    if is_bad is None or not pc.any(is_bad).as_py():
        return chunk
    found = [_unreadable(row, names) for row in chunk.rows.filter(is_bad).to_pylist()]
    return replace(chunk, rows=chunk.rows.filter(pc.invert(is_bad)),
                   unreadable=sorted([*chunk.unreadable, *found], key=lambda one: one.row))


def _unreadable(row: dict[str, object], names: list[str]) -> UnreadableRow:
    cells = [row[name] for name in names]
    codes = [text.split(MARK)[1] for text in cells if isinstance(text, str) and text.startswith(MARK)]
    shown = [text.rpartition(MARK)[2].replace(BAD_BYTE, "\ufffd") if isinstance(text, str) else text for text in cells]
    return UnreadableRow(int(str(row["row"])), codes[0] if codes else "encoding",
                         json.dumps(shown, ensure_ascii=False)[:KEPT_TEXT])


def no_rows(count: int) -> pa.Table:
    """A table of `count` empty text columns."""
    return pa.table({f"c{number}": pa.array([], pa.string()) for number in range(count)})
