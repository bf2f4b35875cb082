"""XES out (IEEE 1849-2016): a trace for each object of one type, its dated events in order. `.gz` is packed."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, cast
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

from lastmeter.connectors.event_logs.ocel import WrittenLog
from lastmeter.connectors.event_logs.reading import DESCRIBED, Events, LoggedEvent
from lastmeter.connectors.export import whole_file

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Identity" prefix="identity" uri="http://www.xes-standard.org/identity.xesext"/>
<classifier name="Activity" keys="concept:name"/>
"""
_TAGS = {"text": "string", "integer": "int", "number": "float", "boolean": "boolean", "time": "date", "date": "string",
         "money": "float"}
# What XML 1.0 cannot hold, however it is written.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_xes(events: Events, target: Path, object_type: str) -> WrittenLog:
    """Write the events of every object of a type, be it primary or related; undated events are left out."""
    cases = count = 0
    current: str | None = None
    with whole_file(target) as stream:
        packed = gzip.GzipFile(fileobj=stream, mode="wb", mtime=0, filename="") if target.suffix == ".gz" else None
        out = cast(BinaryIO, packed or stream)

        def put(text: str) -> None:
            out.write(text.encode())

        put(_HEAD)
        for event in events.by_case(object_type):
            if event.case != current:
                put(("</trace>\n" if cases else "") + f"<trace>\n{_line('string', 'concept:name', event.case)}")
                current = event.case
                cases += 1
            _put_event(put, event, events)
            count += 1
        put(("</trace>\n" if cases else "") + "</log>\n")
        if isinstance(packed, BufferedIOBase):
            packed.close()
    return WrittenLog(count, cases, events.count(f"occurred_at IS NULL AND type <> '{DESCRIBED}'"))


def _put_event(put: Callable[[str], None], event: LoggedEvent, events: Events) -> None:
    assert event.occurred_at is not None  # noqa: S101 — `by_case` gives dated events
    local = event.occurred_at.replace(tzinfo=UTC).astimezone(ZoneInfo(event.zone)).isoformat()
    put("<event>\n" + _line("string", "concept:name", event.type) + _line("date", "time:timestamp", local)
        + _line("id", "identity:id", event.id))
    if event.performer:
        put(_line("string", "org:resource", event.performer))
    for name, value in (("precision", event.precision), ("zone", event.zone), ("place", event.place), ("channel", event.channel)):
        if value:
            put(_line("string", name, value))
    for name, value in event.attributes.items():
        put(_line(_TAGS[events.types[name]], name, value))
    put("</event>\n")


def _line(tag: str, key: str, value: str) -> str:
    shown = _ILLEGAL.sub("\ufffd", value)
    return f"<{tag} key={quoteattr(key)} value={quoteattr(shown)}/>\n"
