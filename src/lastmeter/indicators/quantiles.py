"""Several exact quantiles of one column in one pass: what a group's values are sorted for once, and not once each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from lastmeter.journeys.facts import Frame
from lastmeter.journeys.sql import quoted


class Quantiles(NamedTuple):
    """A group's keys and its quantiles, both in the order asked for."""

    keys: tuple[Any, ...]
    values: tuple[float, ...]


def quantiles(frame: Frame, by: Sequence[str], column: str, shares: Sequence[float]) -> list[Quantiles]:
    """The quantiles of a column in each group, linearly interpolated (type 7), in no order.

    Missing values are left out, and so are groups that have nothing else.
    """
    native = frame.to_native()
    if hasattr(native, "aggregate"):  # DuckDB takes a list of shares, which no portable expression says
        keys, value = ", ".join(map(quoted, by)), quoted(column)
        wanted = ", ".join(map(str, shares))
        rows = native.aggregate(f"{keys}, quantile_cont({value}, [{wanted}])", keys).fetchall()
        return [Quantiles(row[:-1], tuple(row[-1])) for row in rows if row[-1] is not None]
    each = {f"quantile_{place}": nw.col(column).quantile(share, "linear") for place, share in enumerate(shares)}
    table = frame.filter(~nw.col(column).is_null()).group_by(*by).agg(**each).collect()
    return [Quantiles(row[: len(by)], row[len(by) :]) for row in table.rows()]
