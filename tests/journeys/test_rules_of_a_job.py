"""Evidence, counts, recurrences, orders, exclusive stretches, prices and cover, reckoned by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.journeys.jobs import Jobs
from tests.journeys.shop import clock, day

DAY = 86400.0


# Wang, a technician, must lay the cover before he starts.

@pytest.fixture
def cover(tmp_path: Path) -> Jobs:
    rule = 'event = "visit.work_started"\nwithout = "visit.cover_laid"'
    jobs = Jobs(tmp_path, "forbidden", rule, ("visit.work_started", "visit.cover_laid"))
    jobs.tell("job.begun", clock(1, 8))
    return jobs


def test_work_under_cover_is_no_flaw(cover: Jobs) -> None:
    cover.tell("visit.cover_laid", clock(1, 9))
    cover.tell("visit.work_started", clock(1, 9))
    cover.tell("visit.work_started", clock(1, 13))
    assert (cover.flaws(), cover.undecided()) == ([], 0)


def test_each_start_before_the_cover_is_a_flaw(cover: Jobs) -> None:
    cover.tell("visit.work_started", clock(1, 9), "start:1")
    cover.tell("visit.work_started", clock(2, 9), "start:2")
    cover.tell("visit.cover_laid", clock(2, 9, 1))
    cover.tell("visit.work_started", clock(3, 9), "start:3")
    assert cover.flaws() == [("start:1", date(2018, 3, 1)), ("start:2", date(2018, 3, 2))]


def test_a_cover_of_the_same_day_leaves_the_start_undecided(cover: Jobs) -> None:
    cover.tell("visit.cover_laid", day(1), precision="day")
    cover.tell("visit.work_started", clock(1, 9))
    cover.tell("visit.work_started", None, precision="unknown")
    assert (cover.flaws(), cover.undecided()) == ([], 2)


def test_a_source_that_lags_may_still_tell_of_the_cover(cover: Jobs) -> None:
    cover.tell("visit.work_started", clock(5, 9), "start:1")
    cover.known_to(office=clock(5, 8))
    assert (cover.flaws(), cover.next_due_at()) == ([], clock(5, 9))
    cover.known_to(office=clock(5, 9))
    assert cover.flaws() == [("start:1", date(2018, 3, 5))]


def test_without_a_source_for_covers_the_rule_is_not_observed(cover: Jobs) -> None:
    cover.tell("visit.work_started", clock(1, 9))
    cover.journal.sources = [type(one)(one.name, one.event_types - {"visit.cover_laid"}, one.watermark)
                             for one in cover.journal.sources]
    assert cover.flaws() == []
    assert cover.built()["journeys"][0]["rules_observed"] == 0


# Two couriers with one parcel.

@pytest.fixture
def couriers(tmp_path: Path) -> Jobs:
    rule = 'start = "courier.assigned"\nend = "courier.released"\nby = "performer"'
    jobs = Jobs(tmp_path, "exclusive", rule, ("courier.assigned", "courier.released"))
    jobs.tell("job.begun", clock(1, 8))
    return jobs


@pytest.mark.parametrize(("minute", "flaws"), [(30, []), (31, [("second", date(2018, 3, 1))])])
def test_two_couriers_at_once(couriers: Jobs, minute: int, flaws: list[tuple[str, date]]) -> None:
    couriers.tell("courier.assigned", clock(1, 10), "first", performer="courier:an")
    couriers.tell("courier.released", clock(1, 10, minute), performer="courier:an")
    couriers.tell("courier.assigned", clock(1, 10, 30), "second", performer="courier:bo")
    couriers.tell("courier.assigned", clock(1, 12), "again", performer="courier:bo")
    assert (couriers.flaws(), couriers.undecided()) == (flaws, 0)


def test_three_at_once_are_two_flaws(couriers: Jobs) -> None:
    for hour, name in ((10, "an"), (11, "bo"), (12, "chen")):
        couriers.tell("courier.assigned", clock(hour, 9), name, performer=f"courier:{name}")
    assert couriers.flaws() == [("bo", date(2018, 3, 11)), ("chen", date(2018, 3, 12))]


@pytest.mark.parametrize(("released", "flaws", "undecided"), [(2, [], 1), (3, [("second", date(2018, 3, 2))], 0)])
def test_days_overlap_only_if_they_surely_do(
    couriers: Jobs, released: int, flaws: list[tuple[str, date]], undecided: int
) -> None:
    couriers.tell("courier.assigned", day(1), "first", precision="day", performer="courier:an")
    couriers.tell("courier.assigned", day(2), "second", precision="day", performer="courier:bo")
    couriers.tell("courier.released", day(released), precision="day", performer="courier:an")
    assert (couriers.flaws(), couriers.undecided()) == (flaws, undecided)


def test_nobody_knows_whose_assignment_that_was(couriers: Jobs) -> None:
    couriers.tell("courier.assigned", clock(1, 10), performer="courier:an")
    couriers.tell("courier.assigned", clock(1, 11))
    assert (couriers.flaws(), couriers.undecided()) == ([], 1)


def test_the_release_may_still_come(couriers: Jobs) -> None:
    couriers.tell("courier.assigned", clock(1, 10), performer="courier:an")
    couriers.tell("courier.assigned", clock(2, 10), "second", performer="courier:bo")
    couriers.known_to(office=clock(2, 9))
    assert (couriers.flaws(), couriers.next_due_at()) == ([], clock(2, 10))


# Mei, an agency's customer, confirms three times.

@pytest.fixture
def drafts(tmp_path: Path) -> Jobs:
    rule = 'event = "draft.confirmed"\nat_least = 3\nat_most = 5\nafter = "begun"\nbefore = "finished"'
    jobs = Jobs(tmp_path, "count", rule, ("draft.confirmed",))
    jobs.tell("job.begun", clock(1, 8))
    return jobs


@pytest.mark.parametrize(("times", "flaws"), [
    (2, [("", date(2018, 3, 20))]), (3, []), (5, []), (6, [("", date(2018, 3, 7))])])
def test_three_to_five_confirmations(drafts: Jobs, times: int, flaws: list[tuple[str, date]]) -> None:
    for number in range(times):
        drafts.tell("draft.confirmed", clock(2 + number, 9))
    assert drafts.flaws() == []
    drafts.tell("job.finished", clock(20, 9))
    assert (drafts.flaws(), drafts.undecided()) == (flaws, 0)


def test_confirmations_outside_the_steps_do_not_count_and_day_data_may_not(drafts: Jobs) -> None:
    drafts.tell("draft.confirmed", clock(1, 7))
    drafts.tell("draft.confirmed", clock(2, 9))
    drafts.tell("draft.confirmed", clock(3, 9))
    drafts.tell("job.finished", clock(20, 9))
    assert drafts.flaws() == [("", date(2018, 3, 20))]
    drafts.tell("draft.confirmed", day(20), precision="day")
    assert (drafts.flaws(), drafts.undecided()) == ([], 1)


def test_the_same_person_confirms_once(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, "count", 'event = "draft.confirmed"\nat_least = 2\ndistinct = "role"', ("draft.confirmed",),
                {"role": "text"})
    jobs.tell("job.begun", clock(1, 8))
    jobs.tell("draft.confirmed", clock(2, 9), role="buyer")
    jobs.tell("draft.confirmed", clock(3, 9), role="buyer")
    jobs.tell("job.finished", clock(5, 9))
    assert jobs.flaws() == [("", date(2018, 3, 5))]
    jobs.tell("draft.confirmed", clock(4, 9))
    assert (jobs.flaws(), jobs.undecided()) == ([], 1)
    jobs.tell("draft.confirmed", clock(4, 10), role="owner")
    assert (jobs.flaws(), jobs.undecided()) == ([], 0)


def test_a_cancelled_job_owes_no_confirmations_but_may_have_had_too_many(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, "count", 'event = "draft.confirmed"\nat_least = 1\nat_most = 1', ("draft.confirmed",))
    jobs.tell("job.begun", clock(1, 8))
    jobs.tell("job.called_off", clock(5, 9))
    assert jobs.flaws() == []
    jobs.tell("draft.confirmed", clock(2, 9))
    jobs.tell("draft.confirmed", clock(3, 9))
    assert jobs.flaws() == [("", date(2018, 3, 3))]


# A report every two weeks.

@pytest.fixture
def reports(tmp_path: Path) -> Jobs:
    rule = 'event = "report.sent"\nevery = "14 days"\nfrom = "begun"'
    jobs = Jobs(tmp_path, "recurrence", rule, ("report.sent",))
    jobs.tell("job.begun", clock(1, 8))
    return jobs


def test_a_report_every_two_weeks(reports: Jobs) -> None:
    """15 March is in time, 1 April three days late, 16 April a day late; the job ends within two weeks of that."""
    for number, (month, on) in enumerate(((3, 15), (4, 1), (4, 16)), 1):
        reports.tell("report.sent", clock(on, 18, month=month), f"report:{number}")
    reports.tell("job.finished", clock(30, 9, month=4))
    assert (reports.flaws(), reports.undecided()) == (
        [("report:1", date(2018, 3, 30)), ("report:2", date(2018, 4, 16))], 0)
    assert [row["excess_seconds"] for row in reports.built()["flaws"]] == [3 * DAY, DAY]
    assert reports.next_due_at() is None


def test_silence_is_a_flaw_when_the_report_was_due_and_stays_the_same_one(reports: Jobs) -> None:
    assert reports.flaws(at=clock(15, 23)) == []
    assert reports.next_due_at() == day(16)
    before = reports.built(at=day(16))["flaws"]
    assert [(row["occurrence"], row["occurred_at"], row["excess_seconds"]) for row in before] == [("", day(16), None)]
    reports.tell("report.sent", clock(17, 9), "report:1")
    after = reports.built(at=day(18))["flaws"]
    assert [(row["flaw_id"], row["excess_seconds"]) for row in after] == [(before[0]["flaw_id"], 2 * DAY)]


def test_a_report_that_was_told_late_mends_the_gap(reports: Jobs) -> None:
    reports.tell("report.sent", clock(25, 9), "report:2")
    assert reports.flaws(at=clock(26, 9)) == [("", date(2018, 3, 16))]
    reports.tell("report.sent", clock(12, 9), "report:1")
    assert reports.flaws() == []


def test_a_report_of_some_day_in_march_leaves_gaps_undecided(reports: Jobs) -> None:
    reports.tell("report.sent", day(1), precision="month")
    reports.tell("job.finished", clock(28, 9))
    assert (reports.flaws(), reports.undecided()) == ([], 1)


def test_no_report_is_owed_after_the_job_was_called_off(reports: Jobs) -> None:
    reports.tell("job.called_off", clock(10, 9))
    assert (reports.flaws(), reports.undecided(), reports.next_due_at()) == ([], 0, None)


def test_hours_are_counted_to_the_second(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, "recurrence", 'event = "line.checked"\nevery = "2 hours"\nfrom = "begun"\nuntil = "shipped"',
                ("line.checked",))
    jobs.tell("job.begun", clock(1, 8))
    jobs.tell("line.checked", clock(1, 10), "check:1")
    jobs.tell("job.shipped", clock(1, 12) + timedelta(seconds=1))
    flaws = jobs.built()["flaws"]
    assert [(row["occurrence"], row["occurred_at"], row["excess_seconds"]) for row in flaws] == [("check:1", clock(1, 12), 1.0)]


# Sun seals a sample of the paint and photographs it.

@pytest.fixture
def samples(tmp_path: Path) -> Jobs:
    jobs = Jobs(tmp_path, "evidence", 'step = "finished"\nattributes = ["photo", "sample_no"]',
                attributes={"photo": "text", "sample_no": "text"})
    jobs.tell("job.begun", clock(1, 8))
    return jobs


def test_a_sealed_sample_is_on_record(samples: Jobs) -> None:
    samples.tell("job.finished", clock(3, 9), "done", photo="p1", sample_no="S-7")
    assert samples.flaws() == []


def test_each_finish_without_sample_or_photo_is_a_flaw_until_it_is_corrected(samples: Jobs) -> None:
    samples.tell("job.finished", clock(3, 9), "done:1", photo="p1", sample_no=" ")
    samples.tell("job.finished", clock(4, 9), "done:2", sample_no="S-7")
    assert samples.flaws() == [("done:1", date(2018, 3, 3)), ("done:2", date(2018, 3, 4))]
    samples.tell("job.finished", clock(4, 9), corrects="done:2", sample_no="S-7", photo="p2")
    assert samples.flaws() == [("done:1", date(2018, 3, 3))]


def test_evidence_that_no_source_can_tell_of_is_not_observed(samples: Jobs) -> None:
    del samples.journal.attributes["photo"]
    samples.tell("job.finished", clock(3, 9), sample_no="S-7")
    assert samples.flaws() == []
    assert samples.built()["journeys"][0]["rules_observed"] == 0


# First paid, then shipped.

@pytest.mark.parametrize(("paid", "shipped", "flaws", "undecided"), [
    (2, 3, [], 0), (3, 3, [], 1), (4, 3, [("", date(2018, 3, 3))], 0), (None, 3, [], 0), (4, None, [], 0)])
def test_shipped_before_it_was_paid(
    tmp_path: Path, paid: int | None, shipped: int | None, flaws: list[tuple[str, date]], undecided: int
) -> None:
    jobs = Jobs(tmp_path, "order", 'first = "paid"\nthen = "shipped"')
    jobs.tell("job.begun", clock(1, 8))
    for step, on in (("paid", paid), ("shipped", shipped)):
        if on:
            jobs.tell(f"job.{step}", day(on), precision="day")
    assert (jobs.flaws(), jobs.undecided()) == (flaws, undecided)


# Charged more than quoted.

@pytest.fixture
def bills(tmp_path: Path) -> Jobs:
    rule = """quoted = { event = "job.quoted", attribute = "amount" }
        charged = { event = "job.charged", attribute = "amount" }
        tolerance = 0.05"""
    jobs = Jobs(tmp_path, "price", rule, ("job.quoted", "job.charged"), {"amount": "money", "amount_currency": "text"})
    jobs.tell("job.begun", clock(1, 8))
    return jobs


@pytest.mark.parametrize(("rest", "flaws"), [(11500, []), (11501, [("", date(2018, 3, 9))])])
def test_charged_more_than_quoted(bills: Jobs, rest: int, flaws: list[tuple[str, date]]) -> None:
    """300 quoted, 5 % allowed: 200 and then 115 are 315, a cent more is too much."""
    bills.tell("job.quoted", clock(1, 9), amount=30000, amount_currency="CNY")
    bills.tell("job.charged", clock(5, 9), amount=20000, amount_currency="CNY")
    assert bills.flaws() == []
    bills.tell("job.charged", clock(9, 9), amount=rest, amount_currency="CNY")
    assert (bills.flaws(), bills.undecided()) == (flaws, 0)


def test_a_new_quote_holds_from_then_on_and_one_after_the_bill_excuses_nothing(bills: Jobs) -> None:
    bills.tell("job.quoted", clock(1, 9), amount=30000, amount_currency="CNY")
    bills.tell("job.charged", clock(9, 9), amount=40000, amount_currency="CNY")
    bills.tell("job.quoted", clock(9, 10), amount=40000, amount_currency="CNY")
    assert bills.flaws() == [("", date(2018, 3, 9))]
    bills.tell("job.quoted", clock(8, 9), amount=39000, amount_currency="CNY")
    assert bills.flaws() == []


def test_a_quote_of_the_day_of_the_bill_may_have_been_the_one(bills: Jobs) -> None:
    bills.tell("job.quoted", clock(1, 9), amount=30000, amount_currency="CNY")
    bills.tell("job.quoted", day(9), precision="day", amount=40000, amount_currency="CNY")
    bills.tell("job.charged", clock(9, 9), amount=40000, amount_currency="CNY")
    assert (bills.flaws(), bills.undecided()) == ([], 1)


def test_another_currency_is_undecided(bills: Jobs) -> None:
    bills.tell("job.quoted", clock(1, 9), amount=30000, amount_currency="CNY")
    bills.tell("job.charged", clock(9, 9), amount=90000, amount_currency="EUR")
    assert (bills.flaws(), bills.undecided()) == ([], 1)


def test_a_bill_without_a_quote_is_not_this_rules_matter(bills: Jobs) -> None:
    bills.tell("job.charged", clock(9, 9), amount=90000, amount_currency="CNY")
    assert (bills.flaws(), bills.undecided()) == ([], 0)
