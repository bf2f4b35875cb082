"""CloudEvents 1.0 in structured form, one JSON object a line: `id`, `source`, `type`, `time`, `subject`, `data.…`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.connectors.kinds import Chunk, OpenFile, SourceKind, UnreadableRow, has_ending, jsonlines
from lastmeter.connectors.marks import KEPT_TEXT
from lastmeter.connectors.standard.cloudevents import REQUIRED, cloudevents_mapping
from lastmeter.connectors.survey import Survey
from lastmeter.kernel.titles import Title

_ENDINGS = (".jsonl", ".ndjson", ".json")
_HEAD = 65_536
_VERSION = "specversion"


@dataclass(frozen=True, slots=True)
class _CloudEvents:
    lines: OpenFile

    @property
    def columns(self) -> list[str]:
        return self.lines.columns

    @property
    def rows(self) -> int:
        return self.lines.rows

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        """Lines without what every event must have are set aside, whichever columns are asked for."""
        for chunk in self.lines.chunks([*columns, *(name for name in (_VERSION, *REQUIRED) if name in self.columns)], size):
            yield _complete(chunk, len(columns))


def _complete(chunk: Chunk, asked: int) -> Chunk:
    """The chunk without the columns behind the `asked` ones, and without rows in which some of those are empty; an empty
    line, and one that is set aside already, has none at all.
    """
    names = [name for name in chunk.rows.column_names if name != "row"][asked:]
    filled = sum((pc.cast(pc.is_valid(chunk.rows[name]), pa.int8()).to_numpy() for name in names), start=np.int8(0))
    is_torn = pa.array(np.broadcast_to((filled > 0) & (filled < len(names)), chunk.rows.num_rows))
    aside = [UnreadableRow(row.pop("row"), "cloudevent_incomplete", json.dumps(row, ensure_ascii=False)[:KEPT_TEXT])
             for row in chunk.rows.filter(is_torn).to_pylist()]
    return replace(chunk, rows=chunk.rows.filter(pc.invert(is_torn)).drop_columns(names),
                   unreadable=sorted([*chunk.unreadable, *aside], key=lambda one: one.row))


def _recognises(source: Survey) -> bool:
    """By the first line: `specversion` is what every CloudEvent has and nothing else."""
    if not source.is_text or not has_ending(source, _ENDINGS):
        return False
    line = source.head(_HEAD).lstrip("\ufeff \t\r\n").split("\n", 1)[0]
    try:
        first = json.loads(line)
    except ValueError:
        return False
    return isinstance(first, Mapping) and _VERSION in first


@contextmanager
def _open(source: Survey, scratch: Path) -> Iterator[OpenFile]:
    with jsonlines.opened_lines(source, scratch) as lines:
        yield _CloudEvents(lines)


KIND = SourceKind("cloudevents", Title("CloudEvents（每行一条）", "CloudEvents (JSON Lines)"), _ENDINGS, _recognises, _open,
                  cloudevents_mapping)
