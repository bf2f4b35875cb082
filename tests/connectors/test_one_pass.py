"""A table of scans, read in one pass: the column that chooses the rule gives the same events as one reading a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from lastmeter.connectors import drafts_sql
from tests.connectors.shop import SOURCE, Shop, csv_of

SCANS = f"""{SOURCE}
[[table]]
name = "scans"
key = ["parcel"]

[[table.event]]
type = "parcel.picked"
at = "at"
when = {{ scan = ["picked", "re'picked"] }}
objects = {{ parcel = "parcel" }}
place = "{{site}}"
performer = "warehouse:{{site}}"

[[table.event]]
type = "parcel.out"
at = "at"
when = {{ scan = ["out"], site = "!empty" }}
objects = {{ parcel = "parcel", courier = "who" }}
occurrence = ["attempt"]
performer = "courier:{{who}}"
[table.event.attributes]
weight = {{ column = "weight", type = "number" }}

[[table.event]]
type = "parcel.delivered"
at = "at"
precision = "day"
when = {{ scan = ["delivered"] }}
objects = {{ parcel = "parcel" }}
"""
ROWS = csv_of("parcel,scan,at,site,who,attempt,weight", [
    "p1,picked,2024-03-01 08:00:00,north,,1,", "p1,out,2024-03-02 09:00:00,north,wang,1,2.5",
    "p1,out,2024-03-02 15:00:00,north,wang,2,two", "p1,delivered,2024-03-02 16:10:00,,,1,",
    "p2,re'picked,2024-03-01 08:05:00,south,,1,", "p2,out,2024-03-02 09:00:00,,li,1,1", "p2,lost,2024-03-03 09:00:00,x,,1,",
    "p3,picked,yesterday,north,,1,", ",picked,2024-03-01 08:00:00,north,,1,", "p4,out,2024-03-02 09:00:00,west,zhao,,3",
    "p5,delivered,,north,,1,",
])
WHAT = "id, type, occurred_at, occurred_end, object_id, objects, performer, place, attr_weight"


def test_one_pass_gives_what_a_pass_for_each_rule_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    for way in ("one pass", "a pass for each rule"):
        if way != "one pass":
            monkeypatch.setattr(drafts_sql, "choosing_column", lambda _queries: None)
        folder = tmp_path / way
        folder.mkdir()
        shop = Shop(folder)
        report = shop.take(SCANS, shop.file("scans.csv", ROWS))
        told[way] = (shop.events(WHAT), shop.rejected_codes(), report.by_type)
    assert told["one pass"] == told["a pass for each rule"]
    events, rejected, by_type = told["one pass"]
    assert by_type == {"parcel.picked": 2, "parcel.out": 1, "parcel.delivered": 1}
    assert [event[0] for event in events] == ["parcel.delivered:p1", "parcel.out:p1:1", "parcel.picked:p1", "parcel.picked:p2"]
    assert {code for _row, _column, code in rejected} == {"value_unreadable", "time_unreadable", "key_missing"}
