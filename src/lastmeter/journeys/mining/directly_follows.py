"""The directly-follows graph of a log, with how long each arc takes (van der Aalst, Process Mining, 2016)."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from lastmeter.journeys import sql


class Arc(NamedTuple):
    """One activity directly followed by another in the same case: how often (`times`), and after how many seconds."""

    activity: str
    following: str
    times: int
    mean: float
    median: float
    shortest: float
    longest: float


def directly_follows(duck: duckdb.DuckDBPyConnection, log: str) -> list[Arc]:
    """Every arc of the log, the most frequent first; ties by name."""
    return [Arc(*row) for row in duck.execute(
        f"""WITH pairs AS (
            SELECT activity, lead(activity) OVER one AS following, epoch_us(lead(happened) OVER one) - epoch_us(happened) AS us
            FROM {sql.quoted(log)} WINDOW one AS (PARTITION BY case_id ORDER BY number))
        SELECT activity, following, count(*) AS arcs, sum(us) / count(*) / 1e6, median(us) / 1e6, min(us) / 1e6, max(us) / 1e6
        FROM pairs WHERE following IS NOT NULL GROUP BY ALL ORDER BY arcs DESC, activity, following""").fetchall()]


def ends(duck: duckdb.DuckDBPyConnection, log: str) -> tuple[dict[str, int], dict[str, int]]:
    """In how many cases each activity is the first, and the last."""
    first, last = {}, {}
    for activity, opens, closes in duck.execute(
        f"""SELECT activity, count(*) FILTER (number = 1), count(*) FILTER (number = of)
        FROM (SELECT *, max(number) OVER (PARTITION BY case_id) AS of FROM {sql.quoted(log)}) GROUP BY 1 ORDER BY 1""").fetchall():
        if opens:
            first[activity] = opens
        if closes:
            last[activity] = closes
    return first, last
