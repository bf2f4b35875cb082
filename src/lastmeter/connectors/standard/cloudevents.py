"""The mapping of CloudEvents: their `type` is the event's, `subject` the object, `data` the attributes.

Identity is that of CloudEvents: source and id together. The journal's event id is `SOURCE:ID`, or `ID` where all events
come from one source; a message that is sent twice is one event.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from lastmeter.connectors.kinds import OpenFile, Standard
from lastmeter.connectors.standard import words

REQUIRED = ("id", "source", "type")
_SAMPLE = 100_000
_DATA = "data."
# As in every id that is made of several keys: no two of them share one.
_ESCAPED = str.maketrans({"%": "%25", ":": "%3A", "~": "%7E"})


@lru_cache(maxsize=2_000)
def object_and_type(kind: str) -> tuple[str, str]:
    """What a message's `type` speaks of, and the event type: `com.shop.order.paid` tells `order.paid` of an order."""
    before, _, act = kind.rpartition(".")
    thing = words.code_of(before.rpartition(".")[2] or kind)
    return thing, f"{thing}.{words.code_of(act)}"


def event_id(source: str, identifier: str, name: str) -> str:
    """The journal's id of a message: `ID`, or `SOURCE:ID` where its source is not the journal's source itself."""
    return identifier if source == name else ":".join(part.translate(_ESCAPED) for part in (source, identifier))


def cloudevents_mapping(tables: Mapping[str, OpenFile], standard: Standard) -> str:
    """The mapping as TOML, from the first `_SAMPLE` events."""
    (events,) = tables.values()
    columns = [name for name in ("type", "source", "time", "subject") if name in events.columns]
    rows = next(iter(events.chunks(columns, _SAMPLE))).rows
    found = {name: rows[f"c{number}"].to_pylist() for number, name in enumerate(columns)}
    sources = {value for value in found.get("source", ()) if value}
    kinds = sorted({value for value in found.get("type", ()) if value})
    object_type = {kind: object_and_type(kind)[0] for kind in kinds}
    short = {kind: object_and_type(kind)[1] for kind in kinds}
    if len(set(short.values())) < len(kinds):
        short = words.distinct_types(kinds, "message")
    data = [name for name in events.columns if name.startswith(_DATA) and not any(
        other.startswith(f"{name}.") for other in events.columns)]
    names = {column: words.attribute_names([column.removeprefix(_DATA) for column in data])[column.removeprefix(_DATA)] for column in data}
    has_subject = "subject" in found
    key = ["source", "id"] if len(sources) > 1 else ["id"]
    lines = [*words.source(standard.name, standard.zone, "消息", "Messages"),
             "[[table]]", 'name = "messages"', f"key = {words.listed(key)}", "keep_id = true"]
    for kind in kinds:
        lines += ["", "[[table.event]]", f"type = {words.text(short[kind])}", f"when = {words.inline({'type': words.listed([kind])})}",
                  f"at = {words.text('time') if 'time' in found else words.text('unknown')}",
                  f"objects = {words.inline({object_type[kind]: words.text('subject' if has_subject else 'id')})}",
                  *words.attribute_lines(names, {})]
    return "\n".join(lines) + "\n"
