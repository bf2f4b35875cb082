"""Variants of a log: the sequences of activities that cases run through, and how many cases run through each."""

from __future__ import annotations

import duckdb

from lastmeter.journeys import sql


def variants(duck: duckdb.DuckDBPyConnection, log: str) -> dict[tuple[str, ...], int]:
    """Sequence of activities -> number of cases; the most frequent first, ties by the sequence."""
    rows = duck.execute(
        f"""SELECT path, count(*) AS cases
        FROM (SELECT list(activity ORDER BY number) AS path FROM {sql.quoted(log)} GROUP BY case_id)
        GROUP BY path ORDER BY cases DESC, path""").fetchall()
    return {tuple(path): cases for path, cases in rows}
