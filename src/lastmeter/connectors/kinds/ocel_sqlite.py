"""OCEL 2.0 as an SQLite file: the standard's relational form, a table for each type of event and of object."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lastmeter.connectors.kinds import SourceKind
from lastmeter.connectors.ocel_rows import OWN_ID, OcelRows, Relation
from lastmeter.connectors.spool import Spool
from lastmeter.connectors.sqlite_file import quoted_name, reading, table_names
from lastmeter.connectors.standard.ocel import ocel_mapping
from lastmeter.connectors.survey import Survey
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_ENDINGS = (".sqlite", ".sqlite3", ".db")
_TABLES = {"event", "object", "event_object", "object_object", "event_map_type", "object_map_type"}
_OWN_COLUMNS = ("ocel_id", "ocel_time", "ocel_changed_field")


def _recognises(source: Survey) -> bool:
    if source.container != "sqlite":
        return False
    with reading(source.path) as connection:
        return {"event_map_type", "object_map_type"} <= set(table_names(connection))


@contextmanager
def _open(source: Survey, scratch: Path) -> Iterator[dict[str, Spool]]:
    with reading(source.path) as connection:
        lacking = _TABLES - set(table_names(connection))
        try:
            if lacking:
                raise sqlite3.OperationalError
            rows = _read(connection, scratch / source.digest)
        except sqlite3.OperationalError:
            raise LastMeterError(
                "import.ocel_tables",
                Title("{file} 不是完整的 OCEL 2.0 数据库（缺：{tables}）", "{file} is no whole OCEL 2.0 database (lacks: {tables})"),
                Title("请用流程工具重新导出 OCEL 2.0（SQLite）", "Export OCEL 2.0 (SQLite) from the process tool again"),
                file=source.path.name, tables=", ".join(sorted(lacking)) or "event_*, object_*",
            ) from None
    yield rows.tables()


def _read(connection: sqlite3.Connection, folder: Path) -> OcelRows:
    types = dict(connection.execute("SELECT ocel_id, ocel_type FROM object"))
    rows = OcelRows(folder, types, _own_ids(connection))
    related: dict[str, list[Relation]] = defaultdict(list)
    for event, thing, qualifier in connection.execute("SELECT ocel_event_id, ocel_object_id, ocel_qualifier FROM event_object"):
        related[event].append((thing, qualifier or ""))
    for kind, name in connection.execute("SELECT ocel_type, ocel_type_map FROM event_map_type ORDER BY ocel_type").fetchall():
        table, attributes = _table(connection, f"event_{name}")
        rows.declare(attributes, of_events=True)
        for identifier, moment, *values in connection.execute(table):
            named = [(attribute, value) for (attribute, _), value in zip(attributes, values, strict=True) if value is not None]
            rows.add_event(identifier, kind, _moment(moment), named, related.get(identifier, []))
    _read_objects(connection, rows)
    return rows


def _own_ids(connection: sqlite3.Connection) -> dict[str, str]:
    found: dict[str, str] = {}
    for (name,) in connection.execute("SELECT ocel_type_map FROM object_map_type").fetchall():
        table = quoted_name(f"object_{name}")
        if any(column == OWN_ID for _, column, *_ in connection.execute(f"PRAGMA table_info({table})")):
            own_id = quoted_name(OWN_ID)
            found |= dict(connection.execute(f"SELECT ocel_id, {own_id} FROM {table} WHERE {own_id} IS NOT NULL"))
    return found


def _read_objects(connection: sqlite3.Connection, rows: OcelRows) -> None:
    related: dict[str, list[Relation]] = defaultdict(list)
    for thing, other, qualifier in connection.execute("SELECT ocel_source_id, ocel_target_id, ocel_qualifier FROM object_object"):
        related[thing].append((other, qualifier or ""))
    for kind, name in connection.execute("SELECT ocel_type, ocel_type_map FROM object_map_type ORDER BY ocel_type").fetchall():
        table, attributes = _table(connection, f"object_{name}")
        rows.declare(attributes, of_events=False)
        found: dict[str, list[tuple[str, object, str]]] = {
            identifier: [] for (identifier,) in connection.execute("SELECT ocel_id FROM object WHERE ocel_type = ?", (kind,))}
        for identifier, moment, *values in connection.execute(table):
            found.setdefault(identifier, []).extend(
                (attribute, value, _moment(moment) or "") for (attribute, _), value in zip(attributes, values, strict=True)
                if value is not None)
        for identifier, values in found.items():
            rows.add_object(identifier, kind, values, related.get(identifier, []))


def _table(connection: sqlite3.Connection, name: str) -> tuple[str, list[tuple[str, str]]]:
    """The query of a type's table, and its attributes with their OCEL types, as far as the columns tell them."""
    kinds = {"INTEGER": "integer", "REAL": "float", "BOOLEAN": "boolean", "TIMESTAMP": "time"}
    columns = [(str(column), str(kind).upper()) for _, column, kind, *_ in
               connection.execute(f"PRAGMA table_info({quoted_name(name)})")]
    attributes = [(column, kinds.get(kind, "string")) for column, kind in columns if column not in _OWN_COLUMNS]
    listed = ", ".join(quoted_name(column) for column in ("ocel_id", "ocel_time", *(name for name, _ in attributes)))
    return f"SELECT {listed} FROM {quoted_name(name)}", attributes


def _moment(moment: object) -> str | None:
    """A time of the log: UTC where it names no offset (OCEL 2.0, section 6)."""
    if moment is None:
        return None
    text = str(moment).replace(" ", "T", 1)
    has_offset = text.endswith("Z") or "+" in text[10:] or "-" in text[10:]
    return text if has_offset else f"{text}Z"


KIND = SourceKind("ocel_sqlite", Title("OCEL 2.0（SQLite）", "OCEL 2.0 (SQLite)"), _ENDINGS, _recognises, _open, ocel_mapping)
