"""Each flaw is raised once and within a minute, withdrawn when later data disproves it, and neither is ever doubled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.fact_files import held, read_manifest
from lastmeter.server.company import served, workspace
from lastmeter.server.watch import queries, watching
from lastmeter.server.watch.models import Act, Compared, Flaw
from tests.server.watch.conftest import Shop

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def flaws_of(order: str) -> dict[str, Flaw]:
    return {flaw.rule: flaw for flaw in Flaw.objects.filter(journey=order)}


def listed() -> set[str]:
    """The flaws of the test's own orders that the watch shows."""
    return set(Flaw.objects.filter(withdrawn_at=None, waits=False, journey__startswith="w").values_list("flaw_id", flat=True))


def acts() -> list[str]:
    """What became of the flaws of the test's own orders: those of the shop's history go on being raised as well."""
    return [f"{one.what} {one.flaw.journey}" for one in Act.objects.filter(flaw__journey__startswith="w").order_by("pk")]


def batch() -> set[str]:
    """The same flaws, by a full build."""
    folder = served.folder / "facts"
    with workspace() as ws:
        built = read_manifest(folder)
        assert built is not None
        ws.build(at=built.at, full=True)
    built = read_manifest(folder)
    assert built is not None
    with open_duckdb() as duck:
        return {row[0] for row in duck.execute(
            f"SELECT flaw_id FROM {held(folder, built, 'flaws')} WHERE journey_id LIKE 'w%'").fetchall()}


def test_history_is_taken_over_in_silence(shop: Shop) -> None:
    assert Flaw.objects.count() > 10
    assert not Flaw.objects.exclude(inherited=True).exists()
    assert not Act.objects.exists()
    assert served.journal.hot_count() == 0


def test_a_flaw_is_raised_within_a_minute_of_its_deadline_once_the_watermark_has_passed_it(shop: Shop) -> None:
    paid = shop.at
    shop.tell("w1", "placed")
    shop.tell("w1", "paid")
    deadline = paid.replace(microsecond=0) + DAY
    shop.turn(DAY - MINUTE)
    shop.turn(2 * MINUTE)
    assert flaws_of("w1") == {}  # the deadline has passed, but nobody knows whether the source would have told
    shop.complete_until(deadline + timedelta(seconds=30))
    shop.turn(timedelta(seconds=20))
    assert set(flaws_of("w1")) == {"picking"}
    flaw = flaws_of("w1")["picking"]
    assert (flaw.occurred_at, flaw.post, flaw.late_found, flaw.withdrawn_at) == (deadline, "warehouse_floor", False, None)


def test_a_complete_source_has_its_flaw_raised_a_turn_after_the_deadline(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    shop.tell("w1", "paid")
    deadline = shop.at.replace(microsecond=0) + DAY
    shop.turn()
    shop.turn(deadline - shop.at - timedelta(seconds=45))
    while not flaws_of("w1"):
        shop.turn(timedelta(seconds=20))
        assert shop.at < deadline + MINUTE
    delay = flaws_of("w1")["picking"].raised_at - deadline
    assert timedelta(0) <= delay <= timedelta(seconds=20)


def test_what_later_data_disproves_is_withdrawn_and_both_stay_in_the_history(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    paid = shop.at
    shop.tell("w1", "paid")
    shop.turn()
    shop.turn(DAY + MINUTE)
    shop.ship("w1", paid + HOUR)
    shop.turn(MINUTE)
    shop.turn(MINUTE)
    assert [(one.what, one.rule) for one in queries.history("order", "w1")] == [("raised", "picking"), ("withdrawn", "picking")]
    with served.journal.snapshot() as snapshot:
        snapshot.define_events("told")
        found = snapshot.duck.execute(
            "SELECT type, object_type, attr_journey_id FROM told WHERE attr_journey_id = 'w1' ORDER BY type").fetchall()
    assert found == [("flaw.raised", "flaw", "w1"), ("flaw.withdrawn", "flaw", "w1")]


def test_a_flaw_that_comes_back_is_the_same_flaw_raised_again(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    paid = shop.at
    shop.tell("w1", "paid")
    shop.turn(DAY + MINUTE)
    shop.ship("w1", paid + HOUR)
    shop.turn(MINUTE)
    correction = {"corrects": "picked:w1", "voids": True}
    shop.tell("w1", "picked_not", paid + HOUR, **correction)
    shop.turn(MINUTE)
    assert flaws_of("w1")["picking"].times == 2
    assert [one.what for one in queries.history("order", "w1")] == ["raised", "withdrawn", "raised"]


def test_the_watchs_own_events_make_no_journey_dirty(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    shop.tell("w1", "paid")
    shop.turn(DAY + MINUTE)
    served.journal.seal(at=shop.at)
    shop.turn(MINUTE)
    with workspace() as ws:
        assert ws.build(at=shop.at + MINUTE).dirty == 0
        assert ws.verify().differences == 0


def test_a_restart_or_a_crash_between_build_and_raise_raises_once(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    shop.tell("w1", "paid")
    shop.turn()
    with workspace() as ws:  # built, then killed before it compared
        ws.build(at=shop.at + DAY + MINUTE)
    watching.forget_turn()
    shop.turn(DAY + 2 * MINUTE)
    watching.forget_turn()
    shop.turn(MINUTE)
    assert acts() == ["raised w1"]


def test_a_crash_in_the_middle_of_raising_goes_on_where_it_stood(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    shop.turn()
    before = Compared.objects.get(pk=1)
    for number in range(5):
        shop.tell(f"w{number}", "paid")
    shop.turn(DAY + MINUTE)
    # As if it had been killed before its last transaction: the comparison does not count as done, two flaws are missing.
    for order in ("w3", "w4"):
        Flaw.objects.filter(journey=order).delete()
    before.save()
    watching.forget_turn()
    shop.turn(MINUTE)
    assert sorted(acts()) == [f"raised w{number}" for number in range(5)]


def test_the_comparison_goes_on_where_the_fact_tables_compared_last_are_gone(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    shop.tell("w1", "paid")
    shop.turn(DAY + MINUTE)
    watching.forget_turn()
    shop.tell("w2", "paid", shop.at)
    for number in range(1, 4):  # somebody builds by hand while no watch runs
        with workspace() as ws:
            ws.build(at=shop.at + DAY + number * MINUTE, full=True)
    shop.turn(DAY + 5 * MINUTE)
    assert listed() == batch()
    assert acts() == ["raised w1", "raised w2"]


def test_a_clock_that_goes_back_raises_nothing_twice_and_withdraws_nothing(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    shop.tell("w1", "paid")
    shop.turn(DAY + HOUR)
    shop.turn(-3 * HOUR)
    assert flaws_of("w1")["picking"].waits
    assert listed() == set()
    shop.turn(4 * HOUR)
    assert listed() == batch()
    assert acts() == ["raised w1"]


def test_what_is_disproved_while_the_clock_stands_before_the_deadline_is_withdrawn_once_it_has_passed(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    paid = shop.at
    shop.tell("w1", "paid")
    shop.turn(DAY + HOUR)
    shop.turn(-3 * HOUR)
    shop.ship("w1", paid + HOUR)
    shop.turn(MINUTE)
    assert acts() == ["raised w1"]
    shop.turn(4 * HOUR)
    assert acts() == ["raised w1", "withdrawn w1"]


def test_a_clock_that_jumps_ahead_raises_each_flaw_once(shop: Shop) -> None:
    shop.complete_until(shop.at + 30 * DAY)
    shop.tell("w1", "paid")
    shop.turn()
    shop.turn(9 * DAY)
    shop.turn(MINUTE)
    assert acts() == ["raised w1"]
    assert listed() == batch()


def test_flaws_found_after_an_outage_are_marked_and_notify_nobody(shop: Shop) -> None:
    shop.complete_until(shop.at + 9 * DAY)
    shop.tell("w1", "paid")
    shop.turn()
    shop.turn(DAY + 5 * HOUR)
    assert flaws_of("w1")["picking"].late_found
    assert [act for _number, act in queries.acts_after(0) if act.flaw.journey == "w1"] == []
    shop.tell("w2", "paid")
    shop.turn()
    shop.turn(DAY - 10 * MINUTE)
    shop.turn(11 * MINUTE)
    assert [act.flaw.journey for _number, act in queries.acts_after(0) if act.flaw.journey in ("w1", "w2")] == ["w2"]


@pytest.mark.slow
def test_live_flaws_equal_those_of_a_full_build_through_a_day_of_orders(shop: Shop) -> None:
    shop.complete_until(shop.at + 30 * DAY)
    for hour in range(24):
        shop.tell(f"w{hour}", "placed")
        shop.tell(f"w{hour}", "paid")
        if hour % 3:
            shop.tell(f"w{hour}", "picked", shop.at + (hour % 5) * HOUR)
        shop.turn(HOUR)
        if hour % 6 == 0:
            served.journal.seal(at=shop.at)
    shop.turn(2 * DAY)
    assert len(listed()) > 10
    assert listed() == batch()


def test_the_age_of_the_fact_tables_is_known(shop: Shop) -> None:
    from lastmeter.server import clock

    with clock.frozen(shop.at + 90 * timedelta(seconds=1)):
        assert queries.age() == timedelta(seconds=90)


def test_a_turn_that_fails_keeps_no_files(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "no space left")

    shop.tell("w9", "placed")
    monkeypatch.setattr(watching, "settle", full)
    with pytest.raises(OSError, match="no space"):
        shop.turn(MINUTE)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(OSError, match="no space"):
            shop.turn()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
