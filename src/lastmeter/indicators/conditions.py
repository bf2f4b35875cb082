"""Conditions on columns, from configuration to an expression: data in, expression out, nothing evaluated.

`{ column = condition, ... }`, all of which must hold. A condition is a value, a list of values, or a table of `min` and
`max` (both included), `not` (a value or a list) and `missing` (true or false). A row without a value in the column meets
`missing = true` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw

from lastmeter.indicators.mistakes import Spot

_KEYS = ("min", "max", "not", "missing")
_PYTHON: dict[str, tuple[type, ...]] = {
    "VARCHAR": (str,), "BOOLEAN": (bool,), "DATE": (date,), "TIMESTAMP": (datetime,), "DOUBLE": (int, float),
    "INTEGER": (int,), "BIGINT": (int,),
}


def all_hold(wanted: Any, columns: Mapping[str, str], spot: Spot) -> nw.Expr:
    """True where every condition holds; `columns` gives each column's SQL type, `spot` stands at the conditions.

    Raises:
        LastMeterError: `indicator.unknown_column`, `indicator.unknown_key`, `indicator.wrong_type`.
    """
    if not isinstance(wanted, dict):
        raise spot.wrong_type("", "{ column = value }")
    found = nw.lit(value=True)
    for column, condition in wanted.items():
        if column not in columns:
            raise spot.unknown_column(column, list(columns), column)
        found = found & _holds(column, columns[column], condition, spot)
    return found


def _holds(column: str, kind: str, condition: Any, spot: Spot) -> nw.Expr:
    if not isinstance(condition, dict):
        return _one_of(column, kind, condition, spot)
    if not condition:
        raise spot.wrong_type(column, "{ min = ..., max = ... }")
    found = nw.lit(value=True)
    for key, value in condition.items():
        if key not in _KEYS:
            raise spot.at(column).unknown_key(key, _KEYS)
        found = found & _part(key, column, kind, value, spot)
    return found


def _part(key: str, column: str, kind: str, value: Any, spot: Spot) -> nw.Expr:
    here = nw.col(column)
    if key == "missing":
        if not isinstance(value, bool):
            raise spot.at(column).wrong_type(key, "true / false")
        return here.is_null() if value else ~here.is_null()
    if key == "not":
        return ~here.is_null() & ~_one_of(column, kind, value, spot)
    (bound,) = _typed(column, kind, [value], spot)
    return here >= bound if key == "min" else here <= bound


def _one_of(column: str, kind: str, value: Any, spot: Spot) -> nw.Expr:
    found = nw.lit(value=False)
    for each in _typed(column, kind, value if isinstance(value, list) else [value], spot):
        found = found | (nw.col(column) == each)
    return found


def _typed(column: str, kind: str, values: Sequence[Any], spot: Spot) -> list[nw.Expr]:
    for value in values:
        # To Python a bool is an int and a datetime a date; neither is meant. Instants here are UTC without an offset.
        mistaken = (
            not isinstance(value, _PYTHON[kind])
            or (isinstance(value, bool) and kind != "BOOLEAN")
            or (isinstance(value, datetime) and (kind == "DATE" or value.tzinfo is not None))
        )
        if mistaken:
            raise spot.wrong_type(column, kind)
    return [nw.lit(value) for value in values]
