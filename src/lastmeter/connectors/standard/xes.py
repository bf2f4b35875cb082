"""The mapping of a XES log: one event type an activity, the case as object, the log's own types for attributes."""

from __future__ import annotations

from collections.abc import Mapping

from lastmeter.connectors.kinds import OpenFile, Standard
from lastmeter.connectors.spool import Spool
from lastmeter.connectors.standard import words

CASE, ACTIVITY, TIME = "case:concept:name", "concept:name", "time:timestamp"
REPEAT, IDENTITY, RESOURCE = "event:repeat", "identity:id", "org:resource"
_OBJECT = "case"


def xes_mapping(tables: Mapping[str, OpenFile], standard: Standard) -> str:
    """The mapping as TOML. An event with an `identity:id` keeps it; else its id is case, time and repetition."""
    (log,) = tables.values()
    assert isinstance(log, Spool)  # noqa: S101 — the kind's own table
    types = words.distinct_types([str(value) for (value,) in log.values([ACTIVITY])], _OBJECT)
    has_ids = IDENTITY in log.columns and len(log.values([IDENTITY])) == log.rows and (None,) not in log.values([IDENTITY])
    plain = {CASE, ACTIVITY, TIME, REPEAT, RESOURCE, *([IDENTITY] if has_ids else [])}
    attributes = words.attribute_names(column for column in log.columns if column not in plain)
    resources = [str(value) for (value,) in log.values([RESOURCE]) if value] if RESOURCE in log.columns else []
    kind_of_resource = "" if all(":" in name for name in resources) else "person:"
    lines = [
        *words.source(standard.name, standard.zone, "事件日志", "Event log"),
        "[[table]]", 'name = "log"', f"key = {words.listed([IDENTITY] if has_ids else [CASE, TIME, REPEAT])}",
        *(["keep_id = true"] if has_ids else []),
    ]
    for activity, kind in types.items():
        lines += ["", "[[table.event]]", f"type = {words.text(kind)}",
                  f"when = {words.inline({ACTIVITY: words.listed([activity])})}",
                  f"at = {words.text(TIME)}", f"objects = {words.inline({_OBJECT: words.text(CASE)})}"]
        if RESOURCE in log.columns:
            lines.append(f"performer = {words.text(f'{kind_of_resource}{{{RESOURCE}}}')}")
        lines += words.attribute_lines(attributes, log.types)
    return "\n".join(lines) + "\n"
