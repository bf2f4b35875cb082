"""One row to its events: ids, intervals, objects, promises, money, conditions; each worked out by hand here."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.connectors.shop import SOURCE, Shop, csv_of


def one_event(rule: str, *, key: str = "order_id", source: str = SOURCE, table: str = "") -> str:
    return f'{source}\n[[table]]\nname = "rows"\nkey = {[*key.split("+")]}\n{table}\n[[table.event]]\n{rule}\n'.replace("'", '"')


PLACED = 'type = "order.placed"\nat = "at"\nobjects = {{ order = "order_id" }}\n{}'
TIME = "occurred_at, occurred_end, local_on, precision"


@pytest.mark.parametrize(
    ("rule", "cell", "expected"),
    [
        ("", "2024-03-03 09:30:15", (datetime(2024, 3, 3, 1, 30, 15), None, date(2024, 3, 3), "second")),
        ("", "2024-03-03T00:30", (datetime(2024, 3, 2, 16, 30), None, date(2024, 3, 3), "second")),
        ("", "2024-03-03T00:30:00Z", (datetime(2024, 3, 3, 0, 30), None, date(2024, 3, 3), "second")),
        ("", "2024-03-03 20:30:00-05:00", (datetime(2024, 3, 4, 1, 30), None, date(2024, 3, 4), "second")),
        ('precision = "minute"', "2024-03-03 09:30:15",
         (datetime(2024, 3, 3, 1, 30), datetime(2024, 3, 3, 1, 31), date(2024, 3, 3), "minute")),
        ('precision = "hour"\nzone = "Asia/Kolkata"', "2024-03-03 09:45",
         (datetime(2024, 3, 3, 3, 30), datetime(2024, 3, 3, 4, 30), date(2024, 3, 3), "hour")),
        ('precision = "day"', "2024-03-03",
         (datetime(2024, 3, 2, 16), datetime(2024, 3, 3, 16), date(2024, 3, 3), "day")),
        ('precision = "day"\nzone = "Europe/London"', "2024-03-31",
         (datetime(2024, 3, 31), datetime(2024, 3, 31, 23), date(2024, 3, 31), "day")),
        ('precision = "day"\nzone = "America/Sao_Paulo"', "2017-10-15",
         (datetime(2017, 10, 15, 3), datetime(2017, 10, 16, 2), date(2017, 10, 15), "day")),
        ('precision = "day"', "2024-03-03T23:30:00Z",
         (datetime(2024, 3, 3, 16), datetime(2024, 3, 4, 16), date(2024, 3, 4), "day")),
        ('precision = "month"', "2024-02",
         (datetime(2024, 1, 31, 16), datetime(2024, 2, 29, 16), date(2024, 2, 1), "month")),
        ('precision = "day"\nformat = "%d/%m/%Y"', "03/02/2024",
         (datetime(2024, 2, 2, 16), datetime(2024, 2, 3, 16), date(2024, 2, 3), "day")),
        ('format = "%Y-%m-%d %H:%M:%S %z"', "2024-03-03 01:00:00 +0000",
         (datetime(2024, 3, 3, 1), None, date(2024, 3, 3), "second")),
    ],
)
def test_times(shop: Shop, rule: str, cell: str, expected: tuple[object, ...]) -> None:
    shop.take(one_event(PLACED.format(rule)), shop.file("rows.csv", csv_of("order_id,at", [f"a1,{cell}"])))
    assert shop.events(TIME) == [expected]


def test_each_row_in_its_own_zone(shop: Shop) -> None:
    rule = PLACED.format('zone = { column = "tz" }')
    shop.take(one_event(rule), shop.file("rows.csv", csv_of("order_id,at,tz", [
        "a1,2024-07-01 09:00,Asia/Shanghai", "a2,2024-07-01 09:00,Europe/London", "a3,2024-07-01 09:00,Mars/Base"])))
    assert shop.events("id, occurred_at, zone") == [
        ("order.placed:a1", datetime(2024, 7, 1, 1), "Asia/Shanghai"),
        ("order.placed:a2", datetime(2024, 7, 1, 8), "Europe/London"),
    ]
    assert shop.rejected_codes() == [(4, "tz", "zone_unknown")]


def test_ids_are_made_of_type_key_and_occurrence_and_never_meet(shop: Shop) -> None:
    rule = 'type = "item.packed"\nat = "at"\nobjects = { order = "order_id" }\noccurrence = ["item"]'
    day = "2024-03-03 09:00"
    shop.take(one_event(rule, key="order_id+part"), shop.file("rows.csv", csv_of("order_id,part,item,at", [
        f"a,b:c,1,{day}", f"a:b,c,1,{day}", f"a%3Ab,c,1,{day}", f"a,b,2,{day}"])))
    assert shop.events() == ["item.packed:a%253Ab:c:1", "item.packed:a%3Ab:c:1", "item.packed:a:b%3Ac:1", "item.packed:a:b:2"]


def test_what_is_described_is_an_object_so_equal_numbers_of_two_kinds_are_two(shop: Shop) -> None:
    described = """
[[table]]
name = "{kind}s"
key = ["{kind}_id"]

[[table.event]]
type = "object.described"
at = "unknown"
objects = {{ {kind} = "{kind}_id" }}
attributes = {{ state = {{ column = "state", type = "text" }} }}
"""
    mapping = SOURCE + described.format(kind="customer") + described.format(kind="seller")
    report = shop.take(mapping, shop.file("c.csv", "customer_id,state\n7,GD\n"), shop.file("s.csv", "seller_id,state\n7,ZJ\n"))
    assert report.contradictory == 0
    assert shop.events("id, object_type, object_id, attr_state, precision, occurred_at") == [
        ("object.described:customer:7", "customer", "7", "GD", "unknown", None),
        ("object.described:seller:7", "seller", "7", "ZJ", "unknown", None),
    ]


def test_objects_performers_and_places(shop: Shop) -> None:
    rule = """type = "order.handed_over"
at = "at"
objects = { order = "order_id", parcel = "parcel", seller = "seller" }
performer = "carrier:{carrier}"
place = "{city}/{dock}"
channel = "web"
"""
    shop.take(one_event(rule), shop.file("rows.csv", csv_of("order_id,at,parcel,seller,carrier,city,dock", [
        "a1,2024-03-03 09:00,p1,s1,sf,Hangzhou,3", "a2,2024-03-03 09:00,,s1,,Hangzhou,", "a3,2024-03-03 09:00,,,sf,,"])))
    assert shop.events("object_id, objects, performer, place, channel") == [
        ("a1", [{"type": "parcel", "id": "p1"}, {"type": "seller", "id": "s1"}], "carrier:sf", "Hangzhou/3", "web"),
        ("a2", [{"type": "seller", "id": "s1"}], None, None, "web"),
        ("a3", None, "carrier:sf", None, "web"),
    ]


def test_conditions_choose_rows(shop: Shop) -> None:
    rules = "\n[[table.event]]\n".join([
        PLACED.format('when = { state = ["paid", "sent"] }'),
        'type = "order.gift"\nat = "at"\nobjects = { order = "order_id" }\nwhen = { card = "!empty", state = { not = ["void"] } }',
        'type = "order.plain"\nat = "at"\nobjects = { order = "order_id" }\nwhen = { card = "empty" }',
    ])
    day = "2024-03-03 09:00"
    shop.take(one_event(rules), shop.file("rows.csv", csv_of("order_id,at,state,card", [
        f"a1,{day},paid,", f"a2,{day},void,dear Lin", f"a3,{day},,dear Mo", f"a4,{day},sent,hi"])))
    assert shop.events() == ["order.gift:a3", "order.gift:a4", "order.placed:a1", "order.placed:a4", "order.plain:a1"]


def test_an_empty_time_is_no_event_or_one_of_unknown_time(shop: Shop) -> None:
    rules = PLACED.format("") + (
        '\n[[table.event]]\ntype = "review.answered"\nat = "answered"\nundated = true\nprecision = "day"\n'
        'objects = { order = "order_id" }')
    report = shop.take(one_event(rules), shop.file("rows.csv", csv_of("order_id,at,answered", ["a1,,", "a2,,2024-03-03"])))
    assert shop.events("id, occurred_at, precision") == [
        ("review.answered:a1", None, "unknown"), ("review.answered:a2", datetime(2024, 3, 2, 16), "day")]
    assert report.silent == ["order.placed"]


def test_a_promised_day_is_kept_until_it_ends_and_an_exact_time_up_to_itself(shop: Shop) -> None:
    rule = PLACED.format("") + """
[table.event.promise]
delivery = { column = "by_day", precision = "day" }
pickup = { column = "by_time" }
refund = { column = "by_month", precision = "month", format = "%Y/%m" }
"""
    shop.take(one_event(rule), shop.file("rows.csv", csv_of("order_id,at,by_day,by_time,by_month", [
        "a1,2018-03-01 08:00,2018-03-03,2018-03-02 18:00,2018/02", "a2,2018-03-01 08:00,,,"])))
    assert shop.events(", ".join(f"attr_promised_{name}" for name in (
        "delivery_on", "delivery_at", "pickup_on", "pickup_at", "refund_on", "refund_at"))) == [
        (date(2018, 3, 3), datetime(2018, 3, 3, 16), None, datetime(2018, 3, 2, 10), date(2018, 2, 28), datetime(2018, 2, 28, 16)),
        (None, None, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [("72.1900024", "CNY", 7219), ('"1,234.50"', "CNY", 123_450), ("0.1", "CNY", 10), ("-3.005", "CNY", -301),
     ("1e2", "CNY", 10_000), ("1500", "JPY", 1500), ("1.234", "KWD", 1234)],
)
def test_money_is_minor_units_without_float_noise(shop: Shop, cell: str, currency: str, minor: int) -> None:
    rule = PLACED.format("") + f'attributes = {{ amount = {{ column = "paid", type = "money", currency = "{currency}" }} }}'
    shop.take(one_event(rule), shop.file("rows.csv", csv_of("order_id,at,paid", [f"a1,2024-03-03 09:00,{cell}"])))
    assert shop.events("attr_amount, attr_amount_currency") == [(minor, currency)]


def test_every_row_in_its_own_currency(shop: Shop) -> None:
    rule = PLACED.format("") + 'attributes = { amount = { column = "paid", type = "money", currency = { column = "cur" } } }'
    day = "2024-03-03 09:00"
    shop.take(one_event(rule), shop.file("rows.csv", csv_of("order_id,at,paid,cur", [
        f"a1,{day},9.9,CNY", f"a2,{day},990,JPY", f"a3,{day},9.9,yuan", f"a4,{day},,"])))
    assert shop.events("id, attr_amount, attr_amount_currency") == [
        ("order.placed:a1", 990, "CNY"), ("order.placed:a2", 990, "JPY"), ("order.placed:a4", None, None)]
    assert shop.rejected_codes() == [(4, "cur", "currency_unknown")]


def test_typed_attributes_and_what_does_not_fit_them(shop: Shop) -> None:
    rule = PLACED.format("") + """
[table.event.attributes]
pieces = { column = "pieces", type = "integer" }
weight = { column = "weight", type = "number" }
gift = { column = "gift", type = "boolean" }
paid_at = { column = "paid", type = "time" }
born = { column = "born", type = "date", format = "%d.%m.%Y" }
scale = { value = 5, type = "number" }
"""
    day = "2024-03-03 09:00"
    shop.take(one_event(rule), shop.file("rows.csv", csv_of("order_id,at,pieces,weight,gift,paid,born", [
        f"a1,{day},3,1.5,是,2024-03-03 10:00,01.02.1990",
        f"a2,{day},3.5,,,,", f"a3,{day},,heavy,,,", f"a4,{day},,,maybe,,", f"a5,{day},,9e12,,,", f"a6,{day},3.0,,no,,"])))
    columns = "id, attr_pieces, attr_weight, attr_gift, attr_paid_at, attr_born, attr_scale"
    assert shop.events(columns) == [
        ("order.placed:a1", 3, 1.5, True, datetime(2024, 3, 3, 2), date(1990, 2, 1), 5.0),
        ("order.placed:a6", 3, None, False, None, None, 5.0),
    ]
    assert [(row.row, row.column, row.reason.say("en", **row.places)) for row in shop.rejected()] == [
        (3, "pieces", "“pieces” is not a value of type integer"), (4, "weight", "“weight” is not a value of type number"),
        (5, "gift", "“gift” is not a value of type boolean"), (6, "weight", "“weight” is not a value of type number"),
    ]


def test_the_revision_column_decides_between_versions(shop: Shop) -> None:
    mapping = one_event(PLACED.format('place = "{city}"'), table='revision = "updated"')
    newer = shop.file("newer.csv", "order_id,at,city,updated\na1,2024-03-03 09:00,Wuhan,2024-03-05\n")
    older = shop.file("older.csv", "order_id,at,city,updated\na1,2024-03-03 09:00,Xi'an,2024-03-04\n")
    shop.take(mapping, newer)
    report = shop.take(mapping, older)
    assert (report.corrected, shop.events("id, place")) == (1, [("order.placed:a1", "Wuhan")])


def test_names_phones_and_words_go_to_the_vault(shop: Shop) -> None:
    rule = """type = "review.answered"
at = "at"
objects = { order = "order_id", person = { column = "phone", personal = true } }
attributes = { name = { column = "name", type = "personal" }, said = { column = "words", type = "said" } }
"""
    day = "2024-03-03 09:00"
    shop.take(one_event(rule), shop.file("rows.csv", csv_of("order_id,at,phone,name,words", [
        f"a1,{day},13800001111,林晓,送得很快", f"a2,{day},13800001111,林晓,送得很快", f"a3,{day},13900002222,,"])))
    (one, two, three) = shop.events("objects[1].id, attr_name, attr_said")
    assert one == two
    assert three[0] not in (None, one[0])
    assert three[1:] == (None, None)
    assert not {"13800001111", "林晓", "送得很快"} & set(one)
    with shop.journal.snapshot() as snapshot:
        assert snapshot.reveal(one, raw=True) == dict(zip(one, ("13800001111", "林晓", "送得很快"), strict=True))
