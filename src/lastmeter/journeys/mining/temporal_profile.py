"""Temporal profile of a log and the deviations from it (Stertz, Mangler, Rinderle-Ma 2020).

For every two activities of which one ever follows the other in a case, at whatever distance: mean and standard deviation
(of the sample; 0 for a single pair) of the seconds between them. A pair of events deviates whose seconds lie outside of
mean ± zeta deviations.
"""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from lastmeter.journeys import sql


class Span(NamedTuple):
    """Two activities, how many pairs of events they make, mean and deviation of the seconds between."""

    activity: str
    later: str
    pairs: int
    mean: float
    deviation: float


def _pairs(log: str) -> str:
    """SQL of all ordered pairs of events of a case: activities, their code as a number, seconds between."""
    return f"""SELECT a.case_id, a.activity, b.activity AS later, (epoch_us(b.happened) - epoch_us(a.happened)) / 1e6 AS seconds
        FROM {sql.quoted(log)} AS a JOIN {sql.quoted(log)} AS b ON a.case_id = b.case_id AND a.number < b.number"""


def temporal_profile(duck: duckdb.DuckDBPyConnection, log: str) -> list[Span]:
    """The profile, by activity and later activity."""
    return [Span(*row) for row in duck.execute(
        f"""SELECT activity, later, count(*), avg(seconds), coalesce(stddev_samp(seconds), 0) FROM ({_pairs(log)})
        GROUP BY ALL ORDER BY ALL""").fetchall()]


def deviations(duck: duckdb.DuckDBPyConnection, log: str, *, zeta: float) -> dict[str, int]:
    """Case -> number of its pairs of events that deviate; cases without any are left out."""
    rows = duck.execute(
        f"""WITH pairs AS MATERIALIZED ({_pairs(log)}),
        profile AS (SELECT activity, later, avg(seconds) AS mean, coalesce(stddev_samp(seconds), 0) AS deviation FROM pairs GROUP BY ALL)
        SELECT case_id, count(*) FROM pairs JOIN profile USING (activity, later)
        WHERE seconds < mean - {float(zeta)} * deviation OR seconds > mean + {float(zeta)} * deviation
        GROUP BY case_id ORDER BY case_id""").fetchall()
    return dict(rows)
