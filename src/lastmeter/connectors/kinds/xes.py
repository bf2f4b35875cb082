"""XES event logs (IEEE 1849-2016): one row an event, with its own attributes and those of its case as `case:KEY`.

Beside what the log states, `event:repeat` counts earlier events of the case with the same activity and time:
events that a log holds twice are two events, and a later export that inserts one does not rename the others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lastmeter.connectors import safe_xml
from lastmeter.connectors.kinds import SourceKind, has_ending
from lastmeter.connectors.spool import Spool
from lastmeter.connectors.standard.xes import ACTIVITY, CASE, REPEAT, TIME, xes_mapping
from lastmeter.connectors.survey import Survey
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_ENDINGS = (".xes",)
_TYPES = {"string": "text", "id": "text", "date": "time", "int": "integer", "float": "number", "boolean": "boolean"}
_NEEDED = {CASE: "xes_no_case", ACTIVITY: "xes_no_activity", TIME: "xes_no_time"}


class _Reader:
    """Follows the elements of a log; writes the events of a case when the case ends."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.is_log = False
        self._case: dict[str, str] | None = None
        self._event: dict[str, str] | None = None
        self._events: list[dict[str, str]] = []
        self._inside = 0  # attributes can hold attributes; only the outermost are read
        self._row = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if name == "log":
            self.is_log = True
        elif name == "trace":
            self._case, self._events = {}, []
        elif name == "event":
            self._event = {}
        elif name in ("global", "classifier", "extension", "list", "container"):
            self._inside += 1
        elif name in _TYPES:
            if self._inside == 0:
                self._attribute(name, attributes)
            self._inside += 1

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "trace":
            self._write_case()
        elif name == "event" and self._event is not None:
            self._events.append(self._event)
            self._event = None
            if self._case is None:  # an event outside of any case
                self._write_case()
        elif name in _TYPES or name in ("global", "classifier", "extension", "list", "container"):
            self._inside -= 1

    def _attribute(self, tag: str, attributes: Mapping[str, str]) -> None:
        key, value = attributes.get("key", ""), attributes.get("value", "")
        if self._event is not None:
            self._event[key] = value
        elif self._case is not None:
            key = f"case:{key}"
            self._case[key] = value
        else:
            return
        kind = _TYPES[tag]
        if self.spool.types.setdefault(key, kind) != kind:
            self.spool.types[key] = "text"

    def _write_case(self) -> None:
        seen: Counter[tuple[str | None, ...]] = Counter()
        for event in self._events:
            self._row += 1
            cells = {**(self._case or {}), **event}
            lacking = next((code for key, code in _NEEDED.items() if not cells.get(key)), None)
            if lacking is not None:
                self.spool.set_aside(self._row, lacking, json.dumps(cells, ensure_ascii=False))
                continue
            same = tuple(cells.get(key) for key in (ACTIVITY, TIME))
            self.spool.add(self._row, {**cells, REPEAT: str(seen[same])})
            seen[same] += 1
        self._case, self._events = None, []


@contextmanager
def _open(source: Survey, scratch: Path) -> Iterator[Spool]:
    spool = Spool(scratch / source.digest, (CASE, ACTIVITY, TIME, REPEAT))
    reader = _Reader(spool)
    safe_xml.parse(source, reader.start, reader.end)
    if not reader.is_log:
        raise LastMeterError(
            "import.not_xes",
            Title("{file} 是 XML，但不是 XES 日志", "{file} is XML, but no XES log"),
            Title("XES 日志的最外层元素是 log；请从流程工具导出 XES",
                  "The outermost element of a XES log is `log`; export XES from the process tool"),
            file=source.path.name,
        )
    yield spool.close()


KIND = SourceKind(
    "xes", Title("XES 事件日志", "XES event log"), _ENDINGS, lambda source: has_ending(source, _ENDINGS), _open,
    xes_mapping,
)
