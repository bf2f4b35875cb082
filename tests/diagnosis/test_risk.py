"""What will be late, counted by hand: a hundred parcels took 1 to 100 hours from packing to door."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from lastmeter.diagnosis.risk import FEWEST, LATE_SHARE, Remaining, foresee, usual_remaining
from lastmeter.journeys.facts import TABLES, Facts

AT = datetime(2026, 3, 1)
HOUR = timedelta(hours=1)
KINDS: dict[str, Any] = {
    "VARCHAR": pl.String, "DATE": pl.Date, "TIMESTAMP": pl.Datetime("us"), "BOOLEAN": pl.Boolean, "DOUBLE": pl.Float64,
    "INTEGER": pl.Int32, "BIGINT": pl.Int64,
}
UNIFORM = Remaining(100, tuple(hours * 3600.0 for hours in range(1, 100)))
"""One in a hundred took up to one hour, one up to two hours, ..."""


def facts(journeys: list[dict[str, Any]], links: list[dict[str, Any]]) -> Facts:
    """Facts with these columns filled and all others empty."""
    def frame(table: str, rows: list[dict[str, Any]]) -> nw.LazyFrame[Any]:
        schema = {name: KINDS[kind] for name, kind in TABLES[table].items()}
        return nw.from_native(pl.DataFrame(rows, schema=schema).lazy())

    return Facts(frame("journeys", journeys), frame("links", links), frame("flaws", []), frame("feedback", []), AT)


def order(number: str, *, due_at: datetime, fulfilled_at: datetime | None = None, promise: str = "kept", **more: Any) -> dict[str, Any]:
    return {"journey_kind": "order", "journey_id": number, "due_at": due_at, "fulfilled_at": fulfilled_at, "promise": promise,
            "state": "open" if promise == "open" else "completed", "place": "SP", "performer": "sf", **more}


def packed(number: str, at: datetime) -> dict[str, Any]:
    return {"journey_kind": "order", "journey_id": number, "link": "transport", "from_step": "packed", "from_at": at, "to_step": "door"}


def history(count: int, hours: float, **more: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Orders that took one, two, three ... times so many hours from packing."""
    began = AT - timedelta(days=20)
    names = [f"h{hours}-{number}{more.get('performer', '')}" for number in range(1, count + 1)]
    journeys = [order(name, due_at=began + timedelta(days=5), fulfilled_at=began + number * hours * HOUR, **more)
                for number, name in enumerate(names, 1)]
    return journeys, [packed(name, began) for name in names]


def test_the_share_that_took_longer_is_counted_off_the_percentiles() -> None:
    assert UNIFORM.share_beyond(0) == 1.0
    assert UNIFORM.share_beyond(90 * 3600) == pytest.approx(0.10)
    assert UNIFORM.share_beyond(500 * 3600) == pytest.approx(0.01)


def test_a_promise_beyond_the_p90_of_what_is_left_is_kept_and_one_within_is_not() -> None:
    assert UNIFORM.chance_late(0, 90 * 3600) == pytest.approx(LATE_SHARE)
    assert UNIFORM.chance_late(0, 89 * 3600) == pytest.approx(0.11)


def test_who_has_waited_is_compared_with_those_that_waited_as_long() -> None:
    # Fifty of a hundred took longer than 50 hours; ten of those took longer than 90: 20 %.
    assert UNIFORM.chance_late(50 * 3600, 40 * 3600) == pytest.approx(0.2)
    # Nine of ten of those fifty had arrived after 95 hours; without waiting it is 90.
    assert UNIFORM.expected(50 * 3600) == 95 * 3600
    assert UNIFORM.expected(0) == 90 * 3600


def test_who_has_waited_longer_than_anybody_will_be_late() -> None:
    assert UNIFORM.chance_late(200 * 3600, 3600) == 1.0
    assert UNIFORM.expected(200 * 3600) is None


def test_journeys_are_compared_with_those_of_the_same_place_and_performer_where_there_are_enough() -> None:
    slow, slow_links = history(FEWEST, 4.0, performer="slow")
    fast, fast_links = history(FEWEST, 1.0, performer="fast")
    few, few_links = history(FEWEST - 1, 9.0, performer="few")
    ahead = [order(name, due_at=AT + 40 * HOUR, promise="open", performer=name) for name in ("slow", "fast", "few")]
    now = [packed(name, AT) for name in ("slow", "fast", "few")]
    found = facts([*slow, *fast, *few, *ahead], [*slow_links, *fast_links, *few_links, *now])
    foreseen = {one.journey: one for one in foresee(found, usual_remaining(found, at=AT), at=AT)}
    # slow: 4, 8, ... 120 hours; 20 of 30 took longer than 40. fast: 30 hours at most. few: compared with all at the place.
    assert foreseen["slow"].chance == pytest.approx(0.67, abs=0.02)
    assert foreseen["fast"].chance == pytest.approx(0.01)
    assert (foreseen["slow"].n, foreseen["few"].n) == (FEWEST, 3 * FEWEST - 1)
    assert (foreseen["slow"].will_be_late, foreseen["fast"].will_be_late) == (True, False)


def test_a_journey_that_fell_due_and_has_not_arrived_counts_with_the_time_it_has_taken() -> None:
    done, links = history(FEWEST - 1, 1.0)
    lost = order("lost", due_at=AT - timedelta(days=2), promise="missed")
    found = facts([*done, lost], [*links, packed("lost", AT - 10 * 24 * HOUR)])
    usual = usual_remaining(found, at=AT)[(("step", "packed"),)]
    assert usual.n == FEWEST
    assert usual.seconds[98] == pytest.approx(240 * 3600, rel=0.3)


def test_what_is_due_already_or_was_promised_nothing_is_not_foreseen() -> None:
    done, links = history(FEWEST, 1.0)
    past = order("past", due_at=AT - HOUR, promise="open")
    none = order("none", due_at=AT + HOUR, promise="none")
    found = facts([*done, past, none], [*links, packed("past", AT - HOUR), packed("none", AT - HOUR)])
    assert foresee(found, usual_remaining(found, at=AT), at=AT) == []


def test_a_step_that_nobody_reached_before_says_nothing() -> None:
    found = facts([order("first", due_at=AT + HOUR, promise="open")], [packed("first", AT - HOUR)])
    assert foresee(found, usual_remaining(found, at=AT), at=AT) == []
