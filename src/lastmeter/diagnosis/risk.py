"""Which open journeys will come too late: the time that is left, beside the time that such journeys took from here on.

Method. A journey stands at the last step that it reached. How long journeys took from that step to what was promised them
is known from those whose promise fell due in the last `HISTORY_DAYS` days: of the same step, place and performer where
there are `FEWEST` of them, else of the same step and place, step and performer, step alone. One that fell due and has not
arrived counts with the time that it has taken so far; to leave it out would make the slow ones look fast.

Of those that took longer than this journey has waited already, the share that took longer than its promise allows is its
chance of being late. It will be late, we say, if that share is above `LATE_SHARE`: that is, if now and the p90 of what is
left no longer fit the promise.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import narwhals.stable.v2 as nw

from lastmeter.diagnosis import cohort
from lastmeter.indicators.quantiles import quantiles
from lastmeter.journeys.facts import Facts, Frame

LATE_SHARE = 0.1
HISTORY_DAYS = 90
FEWEST = 30
LIKE: tuple[tuple[str, ...], ...] = (("step", "place", "performer"), ("step", "place"), ("step", "performer"), ("step",))
"""What journeys have in common that are compared, the closest first."""
_PERCENTILES = tuple(number / 100 for number in range(1, 100))
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Remaining:
    """How long `n` journeys took from a step to what was promised: percentiles 1 to 99, in seconds."""

    n: int
    seconds: tuple[float, ...]

    def share_beyond(self, seconds: float) -> float:
        """The share that took longer, at least one in a hundred."""
        return 1 - bisect_right(self.seconds, seconds) / 100

    def chance_late(self, waited: float, left: float) -> float:
        """The share that took longer than `waited` and `left` together, among those that took longer than `waited`."""
        return self.share_beyond(waited + left) / self.share_beyond(waited)

    def expected(self, waited: float) -> float | None:
        """What nine of ten took at most that took longer than `waited`; None beyond the slowest in a hundred."""
        place = ceil(100 * (1 - LATE_SHARE * self.share_beyond(waited)) - 1e-9)
        return self.seconds[place - 1] if place <= len(self.seconds) else None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An open journey with a promise ahead: where it stands, and its chance of being late, by `n` journeys before it.

    expected_at: when nine of ten like it would have arrived; None where none took so long.
    """

    kind: str
    journey: str
    due_at: datetime
    step: str
    reached_at: datetime
    chance: float
    expected_at: datetime | None
    n: int
    place: str | None
    performer: str | None
    brand: str | None

    @property
    def will_be_late(self) -> bool:
        """Whether now and the p90 of what is left no longer fit the promise."""
        return self.chance > LATE_SHARE


Usual = Mapping[Key, Remaining]
"""By what journeys have in common: `(("step", "packed"), ("place", "SP"))`."""


def usual_remaining(facts: Facts, *, at: datetime) -> Usual:
    """How long journeys of one kind took from each step to what was promised, by all of `LIKE`."""
    ran_out = nw.col("promise").is_in(["kept", "missed"]) & (nw.col("due_at") <= nw.lit(at))
    recent = nw.col("due_at") >= nw.lit(at - timedelta(days=HISTORY_DAYS))
    judged = facts.journeys.filter(ran_out, recent, ~nw.col("due_at").is_null()).select(
        "journey_id", "place", "performer",
        arrived_at=nw.when(nw.col("fulfilled_at").is_null()).then(nw.lit(at)).otherwise(nw.col("fulfilled_at")),
    )
    seconds = (nw.col("arrived_at") - nw.col("reached_at")).dt.total_seconds().cast(nw.Float64)
    taken = _reached(facts).join(judged, on="journey_id", how="inner").with_columns(seconds=seconds).filter(nw.col("seconds") >= 0)
    found: dict[Key, Remaining] = {}
    for like in LIKE:
        known = taken.filter(*(~nw.col(name).is_null() for name in like))
        counts = {tuple(row[name] for name in like): int(row["n"]) for row in cohort.rows(known.group_by(*like).agg(n=nw.len()))}
        for each in quantiles(known, like, "seconds", _PERCENTILES):
            if counts[each.keys] >= FEWEST:
                found[tuple(zip(like, each.keys, strict=True))] = Remaining(counts[each.keys], each.values)
    return found


def foresee(facts: Facts, usual: Usual, *, at: datetime) -> list[Foreseen]:
    """The open journeys of one kind with a promise ahead that can be compared, by when they are due."""
    ahead = facts.journeys.filter(nw.col("state") == "open", nw.col("promise") == "open", nw.col("due_at") > nw.lit(at)).select(
        "journey_kind", "journey_id", "due_at", "place", "performer", "brand")
    rows = cohort.rows(_reached(facts).filter(nw.col("reached_at") <= nw.lit(at)).join(ahead, on="journey_id", how="inner"))
    order = {step.code: place for one in facts.blueprints.values() for place, step in enumerate(one.steps)}
    stands: dict[str, dict[str, object]] = {}
    for row in sorted(rows, key=lambda each: (each["reached_at"], order.get(each["step"], 0))):
        stands[row["journey_id"]] = row
    found = [_foreseen(row, usual, at) for row in stands.values()]
    return sorted((one for one in found if one is not None), key=lambda one: (one.due_at, one.journey))


def _foreseen(row: Mapping[str, object], usual: Usual, at: datetime) -> Foreseen | None:
    compared = next((usual[key] for like in LIKE if (key := _key(row, like)) in usual), None)
    due_at, reached_at = row["due_at"], row["reached_at"]
    if compared is None or not isinstance(due_at, datetime) or not isinstance(reached_at, datetime):
        return None
    waited = (at - reached_at).total_seconds()
    expected = compared.expected(waited)
    return Foreseen(
        kind=str(row["journey_kind"]), journey=str(row["journey_id"]), due_at=due_at, step=str(row["step"]), reached_at=reached_at,
        chance=compared.chance_late(waited, (due_at - at).total_seconds()),
        expected_at=None if expected is None else reached_at + timedelta(seconds=expected), n=compared.n,
        **{name: None if row[name] is None else str(row[name]) for name in ("place", "performer", "brand")},
    )


def _key(row: Mapping[str, object], like: tuple[str, ...]) -> Key:
    return tuple((name, str(row[name])) for name in like)


def _reached(facts: Facts) -> Frame:
    """Each step that a journey has reached, and when first: journey_id, step, reached_at."""
    parts = [
        facts.links.select("journey_id", nw.col(f"{end}_step").alias("step"), nw.col(f"{end}_at").alias("reached_at"))
        for end in ("from", "to")
    ]
    for kind, one in facts.blueprints.items():
        if one.start:
            started = facts.journeys.filter(nw.col("journey_kind") == kind)
            parts.append(started.select("journey_id", nw.lit(one.start).alias("step"), nw.col("started_at").alias("reached_at")))
    known = nw.concat(parts).filter(~nw.col("reached_at").is_null())
    return known.group_by("journey_id", "step").agg(nw.col("reached_at").min())
