"""What the journeys of a declared flow share: demand, the luck of days and teams, customers, working time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from lastmeter.demo import season
from lastmeter.demo.cast import FIRST_DAY
from lastmeter.demo.people import Flags
from lastmeter.demo.scenario import Dimension, Flow
from lastmeter.demo.season import DAY_COUNT, Floats, Ints
from lastmeter.demo.working import WorkingTime, working_time

HOUR = 3600.0
_FIRST_WEEK = 0.5
"""Share of standing objects that are there from the first week; the others come as demand grows."""
_ACROSS = 0.12
"""Share of journeys whose inner value is not of their outer one: a crew that helps out elsewhere."""


@dataclass(frozen=True)
class Pool:
    """The customers of a company."""

    activity: Floats
    """Running sum of how often each comes."""
    generosity: Floats
    """How many stars more or less than others each gives."""
    english: Flags


def make_pool(rng: np.random.Generator, customers: int) -> Pool:
    """So many customers, each with habits of their own."""
    return Pool(
        activity=np.cumsum(rng.gamma(0.9, 1.0, customers)),
        generosity=rng.normal(0.0, 0.35, customers),
        english=rng.random(customers) < 0.15,
    )


@dataclass(frozen=True)
class Stage:
    """All that the journeys of one flow share; drawn once from the seed."""

    flow: Flow
    demand: Floats
    """Weight of each day; they sum to 1."""
    shares: dict[str, Floats]
    """By dimension the running shares of its values, a row for each value of the outer dimension."""
    lean: dict[str, Floats]
    """By dimension how much each value adds to the logarithm of strain."""
    luck: Floats
    """Factor on strain by performer (or first dimension) and day."""
    busy: Floats
    """Factor on strain by day."""
    pool: Pool
    work: WorkingTime | None

    def strain(self, dimensions: dict[str, Ints], days: Ints) -> Floats:
        """What multiplies stretches and chances of going wrong; usually about 1."""
        lean = sum((self.lean[name][values] for name, values in dimensions.items()), np.zeros(len(days)))
        return np.asarray(np.exp(lean) * self.luck[dimensions[self.cluster.name], days] * self.busy[days])

    @property
    def cluster(self) -> Dimension:
        """The dimension whose journeys of one day share their luck."""
        return _cluster(self.flow)

    def later(self, moments: Floats, hours: Floats, *, working: bool) -> Floats:
        """So many hours, or working hours, later."""
        if working and self.work:
            return self.work.later(moments, hours * HOUR)
        return moments + hours * HOUR

    def elapsed(self, first: Floats, last: Floats, *, working: bool) -> Floats:
        """Seconds, or seconds of working time, between two moments."""
        if working and self.work:
            return self.work.worked(last) - self.work.worked(first)
        return last - first


def make_stage(rng: np.random.Generator, template: str, flow: Flow, pool: Pool) -> Stage:
    """What a flow's journeys share."""
    demand = _demand(flow)
    usual = np.array([np.median(demand[max(0, day - 60):day + 30]) for day in range(DAY_COUNT)])
    return Stage(
        flow=flow,
        demand=demand / demand.sum(),
        shares={dimension.name: _shares(flow, dimension) for dimension in flow.dimensions},
        lean={one.name: one.sway * rng.standard_normal(len(one.values)) for one in flow.dimensions},
        luck=season.shared_days(rng, len(_cluster(flow).values), 0.12),
        busy=np.asarray((demand / usual.clip(1e-9)).clip(0.5, 2.0) ** 0.15) if not flow.standing else np.ones(DAY_COUNT),
        pool=pool,
        work=working_time(template, flow.calendar) if flow.calendar else None,
    )


def _cluster(flow: Flow) -> Dimension:
    named = [dimension for dimension in flow.dimensions if dimension.name == "performer"]
    return (named or list(flow.dimensions))[0]


def _demand(flow: Flow) -> Floats:
    days = [FIRST_DAY.fromordinal(FIRST_DAY.toordinal() + day) for day in range(DAY_COUNT)]
    weights = np.array([_weight(flow, day) for day in days]) * (1 + 0.35 * np.arange(DAY_COUNT) / DAY_COUNT)
    if flow.standing:
        weights *= (1 - _FIRST_WEEK) / weights.sum()
        weights[:7] += _FIRST_WEEK / 7
    return np.asarray(weights)


def _weight(flow: Flow, day: date) -> float:
    weight = flow.months[day.month - 1] * (flow.weekend if day.weekday() >= 5 else 1.0)
    return weight * (0.35 if season.is_festival(day) else 1.0)


def _shares(flow: Flow, dimension: Dimension) -> Floats:
    shares = np.array([[value.share for value in dimension.values]])
    if dimension.within:
        outer = [value.code for value in flow.dimension(dimension.within).values]
        inside = np.array([[value.share * (value.parent == code) for value in dimension.values] for code in outer])
        inside = inside / inside.sum(axis=1, keepdims=True)
        shares = (1 - _ACROSS) * inside + _ACROSS * shares / shares.sum()
    return np.asarray(np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1))
