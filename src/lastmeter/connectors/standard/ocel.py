"""The mapping of an OCEL 2.0 log: one event type each, its objects by type, objects' attributes as `object.described`.

Logs that Last Meter wrote carry what OCEL has no place for as attributes `lastmeter:NAME` (precision, zone, performer,
place, channel), so that the same events come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lastmeter.connectors.kinds import OpenFile, Standard
from lastmeter.connectors.spool import Spool
from lastmeter.connectors.standard import words

ID, TYPE, TIME, PRIMARY, CHANGED = "ocel:id", "ocel:type", "ocel:time", "ocel:primary", "ocel:changed"
OBJECT, ATTRIBUTE, OWN = "object:", "attribute:", "attribute:lastmeter:"
# Between the ids of several objects in one cell; no id holds it.
SEPARATOR = "\x1f"
# Where an attribute has its value from the beginning on (OCEL 2.0, section 7); in a key it stands for no time.
EPOCH, INITIAL = "1970-01-01T00:00:00Z", "initial"
_COLUMNS = ("performer", "place", "channel")


def ocel_mapping(tables: Mapping[str, OpenFile], standard: Standard) -> str:
    """The mapping as TOML. Events keep their ids."""
    events, objects = tables["events"], tables["objects"]
    assert isinstance(events, Spool)  # noqa: S101 — the kind's own tables
    assert isinstance(objects, Spool)  # noqa: S101
    names = [column.removeprefix(OBJECT) for spool in (events, objects) for column in spool.columns if column.startswith(OBJECT)]
    types = [str(value) for (value,) in objects.values([TYPE]) if value]
    codes = words.attribute_names(dict.fromkeys([*types, *names]))
    lines = [*words.source(standard.name, standard.zone, "对象日志", "Object-centric log"),
             "[[table]]", 'name = "events"', f"key = {words.listed([ID])}", "keep_id = true"]
    lines += _event_rules(events, codes)
    lines += ["", "[[table]]", 'name = "objects"', f"key = {words.listed([ID, CHANGED])}"]
    for name in types:
        filled = objects.filled_by(TYPE)[name]
        related = {codes[other]: _ids(other) for other in _object_types(filled) if other != name}
        lines += ["", "[[table.event]]", 'type = "object.described"', f"when = {words.inline({TYPE: words.listed([name])})}",
                  f"at = {words.text(TIME)}", "undated = true",
                  f"objects = {words.inline({codes[name]: words.text(ID), **related})}", *_attributes(objects, filled)]
    return "\n".join(lines) + "\n"


def _event_rules(events: Spool, codes: Mapping[str, str]) -> list[str]:
    """A rule for each event type, type of primary object and precision that occur."""
    has_precision = f"{OWN}precision" in events.columns
    groups = events.values([TYPE, PRIMARY, *([f"{OWN}precision"] if has_precision else [])])
    filled_by = events.filled_by(TYPE)
    primaries = {str(kind): str(primary) for kind, primary, *_ in reversed(groups)}
    types = {name: words.event_type(name, codes[primary]) for name, primary in sorted(primaries.items())}
    lines: list[str] = []
    for kind, primary, *precision in groups:
        name, primary = str(kind), str(primary)
        filled = filled_by[name]
        others = {codes[other]: _ids(other) for other in _object_types(filled) if other != primary}
        when = {TYPE: words.listed([name]), PRIMARY: words.listed([primary])}
        if precision and precision[0]:
            when[f"{OWN}precision"] = words.listed([precision[0]])
        lines += ["", "[[table.event]]", f"type = {words.text(types[name])}", f"when = {words.inline(when)}",
                  f"at = {words.text(TIME)}"]
        if precision and precision[0]:
            lines.append(f"precision = {words.text(precision[0])}")
        if f"{OWN}zone" in filled:
            lines.append(f"zone = {words.inline({'column': words.text(f'{OWN}zone')})}")
        lines.append(f"objects = {words.inline({codes[primary]: _ids(primary), **others})}")
        lines += [f"{column} = {words.text(f'{{{OWN}{column}}}')}" for column in _COLUMNS if f"{OWN}{column}" in filled]
        lines += _attributes(events, filled)
        lines += _promises(filled)
    return lines


def _ids(object_type: str) -> str:
    return words.inline({"column": words.text(f"{OBJECT}{object_type}"), "split": words.text(SEPARATOR)})


def _object_types(columns: Sequence[str]) -> list[str]:
    return [column.removeprefix(OBJECT) for column in columns if column.startswith(OBJECT)]


def _attributes(spool: Spool, filled: Sequence[str]) -> list[str]:
    """`[table.event.attributes]`: an amount with a currency beside it is money, what holds only days is a date."""
    columns = [column for column in filled if column.startswith(ATTRIBUTE) and not column.startswith(OWN)]
    currencies = {f"{column}_currency" for column in columns}
    plain = {name: column for column in columns if column not in currencies or column.removesuffix("_currency") not in columns
             for name in [column.removeprefix(ATTRIBUTE)] if not name.startswith("promised_")}
    names = words.attribute_names(plain)
    lines = []
    for name, column in plain.items():
        value = {"column": words.text(column)}
        kind = spool.types.get(column, "text")
        if f"{column}_currency" in columns and kind in ("number", "integer"):
            value |= {"type": words.text("money"), "currency": words.inline({"column": words.text(f"{column}_currency")})}
        else:
            value["type"] = words.text("date" if kind == "text" and spool.holds_days(column) else kind)
        is_own = name in ("score", "scale") and kind == "number"
        lines.append(f"{name if is_own else names[name]} = {words.inline(value)}")
    return ["[table.event.attributes]", *lines] if lines else []


def _promises(filled: Sequence[str]) -> list[str]:
    """`[table.event.promise]` from `promised_NAME_on` and `promised_NAME_at`."""
    lines = []
    for column in filled:
        name = column.removeprefix(f"{ATTRIBUTE}promised_")
        if name == column:
            continue
        if name.endswith("_on"):
            lines.append(f"{name[:-3]} = {words.inline({'column': words.text(column), 'precision': words.text('day')})}")
        elif name.endswith("_at") and f"{column[:-3]}_on" not in filled:
            lines.append(f"{name[:-3]} = {words.inline({'column': words.text(column)})}")
    return ["[table.event.promise]", *lines] if lines else []
