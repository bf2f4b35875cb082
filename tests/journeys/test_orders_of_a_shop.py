"""What becomes of single orders, reckoned by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.journeys.shop import Shop, by_day, by_time, clock, day

HOUR, DAY = 3600.0, 86400.0


def buy(shop: Shop, **promise: object) -> None:
    shop.tell("order.bought", clock(1, 10), "order:o1", "customer:c1", attributes=promise)


def test_lan_gets_her_parcel_on_the_promised_day(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.tell("order.shipped", clock(2, 9))
    shop.tell("notice.sent", clock(4, 9))
    shop.tell("order.arrived", clock(5, 23, 59))
    order = shop.order()
    assert (order["state"], order["promise"], order["counted"], order["perfect"]) == ("completed", "kept", True, True)
    assert (order["due_on"], order["due_month"], order["due_week"]) == (date(2018, 3, 5), "2018-03", "2018-W10")
    assert order["promise_excess_seconds"] == 0
    assert order["duration_seconds"] == 4 * DAY + 13 * HOUR + 59 * 60
    assert order["coverage"] == "delivery,packing,transport,notice,damaged,low_score"


def test_a_minute_into_the_next_day_is_late_by_a_day(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.tell("notice.sent", clock(4, 9))
    shop.tell("order.arrived", clock(6, 0, 1))
    order = shop.order()
    assert (order["promise"], order["arrived_late"], order["promise_excess_seconds"]) == ("missed", True, DAY)
    flaw = shop.build()["flaws"][0]
    assert (flaw["rule"], flaw["primitive"], flaw["post"], flaw["occurrence"]) == ("delivery", "promise", "logistics", "")
    assert (flaw["occurred_at"], flaw["occurred_on"]) == (day(6), date(2018, 3, 6))


@pytest.mark.parametrize(("minute", "outcome"), [(0, "kept"), (1, "missed")])
def test_an_exact_promise_is_kept_up_to_and_including_its_time(shop: Shop, minute: int, outcome: str) -> None:
    buy(shop, **by_time(clock(5, 18)))
    shop.tell("order.arrived", clock(5, 18, minute))
    order = shop.order()
    assert (order["promise"], order["promise_excess_seconds"]) == (outcome, minute * 60)


def test_a_day_cannot_tell_whether_six_in_the_evening_was_kept(shop: Shop) -> None:
    buy(shop, **by_time(clock(5, 18)))
    shop.tell("notice.sent", clock(4, 9))
    shop.tell("order.arrived", day(5), precision="day")
    order = shop.order()
    assert (order["promise"], order["arrived_late"], order["undecided_count"]) == ("undecided", None, 1)
    assert (order["counted"], order["perfect"], order["flaw_count"]) == (True, True, 0)


def test_forty_eight_hours_on_day_data_are_late_only_if_surely_late(shop: Shop) -> None:
    for order, arrival in (("o1", 2), ("o2", 3), ("o3", 4)):
        shop.tell("order.bought", day(1), f"order:{order}", precision="day")
        shop.tell("order.shipped", day(arrival), f"order:{order}", precision="day")
    links = {row["journey_id"]: row for row in shop.build()["links"] if row["link"] == "packing"}
    assert {name: (row["outcome"], row["excess_seconds"]) for name, row in links.items()} == {
        "o1": ("kept", 0.0), "o2": ("undecided", None), "o3": ("late", DAY)}


def test_days_compare_local_dates_even_where_a_day_has_23_hours(shop: Shop) -> None:
    """In São Paulo midnight of 4 November 2018 does not exist; three dates are three dates."""
    zone = "America/Sao_Paulo"
    shop.at = shop.journal.sources[0].watermark or shop.at
    shop.known_to(shop=day(1, 12), carrier=day(1, 12))
    shop.tell("order.bought", clock(31, 10, month=10), zone=zone)
    shop.tell("order.shipped", day(1, 11) + timedelta(hours=30), zone=zone)     # 1 November 19:00 there
    shop.tell("order.arrived", day(5, 11) + timedelta(hours=10), zone=zone)     # 4 November 24:00 there
    built = shop.build(at=day(1, 12))
    transport = next(row for row in built["links"] if row["link"] == "transport")
    assert (transport["from_on"], transport["to_on"], transport["outcome"]) == (date(2018, 11, 1), date(2018, 11, 5), "late")
    assert transport["excess_seconds"] == DAY


def test_overdue_and_open_is_flawed_and_counts(shop: Shop) -> None:
    buy(shop, **by_day(5))
    order = shop.order(at=day(8))
    assert (order["state"], order["promise"], order["counted"], order["perfect"]) == ("open", "missed", True, False)
    assert order["promise_excess_seconds"] == 3 * DAY
    assert order["arrived_late"] is None
    assert shop.flaws() == ["delivery", "packing"]


def test_overdue_and_late_are_one_flaw(shop: Shop) -> None:
    buy(shop)
    before = next(row for row in shop.build(at=day(8))["flaws"] if row["rule"] == "packing")
    shop.tell("order.shipped", clock(9, 10))
    after = next(row for row in shop.build(at=day(10))["flaws"] if row["rule"] == "packing")
    assert before["flaw_id"] == after["flaw_id"]
    assert (before["excess_seconds"], after["excess_seconds"]) == (None, 6 * DAY)


def test_cancelled_stands_apart_but_arrived_stays_arrived(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.tell("order.arrived", clock(7, 10))
    shop.tell("order.cancelled", None, precision="unknown")
    order = shop.order()
    assert (order["state"], order["counted"], order["perfect"]) == ("cancelled", False, None)
    assert (order["arrived_late"], order["fulfilled_on"]) == (True, date(2018, 3, 7))


def test_cancelled_before_it_came_owes_nothing_more(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.tell("order.cancelled", clock(2, 10))
    order = shop.order()
    assert (order["promise"], order["counted"], order["flaw_count"], order["next_due_at"]) == ("none", False, 0, None)
    assert shop.link("packing")["outcome"] == "skipped"


def test_without_a_promise_the_last_limit_is_due(shop: Shop) -> None:
    buy(shop)
    assert (shop.order()["due_by"], shop.order()["due_at"]) == ("packing", clock(3, 10))
    shop.tell("order.shipped", clock(2, 10))
    order = shop.order()
    assert (order["due_by"], order["due_on"], order["due_at"]) == ("transport", date(2018, 3, 5), day(6))


def test_a_promise_made_again_holds(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.tell("order.bought", clock(3, 10), attributes=by_day(9))
    order = shop.order()
    assert (order["due_on"], order["started_on"]) == (date(2018, 3, 9), date(2018, 3, 1))


def test_a_nightly_feed_raises_no_false_flaw(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.known_to(carrier=day(5))
    order = shop.order(at=day(8))
    assert (order["promise"], order["counted"], shop.flaws()) == ("open", False, ["packing"])
    shop.known_to(carrier=day(7))
    assert shop.flaws() == ["delivery", "packing"]
    assert shop.last is not None
    assert shop.last.full == ""


def test_a_source_that_never_spoke_judges_nothing(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.known_to(carrier=None)
    assert shop.order()["promise"] == "open"


def test_a_rule_that_no_source_declares_is_not_observed_and_no_flaw(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.journal.sources = [source for source in shop.journal.sources if source.name == "shop"]
    order = shop.order()
    assert (order["rules_observed"], order["rules_total"]) == (2, 6)
    assert order["coverage"] == "packing,low_score"
    assert shop.flaws() == ["packing"]


def test_events_after_at_do_not_count_yet(shop: Shop) -> None:
    buy(shop, **by_day(5))
    shop.tell("order.arrived", clock(4, 10))
    order = shop.order(at=day(3))
    assert (order["state"], order["event_count"], order["next_due_at"]) == ("open", 1, clock(3, 10))
    assert shop.order(at=day(5))["state"] == "completed"
    assert shop.last is not None
    assert shop.last.full == ""


def test_an_order_nobody_placed_is_unstarted(shop: Shop) -> None:
    shop.tell("order.shipped", clock(2, 10), "parcel:p1", "order:o1")
    order = shop.order()
    assert (order["state"], order["counted"], order["event_count"]) == ("unstarted", False, 1)


def test_open_and_silent_is_abandoned_unless_it_fell_due(shop: Shop) -> None:
    shop.known_to(shop=day(1, 6), carrier=day(1, 6))
    shop.tell("order.bought", clock(1, 10), "order:o1", attributes=by_day(28, 5))
    shop.tell("order.bought", clock(1, 10), "order:o2", attributes=by_day(5))
    built = {row["journey_id"]: row["state"] for row in shop.build(at=clock(31, 9))["journeys"]}
    assert built == {"o1": "open", "o2": "open"}
    built = {row["journey_id"]: row["state"] for row in shop.build(at=clock(31, 10))["journeys"]}
    assert built == {"o1": "abandoned", "o2": "open"}


def test_a_notice_on_the_same_day_is_undecided_and_one_after_is_a_flaw(shop: Shop) -> None:
    for order, notice in (("o1", 4), ("o2", 5), ("o3", 6)):
        shop.tell("order.bought", clock(1, 10), f"order:{order}", attributes=by_day(5))
        shop.tell("order.arrived", day(5), f"order:{order}", precision="day")
        shop.tell("notice.sent", day(notice), f"order:{order}", precision="day")
    built = shop.build()
    assert [row["journey_id"] for row in built["flaws"] if row["rule"] == "notice"] == ["o3"]
    assert [row["undecided_count"] for row in built["journeys"]] == [0, 1, 0]


def test_every_damage_is_a_flaw_of_its_own(shop: Shop) -> None:
    buy(shop)
    shop.tell("order.damaged", clock(2, 10), id="blow:1")
    shop.tell("order.damaged", clock(2, 11), id="blow:2")
    assert [row["occurrence"] for row in shop.build()["flaws"] if row["rule"] == "damaged"] == ["blow:1", "blow:2"]


def test_one_review_of_two_orders_without_a_date(shop: Shop) -> None:
    for order in ("o1", "o2"):
        shop.tell("order.bought", clock(1, 10), f"order:{order}", attributes=by_day(5))
        shop.tell("notice.sent", clock(2, 10), f"order:{order}")
        shop.tell("order.arrived", clock(3, 10), f"order:{order}")
    shop.tell("review.answered", None, "review:r1", "order:o1", "order:o2", precision="unknown",
              attributes={"score": 2.0, "scale": 5.0, "said": "t7"})
    built = shop.build()
    assert [(row["journey_id"], row["score_share"], row["said"]) for row in built["feedback"]] == [
        ("o1", 0.25, "t7"), ("o2", 0.25, "t7")]
    assert [(row["score"], row["flaw_count"], row["solicited_flaw_count"]) for row in built["journeys"]] == [(0.25, 1, 1)] * 2
    assert [row["perfect"] for row in built["journeys"]] == [True, True], "asking must not make the operational rate worse"


def test_dimensions_follow_descriptions_that_arrive_later(shop: Shop) -> None:
    buy(shop)
    shop.tell("order.shipped", clock(2, 10), "order:o1", "seller:s9", "seller:s2")
    assert [shop.order()[name] for name in ("place", "customer", "performer", "cluster")] == [None, None, "s2", "s2"]
    shop.tell("object.described", None, "customer:c1", "person:lan", precision="unknown", attributes={"state": "JS"})
    order = shop.order()
    assert (order["place"], order["customer"]) == ("JS", "lan")
    assert shop.last is not None
    assert (shop.last.full, shop.last.dirty) == ("", 1)
    shop.tell("object.described", clock(9, 9), "customer:c1", attributes={"state": "ZJ"})
    assert shop.order()["place"] == "ZJ"


def test_a_withdrawn_damage_withdraws_the_flaw(shop: Shop) -> None:
    buy(shop)
    shop.tell("order.damaged", clock(2, 10), id="blow:1")
    assert "damaged" in shop.flaws()
    shop.tell("order.damaged", clock(2, 10), id="never:1", corrects="blow:1", voids=True)
    assert "damaged" not in shop.flaws()
    assert shop.last is not None
    assert (shop.last.full, shop.last.dirty) == ("", 1)


def test_an_undone_batch_takes_its_order_along(shop: Shop) -> None:
    buy(shop)
    batch = shop.tell("order.bought", clock(1, 11), "order:o2")
    assert len(shop.build()["journeys"]) == 2
    shop.journal.undo(batch)
    assert [row["journey_id"] for row in shop.build()["journeys"]] == ["o1"]
    assert shop.last is not None
    assert shop.last.journeys == 1
