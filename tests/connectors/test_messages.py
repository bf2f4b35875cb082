"""Messages and carriers' statuses: what other systems send as it happens."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from lastmeter.connectors.kinds import Standard, kind_of, opened
from lastmeter.connectors.mapping_file import check_mapping
from lastmeter.connectors.status_lists import status_lists, statuses
from lastmeter.connectors.survey import survey
from tests.connectors.shop import SOURCE, Shop, csv_of


def message(**more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "m1", "source": "/till/1", "type": "cn.example.order.paid", "subject": "A-1",
            "time": "2024-03-03T09:00:00+08:00", "data": {"amount": "12.50", "by": {"name": "Lin"}}} | more


def taken(shop: Shop, lines: list[Any], name: str = "till.jsonl") -> Shop:
    path = shop.file(name, "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    found = survey(path)
    make = kind_of(found).mapping
    assert make is not None
    with opened(found, shop.folder / "scratch") as tables:
        mapping = make(tables, Standard("till", "Asia/Shanghai"))
    shop.take(mapping, path)
    return shop


def test_messages_keep_their_identity_and_need_no_mapping_by_hand(shop: Shop) -> None:
    taken(shop, [message(), message(), message(id="m2", type="cn.example.order.shipped", time="2024-03-03T10:00:00Z")])
    assert shop.events("id, type, object_type, object_id, occurred_at, attr_amount, attr_by_name") == [
        ("m1", "order.paid", "order", "A-1", datetime(2024, 3, 3, 1), "12.50", "Lin"),
        ("m2", "order.shipped", "order", "A-1", datetime(2024, 3, 3, 10), "12.50", "Lin"),
    ]


def test_two_sources_may_use_one_id(shop: Shop) -> None:
    taken(shop, [message(), message(source="/till/2")])
    assert shop.events() == ["/till/1:m1", "/till/2:m1"]


def test_messages_that_lack_what_identifies_them_are_set_aside(shop: Shop) -> None:
    lines = [message(), {**message(), "id": None}, {**message(id="m3"), "source": ""}, {**message(id="m4"), "type": None}, [1]]
    taken(shop, lines)
    assert shop.rejected_codes() == [(2, None, "cloudevent_incomplete"), (3, None, "cloudevent_incomplete"),
                                     (4, None, "cloudevent_incomplete"), (5, None, "json_broken")]
    assert shop.rejected()[0].reason.say("zh") == "消息缺少 id、source 或 type"
    assert shop.events() == ["m1"]


PARCELS = SOURCE + """
[[table]]
name = "scans"
key = ["waybill"]

[[table.event]]
type = "parcel.*"
statuses = { list = "carriers", column = "status" }
at = "scanned_at"
occurrence = ["scanned_at"]
objects = { parcel = "waybill" }
"""


def test_the_words_of_carriers_are_events(shop: Shop) -> None:
    words = ["已揽收", "运输中", "OutForDelivery", "派送失败", "本人签收", "异常"]
    rows = [f"SF1,{word},2024-03-03 09:0{number}" for number, word in enumerate(words)]
    report = shop.take(PARCELS, shop.file("scans.csv", csv_of("waybill,status,scanned_at", [*rows, "SF1,去火星,2024-03-03 10:00"])))
    found = [(kind, moment.minute) for moment, kind in sorted(shop.events("occurred_at, type"))]
    assert found == [("parcel.picked_up", 0), ("parcel.moved", 1), ("parcel.out_for_delivery", 2), ("parcel.attempt_failed", 3),
                     ("parcel.delivered", 4), ("parcel.failed", 5)]
    assert [(warning.code, warning.places["count"]) for warning in report.warnings] == [("no_event", 1)]


def test_no_status_means_two_things() -> None:
    for name in status_lists():
        every = [word for words in statuses(name).values() for word in words]
        assert len(every) == len(set(every))
    assert set(statuses("carriers")) >= {"picked_up", "moved", "out_for_delivery", "delivered", "failed", "returned"}


def test_a_list_that_is_not_there_and_a_star_without_a_list(shop: Shop) -> None:
    path = Path(shop.folder / "shop.toml")
    for wrong, code in ((PARCELS.replace('"carriers"', '"pigeons"'), "mapping.statuses_unknown"),
                        (PARCELS.replace('statuses = { list = "carriers", column = "status" }', ""), "mapping.statuses_type"),
                        (PARCELS.replace('"parcel.*"', '"parcel.moved"'), "mapping.statuses_type")):
        path.write_text(wrong, "utf-8")
        assert [problem.code for problem in check_mapping(path)] == [code]
