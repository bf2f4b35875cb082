"""The digest made in SQL and the one made in Python are the same, and no two events share their bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.journal import Event, ObjectRef
from lastmeter.journal.digest import Digester, canonical, version_id
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.hot import HotRow, relation, typed
from tests.journal.shop import NOW, TYPES, paid

DIGESTER = Digester(bytes(range(32)))

# DuckDB holds no NUL in a text; surrogates are no text at all.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
WORDS = st.one_of(TEXT, st.sampled_from(["1:a", "~", "好评", "a;b", "é", "\x1f", "5:x~0123456789abcdef"]))
INSTANT = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1))
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "score": st.floats(-8e12, 8e12),
        "note": WORDS,
        "pieces": st.integers(-(2**62), 2**62),
        "gift": st.booleans(),
        "promised_delivery_at": INSTANT,
        "promised_delivery_on": st.dates(date(1900, 1, 1), date(2200, 1, 1)),
        "amount": st.integers(0, 10**12),
    },
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event."""
    zone = draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/Sao_Paulo", "Europe/London"]))
    precision = draw(st.sampled_from(["second", "minute", "hour", "day", "month", "unknown"]))
    fields: dict[str, Any] = {
        "source": draw(WORDS),
        "id": draw(WORDS.filter(lambda text: text[-17:-16] != "~")),
        "type": draw(WORDS),
        "occurred_at": _start(draw(INSTANT), precision, ZoneInfo(zone)),
        "precision": precision,
        "zone": zone,
        "objects": tuple(
            ObjectRef(kind, name) for kind, name in draw(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
        ),
        "performer": draw(st.none() | WORDS),
        "place": draw(st.none() | WORDS),
        "channel": draw(st.none() | WORDS),
        "attributes": draw(ATTRIBUTES),
        "revision": draw(st.integers(0, 5)),
    }
    if draw(st.booleans()):
        fields |= {"corrects": "original " + draw(WORDS), "voids": draw(st.booleans())}
    return Event(**fields)


def _start(moment: datetime, precision: str, zone: ZoneInfo) -> datetime | None:
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    match precision:
        case "unknown":
            return None
        case "minute":
            local = local.replace(second=0, microsecond=0)
        case "hour":
            local = local.replace(minute=0, second=0, microsecond=0)
        case "day":
            local = datetime.combine(local.date(), time(), zone)
        case "month":
            local = datetime.combine(local.date().replace(day=1), time(), zone)
    return local.astimezone(UTC).replace(tzinfo=None)


def in_sql(duck: duckdb.DuckDBPyConnection, stored: list[Event], *, stated: bool = True) -> list[tuple[int, int]]:
    """Both hashes of events as DuckDB makes them."""
    relation(duck, "hashed", [HotRow(typed(event, TYPES), NOW, 0, 0) for event in stored], TYPES)
    return duck.execute(
        f"SELECT {DIGESTER.identity_sql(stated=stated)}, {DIGESTER.digest_sql(TYPES, stated=stated)} FROM hashed"
    ).fetchall()


def test_sql_and_python_make_the_same_hashes() -> None:
    with open_duckdb() as duck:

        @settings(max_examples=40, deadline=None)
        @given(st.lists(events(), min_size=1, max_size=12))
        def check(some: list[Event]) -> None:
            expected = [(DIGESTER.identity(e.source, e.id), DIGESTER.digest(e)) for e in some]
            assert in_sql(duck, some) == expected

        check()


@pytest.mark.parametrize("ruling", [None, "order.paid:original"])
def test_a_stored_version_keeps_the_hashes_of_what_was_stated(ruling: str | None) -> None:
    said = paid(7, corrects=ruling)
    digest = DIGESTER.digest(said)
    stored = _stored(said, version_id(said.id, digest), ruling or said.id)
    assert DIGESTER.digest(stored) == digest
    with open_duckdb() as duck:
        assert in_sql(duck, [stored], stated=False) == [(DIGESTER.identity(said.source, said.id), digest)]


def _stored(said: Event, identifier: str, corrects: str) -> Event:
    """The event under the id that only the journal may give."""
    copy = msgspec.structs.replace(said)
    msgspec.structs.force_setattr(copy, "id", identifier)
    msgspec.structs.force_setattr(copy, "corrects", corrects)
    return copy


@settings(max_examples=200, deadline=None)
@given(events(), events())
def test_different_events_have_different_bytes(one: Event, other: Event) -> None:
    one, other = (msgspec.structs.replace(event, source="s", id="i") for event in (one, other))
    same = _content(one) == _content(other)
    assert (canonical(one) == canonical(other)) == same


def _content(event: Event) -> tuple[Any, ...]:
    numbers = {
        name: round(value * 1e6) if isinstance(value, float) else value for name, value in event.attributes.items()
    }
    return (
        event.source, event.id, event.type, event.occurred_at, event.precision, event.zone, event.objects,
        event.performer, event.place, event.channel, event.corrects, event.voids, sorted(numbers.items()),
    )  # fmt: skip


def test_fields_do_not_run_into_each_other() -> None:
    assert canonical(paid(1, performer="a", place=None)) != canonical(paid(1, performer=None, place="a"))
    assert canonical(paid(1, performer="")) != canonical(paid(1, performer=None))
    joined = paid(1, objects=(ObjectRef("order", "o1"), ObjectRef("a", "b1:c")))
    apart = paid(1, objects=(ObjectRef("order", "o1"), ObjectRef("a", "b"), ObjectRef("c", "")))
    assert canonical(joined) != canonical(apart)


def test_what_does_not_belong_to_an_event_does_not_change_its_digest() -> None:
    assert DIGESTER.digest(paid(1, revision=3)) == DIGESTER.digest(paid(1))
    assert DIGESTER.digest(paid(1, at=datetime(2024, 3, 5, 9) + timedelta(microseconds=1))) != DIGESTER.digest(paid(1))


def test_the_hashes_are_permanent() -> None:
    """Journals outlive the code: these figures may never change."""
    event = paid(1, performer="carrier:sf", attributes={"score": 4.5, "note": "好评"})
    assert f"{DIGESTER.identity(event.source, event.id):016x}" == "02f177a45204962e"
    assert f"{DIGESTER.digest(event):016x}" == "d85e0f9c252eaf96"


def test_another_key_gives_other_hashes() -> None:
    assert Digester(bytes(32)).identity("teashop", "x") != DIGESTER.identity("teashop", "x")
