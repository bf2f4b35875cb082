"""What moves the customers' score, as the brief finds it: the period's answers, or the year's where those are too few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lastmeter.charts.drawings.bar import bar
from lastmeter.diagnosis.drivers.analysis import Driver, Drivers
from lastmeter.diagnosis.study import Given, Study
from lastmeter.kernel.periods import Period
from lastmeter.server.board.filters import Filters
from lastmeter.server.company import Found, find_soon
from lastmeter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Line:
    """One driver with its bar."""

    driver: Driver
    drawing: Markup


def drivers_of(filters: Filters) -> Found[tuple[Drivers, Period] | None] | None:
    """The drivers and the stretch of their answers; None within: too few answers; None: being made."""
    return find_soon(("drivers", filters.whole.key), lambda ws: _drivers(ws, filters))


def _drivers(ws: Workspace, filters: Filters) -> tuple[Drivers, Period] | None:
    facts = filters.facts(ws)
    return Study(facts, filters.period, Given(), facts).drivers


def lines(found: Drivers) -> Sequence[Line]:
    """The drivers, the largest share first."""
    most = max(one.share for one in found.rows)
    return [Line(one, bar(one.share, most, leading=place == 0)) for place, one in enumerate(found.rows)]

