"""When a source is silent: by its own rhythm, or as declared; and when it speaks again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lastmeter.journal.snapshot import Contact
from lastmeter.kernel.errors import LastMeterError
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people.models import Person
from lastmeter.server.watch import actions, queries, silence
from lastmeter.server.watch.models import Gap, Silence, Source
from tests.server.watch.conftest import LIVE, Shop

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_source_may_be_silent_half_as_long_again_as_nine_of_ten_of_its_days() -> None:
    nights = [7 * 3600.0] * 18 + [30 * 3600.0, 31 * 3600.0]  # of twenty days the eighteenth counts
    assert silence.allowed(nights) == timedelta(hours=10.5)


def test_a_rhythm_is_not_known_from_two_gaps_and_never_below_ten_minutes() -> None:
    assert silence.allowed([3600.0, 3600.0]) is None
    assert silence.allowed([1.0, 2.0, 3.0]) == timedelta(minutes=10)
    assert silence.allowed([], declared_minutes=90) == timedelta(minutes=90)


def test_the_gaps_of_a_nightly_file_are_a_day_long() -> None:
    nights = [datetime(2026, 3, day, 2) for day in (1, 2, 3, 5)]
    contacts = [Contact("wms", at, at - 2 * HOUR) for at in nights]
    again = Contact("wms", datetime(2026, 3, 5, 3), datetime(2026, 3, 3))  # an old file again moves nothing on
    assert silence.gaps_of([*contacts, again]) == {date(2026, 3, 2): 86400.0, date(2026, 3, 3): 86400.0, date(2026, 3, 5): 2 * 86400.0}


def alarms() -> list[tuple[str, bool]]:
    return [(one.source, one.until is None) for one in Silence.objects.filter(source=LIVE).order_by("pk")]


def test_silence_is_noticed_once_and_ends_when_the_source_speaks_again(shop: Shop) -> None:
    silence.look(shop.at)
    for number in range(3):
        Gap.objects.create(source=LIVE, day=date(2026, 1, 1 + number), seconds=3600)
    silence.look(shop.at + 89 * timedelta(minutes=1))
    assert alarms() == []
    silence.look(shop.at + 91 * timedelta(minutes=1))
    silence.look(shop.at + 92 * timedelta(minutes=1))
    assert alarms() == [(LIVE, True)]
    assert AuditRow.objects.filter(act="source.silent", object_id=LIVE).count() == 1
    assert [(one.name, one.since, one.allowed) for one in queries.silent_sources() if one.name == LIVE] == [
        (LIVE, shop.at, 1.5 * HOUR)]
    shop.complete_until(shop.at + 2 * HOUR)
    silence.look(shop.at + 2 * HOUR)
    assert alarms() == [(LIVE, False)]


def test_gaps_are_learnt_but_not_from_a_time_when_nobody_looked(shop: Shop) -> None:
    silence.look(shop.at)
    for minutes in (5, 14):
        shop.complete_until(shop.at + timedelta(minutes=minutes))
        silence.look(shop.at + timedelta(minutes=minutes))
    assert [gap.seconds for gap in Gap.objects.filter(source=LIVE)] == [540.0]
    shop.complete_until(shop.at + 9 * HOUR)
    silence.look(shop.at + 9 * HOUR)
    assert [gap.seconds for gap in Gap.objects.filter(source=LIVE)] == [540.0]


def test_a_declared_rhythm_holds_before_a_learnt_one(shop: Shop, company: Path) -> None:
    silence.look(shop.at)
    owner = Person.objects.get(username="owner")
    actions.declare_rhythm(owner, LIVE, 30)
    silence.look(shop.at + HOUR)
    assert alarms() == [(LIVE, True)]
    for person, source, code in ((owner, "nobody", "source.unknown"), (Person.objects.get(username="viewer"), LIVE, "people.not_allowed")):
        with pytest.raises(LastMeterError) as refused:
            actions.declare_rhythm(person, source, 30)
        assert refused.value.code == code
    assert Source.objects.get(name=LIVE).declared_minutes == 30
