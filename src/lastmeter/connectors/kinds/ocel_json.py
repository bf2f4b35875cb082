"""OCEL 2.0 as JSON: object-centric event logs. The whole file is held in memory while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from lastmeter.connectors.kinds import SourceKind, has_ending
from lastmeter.connectors.ocel_rows import OWN_ID, OcelRows
from lastmeter.connectors.spool import Spool
from lastmeter.connectors.standard.ocel import ocel_mapping
from lastmeter.connectors.survey import Survey, open_bytes
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_ENDINGS = (".json", ".jsonocel")
_HEAD = 4096


class _Declared(msgspec.Struct):
    name: str
    type: str


class _Kind(msgspec.Struct):
    name: str
    attributes: list[_Declared] = []


class _Value(msgspec.Struct):
    name: str
    value: Any = None
    time: str | None = None


class _Relation(msgspec.Struct, rename="camel"):
    object_id: str
    qualifier: str = ""


class _Event(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    time: str | None = None
    attributes: list[_Value] = []
    relationships: list[_Relation] = []


class _Object(msgspec.Struct):
    id: str
    type: str
    attributes: list[_Value] = []
    relationships: list[_Relation] = []


class _Log(msgspec.Struct, rename="camel"):
    event_types: list[_Kind]
    object_types: list[_Kind]
    events: list[_Event]
    objects: list[_Object]


def _recognises(source: Survey) -> bool:
    """One JSON object that begins with one of the log's four arrays."""
    if not source.is_text or not has_ending(source, _ENDINGS):
        return False
    head = source.head(_HEAD).lstrip("\ufeff \t\r\n")
    if not head.startswith("{"):
        return False
    first_key = head[1:].lstrip().partition(":")[0].strip().strip('"')
    return first_key in ("eventTypes", "objectTypes", "events", "objects") and "[" in head[:200]


@contextmanager
def _open(source: Survey, scratch: Path) -> Iterator[dict[str, Spool]]:
    try:
        with open_bytes(source.path, is_gzip=source.is_gzip) as stream:
            log = msgspec.json.decode(stream.read(), type=_Log)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise LastMeterError(
            "import.ocel_damaged",
            Title("{file} 不是完整的 OCEL 2.0 日志", "{file} is no whole OCEL 2.0 log"),
            Title("它要有 eventTypes、objectTypes、events、objects 四个数组；请重新导出",
                  "It needs the four arrays eventTypes, objectTypes, events and objects; export it again"),
            file=source.path.name,
        ) from None
    own_ids = {one.id: str(value.value) for one in log.objects for value in one.attributes if value.name == OWN_ID}
    rows = OcelRows(scratch / source.digest, {one.id: one.type for one in log.objects}, own_ids)
    for kinds, of_events in ((log.event_types, True), (log.object_types, False)):
        for kind in kinds:
            rows.declare([(one.name, one.type) for one in kind.attributes], of_events=of_events)
    for event in log.events:
        rows.add_event(event.id, event.type, event.time, [(one.name, one.value) for one in event.attributes],
                       [(one.object_id, one.qualifier) for one in event.relationships])
    for thing in log.objects:
        rows.add_object(thing.id, thing.type, [(one.name, one.value, one.time or "") for one in thing.attributes],
                        [(one.object_id, one.qualifier) for one in thing.relationships])
    yield rows.tables()


KIND = SourceKind("ocel_json", Title("OCEL 2.0（JSON）", "OCEL 2.0 (JSON)"), _ENDINGS, _recognises, _open, ocel_mapping)
