"""Filters: a value that no journey can have is a mistake, not an empty answer."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.kernel.toml_file import nearest

_SHOWN = 12


def check(name: str, value: str | None, known: Sequence[str]) -> None:
    """Refuse a value that is not known, with what may have been meant.

    Raises:
        LastMeterError: `filter.unknown`.
    """
    if value is None or value in known:
        return
    meant = nearest(value, list(known))
    shown = ", ".join([meant] if meant else sorted(known)[:_SHOWN])
    raise LastMeterError(
        "filter.unknown",
        Title("{name} 没有“{value}”这个值", "There is no {name} “{value}”"),
        hint=Title("例如：{shown}", "Perhaps: {shown}"),
        name=name, value=value, shown=shown,
    )


def check_held(facts: Facts, name: str, value: str | None, *, narrowed: bool) -> None:
    """Refuse a value of a dimension that no journey has; where only a part of the journeys is looked at others may have it.

    Raises:
        LastMeterError: `filter.unknown`, `filter.nothing`.
    """
    if value is None:
        return
    known = values_of(facts.journeys, name)
    if narrowed and value not in known:
        raise LastMeterError(
            "filter.nothing", Title("所选范围内没有“{value}”的旅程", "There are no journeys of “{value}” within what is selected"),
            Title("去掉一个筛选条件", "Take one of the filters away"), value=value,
        )
    check(name, value, known)


def values_of(frame: Frame, column: str) -> list[str]:
    """The values that a column has."""
    table = frame.select(column).unique().collect(backend="pyarrow").to_native()
    return [value for value in table[column].to_pylist() if value is not None]
