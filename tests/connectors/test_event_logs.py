"""Event logs in and out: what the tea shop gives to a process tool and takes back is the same."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema  # type: ignore[import-untyped]
import pytest

from lastmeter.connectors.event_logs.ocel import WrittenLog, write_ocel_json, write_ocel_sqlite
from lastmeter.connectors.event_logs.reading import Events
from lastmeter.connectors.event_logs.xes import write_xes
from lastmeter.connectors.kinds import Standard, kind_of, opened
from lastmeter.connectors.survey import survey
from lastmeter.kernel.errors import LastMeterError
from tests.connectors.shop import SOURCE, Shop

MAPPING = SOURCE + """
[[table]]
name = "orders"
key = ["order_id"]

[[table.event]]
type = "order.placed"
at = "placed_at"
objects = { order = "order_id", customer = "customer_id", item = { column = "items", split = ";" } }
performer = "seller:{seller}"
channel = "web"
[table.event.attributes]
amount = { column = "amount", type = "money" }
weight = { column = "weight", type = "number" }
gift = { column = "gift", type = "boolean" }
pieces = { column = "pieces", type = "integer" }
born_on = { column = "born", type = "date" }
note = { column = "note", type = "text" }
greeting = { column = "note", type = "said" }
[table.event.promise]
delivery = { column = "promised", precision = "day" }

[[table.event]]
type = "order.delivered"
at = "delivered_on"
precision = "day"
objects = { order = "order_id" }
place = "{city}"

[[table.event]]
type = "object.described"
at = "unknown"
objects = { customer = "customer_id" }
[table.event.attributes]
city = { column = "city", type = "text" }
"""
HEADER = "order_id,customer_id,items,placed_at,seller,amount,weight,gift,pieces,born,note,promised,delivered_on,city"
ROWS = [
    'A-1,7,t1;t2,2024-03-03 09:00:01,s1,12.50,0.25,yes,2,1990-05-01,"<b> & ""quoted""",2024-03-05,2024-03-06,上海',
    "7,Lin,t2,2024-03-03 10:00,s2,3.00,,no,1,,,2024-03-05,,杭州",
]
COMPARED = ("id, type, occurred_at, occurred_end, precision, zone, object_type, object_id, "
            "list_sort(list_transform(objects, lambda one: one.type || ' ' || one.id)), performer, place, channel, "
            "attr_amount, attr_amount_currency, attr_weight, attr_gift, attr_pieces, attr_born_on, attr_note, "
            "attr_promised_delivery_on, attr_promised_delivery_at, attr_city")


@pytest.fixture
def filled(shop: Shop) -> Shop:
    shop.take(MAPPING, shop.file("orders.csv", "\n".join([HEADER, *ROWS]) + "\n"))
    return shop


def write(shop: Shop, how: Callable[..., WrittenLog], target: Path, *more: str) -> WrittenLog:
    with shop.journal.snapshot() as snapshot:
        snapshot.define_events("exported")
        return how(Events(snapshot.duck, "exported", snapshot.attributes()), target, *more)


def taken(folder: Path, log: Path, name: str = "shop") -> Shop:
    """Another workspace that imports the log by its standard mapping."""
    folder.mkdir()
    other = Shop(folder)
    found = survey(log)
    make = kind_of(found).mapping
    assert make is not None
    with opened(found, folder / "scratch") as tables:
        mapping = make(tables, Standard(name, "Asia/Shanghai"))
    other.report = other.take(mapping, log)  # type: ignore[attr-defined]
    return other


def told(shop: Shop, columns: str = COMPARED) -> list[Any]:
    return [row for row in shop.events(columns) if row[1] != "object.described"]


@pytest.mark.parametrize(("how", "name"), [(write_ocel_json, "log.json"), (write_ocel_sqlite, "log.sqlite")])
def test_ocel_there_and_back_gives_the_same_events(
    filled: Shop, tmp_path: Path, how: Callable[..., WrittenLog], name: str,
) -> None:
    assert write(filled, how, tmp_path / name) == WrittenLog(3, 6, 0)
    back = taken(tmp_path / "other", tmp_path / name)
    assert told(back) == told(filled)
    assert len(told(back)) == 3
    described = "type, object_type, object_id, precision, attr_city"
    assert sorted(row for row in back.events(described) if row[4]) == sorted(row for row in filled.events(described) if row[4])
    assert back.rejected() == []


def test_two_types_that_share_an_id_stay_two_objects(filled: Shop, tmp_path: Path) -> None:
    write(filled, write_ocel_json, tmp_path / "log.json")
    log = json.loads((tmp_path / "log.json").read_text("utf-8"))
    assert {(one["id"], one["type"]) for one in log["objects"]} >= {("order:7", "order"), ("customer:7", "customer")}


def test_free_texts_do_not_leave_the_workspace(filled: Shop, tmp_path: Path) -> None:
    write(filled, write_ocel_json, tmp_path / "log.json")
    assert "greeting" not in (tmp_path / "log.json").read_text("utf-8")


TYPES = {"type": "array", "items": {"type": "object", "required": ["name", "attributes"], "properties": {
    "name": {"type": "string"}, "attributes": {"type": "array", "items": {
        "type": "object", "required": ["name", "type"], "additionalProperties": False, "properties": {
            "name": {"type": "string"}, "type": {"enum": ["string", "time", "integer", "float", "boolean"]}}}}}}}
RELATIONS = {"type": "array", "items": {"type": "object", "required": ["objectId", "qualifier"], "properties": {
    "objectId": {"type": "string"}, "qualifier": {"type": "string"}}}}


def values(*needed: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": list(needed), "properties": {
        name: {"type": "string"} for name in needed}}}


# Written from the specification's section 8, stricter than its published schema where the text is.
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": False,
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "properties": {
        "eventTypes": TYPES, "objectTypes": TYPES,
        "events": {"type": "array", "items": {"type": "object", "required": ["id", "type", "time"], "properties": {
            "id": {"type": "string"}, "type": {"type": "string"}, "time": {"type": "string", "format": "date-time"},
            "attributes": values("name", "value"), "relationships": RELATIONS}}},
        "objects": {"type": "array", "items": {"type": "object", "required": ["id", "type"], "properties": {
            "id": {"type": "string"}, "type": {"type": "string"}, "attributes": values("name", "value", "time"),
            "relationships": RELATIONS}}},
    },
}


def test_the_json_keeps_the_schema_and_the_rules_of_the_standard(filled: Shop, tmp_path: Path) -> None:
    write(filled, write_ocel_json, tmp_path / "log.json")
    log = json.loads((tmp_path / "log.json").read_text("utf-8"))
    jsonschema.validate(log, SCHEMA)
    objects = {one["id"]: one["type"] for one in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert len({one["id"] for one in log["events"]}) == len(log["events"])
    for group, kinds in (("events", "eventTypes"), ("objects", "objectTypes")):
        declared = {kind["name"]: {one["name"] for one in kind["attributes"]} for kind in log[kinds]}
        for one in log[group]:
            assert {value["name"] for value in one["attributes"]} <= declared[one["type"]]
            assert {relation["objectId"] for relation in one["relationships"]} <= set(objects)
    assert all(datetime.fromisoformat(one["time"]).tzinfo for one in log["events"])


def test_the_database_keeps_the_standards_relational_form(filled: Shop, tmp_path: Path) -> None:
    write(filled, write_ocel_sqlite, tmp_path / "log.sqlite")
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as base:
        assert base.execute("PRAGMA foreign_key_check").fetchall() == []
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        events = dict(base.execute("SELECT ocel_id, ocel_type FROM event"))
        for kind, name in base.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
            listed = {row[0] for row in base.execute(f'SELECT ocel_id FROM "event_{name}" WHERE ocel_time IS NOT NULL')}
            assert listed == {event for event, its_kind in events.items() if its_kind == kind}
        for (name,) in base.execute("SELECT ocel_type_map FROM object_map_type").fetchall():
            assert [row[1] for row in base.execute(f'PRAGMA table_info("object_{name}")')][:3] == [
                "ocel_id", "ocel_time", "ocel_changed_field"]


@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
def test_xes_there_and_back_gives_the_same_events(filled: Shop, tmp_path: Path, name: str) -> None:
    assert write(filled, write_xes, tmp_path / name, "order") == WrittenLog(3, 2, 0)
    back = taken(tmp_path / "other", tmp_path / name)
    columns = "id, type, occurred_at, object_id, performer, attr_weight, attr_gift, attr_pieces, attr_note"
    assert told(back, columns) == told(filled, columns)
    assert back.events("DISTINCT object_type") == ["case"]


def test_a_xes_log_keeps_the_rules_of_the_standard(filled: Shop, tmp_path: Path) -> None:
    write(filled, write_xes, tmp_path / "log.xes", "order")
    root = ET.parse(tmp_path / "log.xes").getroot()  # noqa: S314 — just written
    space = "{http://www.xes-standard.org/}"
    assert root.tag == f"{space}log"
    assert root.attrib["xes.version"] == "1849-2016"
    prefixes = {one.attrib["prefix"] for one in root.iter(f"{space}extension")}
    assert [child.tag.removeprefix(space) for child in root][:5] == [*["extension"] * 4, "classifier"]
    for element in root.iter():
        if key := element.attrib.get("key"):
            assert ":" not in key or key.split(":")[0] in prefixes
    for trace in root.iter(f"{space}trace"):
        for holder in (trace, *trace.iter(f"{space}event")):
            keys = [child.attrib["key"] for child in holder if "key" in child.attrib]
            assert len(keys) == len(set(keys))
        moments = [datetime.fromisoformat(date.attrib["value"]) for date in trace.iter(f"{space}date")
                   if date.attrib["key"] == "time:timestamp"]
        assert moments == sorted(moments)
        assert all(moment.utcoffset() is not None for moment in moments)


LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xmlns="http://www.xes-standard.org/"><global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
<string key="origin" value="tea"/>
<trace><string key="concept:name" value="A-1"/><string key="vip" value="yes"/>
<event><string key="concept:name" value="下单"/><date key="time:timestamp" value="2024-03-03T09:00:00.000+08:00"/>
<string key="org:resource" value="Lin"><string key="concept:name" value="nested"/></string><int key="cups" value="2"/></event>
<event><string key="concept:name" value="Packed up"/><date key="time:timestamp" value="2024-03-03T09:05:00+08:00"/>
<list key="tags"><values><string key="tag" value="hot"/></values></list></event>
<event><string key="concept:name" value="Packed up"/><date key="time:timestamp" value="2024-03-03T09:05:00+08:00"/></event>
</trace></log>"""


def test_a_foreign_xes_log_needs_no_mapping_by_hand(shop: Shop, tmp_path: Path) -> None:
    path = shop.file("log.xes.gz", gzip.compress(LOG.encode()))
    other = taken(tmp_path / "other", path)
    rows = other.events("type, occurred_at, object_id, performer, attr_cups, attr_case_vip")
    assert len(rows) == 3
    assert ("case.packed_up", datetime(2024, 3, 3, 1, 5), "A-1", None, None, "yes") in rows
    (placed,) = [row for row in rows if row[3]]
    assert placed[1:] == (datetime(2024, 3, 3, 1), "A-1", "person:Lin", 2, "yes")
    assert placed[0].startswith("case.n_")


@pytest.mark.parametrize(("broken", "code"), [
    (LOG.replace("?>", '?><!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', 1), "import.xml_doctype"),
    (LOG.replace("?>", '?><!DOCTYPE log SYSTEM "file:///etc/passwd">', 1), "import.xml_doctype"),
    (LOG[:-40], "import.xml_damaged"),
    (LOG.replace("</event>", "</evnt>"), "import.xml_damaged"),
    ("<html><body/></html>", "import.not_xes"),
    (LOG.replace("UTF-8", "X-TEA", 1), "import.xml_damaged"),
])
def test_xml_that_is_no_log_or_an_attack_is_refused(shop: Shop, broken: str, code: str) -> None:
    with pytest.raises(LastMeterError) as caught, opened(survey(shop.file("log.xes", broken)), shop.folder / "scratch"):
        pass
    assert caught.value.code == code
    assert caught.value.message("zh") != caught.value.message("en")
    assert caught.value.hint("zh")


def test_events_without_case_activity_or_time_are_set_aside(shop: Shop, tmp_path: Path) -> None:
    event = '<event>{}<date key="time:timestamp" value="2024-03-03T09:00:00+08:00"/></event>'
    name = '<string key="concept:name" value="Go"/>'
    log = (f'<log><trace>{event.format(name)}</trace><trace><string key="concept:name" value="A"/>{event.format("")}'
           f"<event>{name}</event>{event.format(name)}</trace>{event.format(name)}</log>")
    other = taken(tmp_path / "other", shop.file("log.xes", log))
    assert other.rejected_codes() == [(1, None, "xes_no_case"), (2, None, "xes_no_activity"), (3, None, "xes_no_time"),
                                      (5, None, "xes_no_case")]
    assert other.events() == ["case.go:A:2024-03-03T09%3A00%3A00+08%3A00:0"]


def ocel(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "eventTypes": [{"name": "Place Order", "attributes": [{"name": "price", "type": "float"}]}],
        "objectTypes": [{"name": "Order", "attributes": []}, {"name": "Item", "attributes": [{"name": "size", "type": "string"}]}],
        "objects": [{"id": "o1", "type": "Order", "relationships": [{"objectId": "i1", "qualifier": "has"}]},
                    {"id": "i1", "type": "Item", "attributes": [
                        {"name": "size", "value": "big", "time": "1970-01-01T00:00:00Z"},
                        {"name": "size", "value": "small", "time": "2024-03-04T00:00:00Z"}]}],
        "events": [{"id": "e1", "type": "Place Order", "time": "2024-03-03T01:00:00Z",
                    "attributes": [{"name": "price", "value": 3.5}],
                    "relationships": [{"objectId": "o1", "qualifier": "order"}, {"objectId": "i1", "qualifier": "item"}]}],
    }
    return base | more


def test_a_foreign_ocel_log(shop: Shop, tmp_path: Path) -> None:
    other = taken(tmp_path / "other", shop.file("p2p.json", json.dumps(ocel())))
    rows = other.events("id, type, object_type, object_id, objects, attr_price, attr_size, occurred_at")
    assert rows[0] == ("e1", "order.place_order", "order", "o1", [{"type": "item", "id": "i1"}], 3.5, None, datetime(2024, 3, 3, 1))
    assert [row[3:5] + row[6:] for row in rows[1:]] == [
        ("i1", None, "small", datetime(2024, 3, 4)), ("i1", None, "big", None), ("o1", [{"type": "item", "id": "i1"}], None, None)]


def test_ocel_events_that_cannot_be_placed_are_set_aside(shop: Shop, tmp_path: Path) -> None:
    good = ocel()["events"][0]
    events = [good, {**good, "id": "e2", "relationships": [{"objectId": "ghost", "qualifier": ""}]},
              {**good, "id": "e3", "relationships": []}, {**good, "id": "e4", "time": None}, {"type": "Place Order"}]
    other = taken(tmp_path / "other", shop.file("p2p.json", json.dumps(ocel(events=events))))
    assert other.rejected_codes() == [(2, None, "ocel_unknown_object"), (3, None, "ocel_no_object"), (4, None, "ocel_incomplete"),
                                      (5, None, "ocel_incomplete")]


@pytest.mark.parametrize("content", [json.dumps(ocel())[:-30], json.dumps({"events": [], "objects": []}),
                                     json.dumps(ocel(events=[{"id": 3}]))])
def test_a_damaged_ocel_log_is_refused(shop: Shop, content: str) -> None:
    with pytest.raises(LastMeterError) as caught, opened(survey(shop.file("p2p.json", content)), shop.folder / "scratch"):
        pass
    assert caught.value.code == "import.ocel_damaged"


def test_an_ocel_database_without_its_tables(shop: Shop) -> None:
    path = shop.folder / "log.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.executescript("CREATE TABLE event_map_type (ocel_type, ocel_type_map); CREATE TABLE object_map_type (a)")
    with pytest.raises(LastMeterError) as caught, opened(survey(path), shop.folder / "scratch"):
        pass
    assert caught.value.message("en") == (
        "log.sqlite is no whole OCEL 2.0 database (lacks: event, event_object, object, object_object)")
