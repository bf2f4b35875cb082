"""The catalogue is no list of names for the same thing: expressions are normalised and counted."""

from __future__ import annotations

import dataclasses
import re

import narwhals.stable.v2 as nw

from lastmeter.indicators import Indicator, registry
from lastmeter.kernel.titles import Title

NEGATED = {"__lt__": "__ge__", "__gt__": "__le__", "__ne__": "__eq__"}


def normalised(expression: nw.Expr | None) -> str:
    """An expression as text, its conjuncts in alphabetical order."""
    return "" if expression is None else " & ".join(sorted(conjuncts(repr(expression))))


def conjuncts(text: str) -> list[str]:
    """The parts of a.__and__(b).__and__(c)."""
    if not text.endswith(")"):
        return [text]
    depth, start = 0, len(text)
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == ")") - (text[place] == "(")
        if depth == 0:
            start = place
            break
    if not text[:start].endswith(".__and__"):
        return [text]
    return [*conjuncts(text[: start - len(".__and__")]), *conjuncts(text[start + 1 : -1])]


def positive(text: str) -> str:
    """A condition for itself and its negation: the share of the others is no news."""
    text = re.sub(r"^(.*)\.__invert__\(\)$", r"\1", text)
    for negated, plain in NEGATED.items():
        if text.count(negated) == 1 and text.count("__") == 2 and " & " not in text:
            return text.replace(negated, plain)
    return text


def derivation(indicator: Indicator) -> str:
    """The function that adds columns, with what it was made for."""
    derive = indicator.derive
    if derive is None:
        return ""
    cells = getattr(derive, "__closure__", None) or ()
    return f"{derive.__module__}.{derive.__qualname__}({', '.join(repr(cell.cell_contents) for cell in cells)})"


def signature(indicator: Indicator) -> tuple[str, ...]:
    """What makes an indicator another one: rows, hit or value, aggregate; neither its name, unit, owner nor dates."""
    hit = positive(normalised(indicator.hit))
    return (
        indicator.table, normalised(indicator.population), hit, normalised(indicator.value), indicator.aggregation,
        derivation(indicator), normalised(indicator.answered),
    )


def test_at_least_forty_are_distinct_expressions() -> None:
    indicators = registry.all()
    distinct = {signature(each) for each in indicators}
    assert len(indicators) >= 65
    assert len(distinct) >= 40
    # Stricter: one for each population and number or hit, whatever is then computed of it (median, p90, spread).
    assert len({(*each[:4], *each[5:]) for each in distinct}) >= 40


def test_no_two_in_the_catalogue_are_the_same() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for indicator in registry.all():
        assert signature(indicator) not in seen, f"{indicator.code} is {seen[signature(indicator)]}"
        seen[signature(indicator)] = indicator.code


def test_a_new_name_for_an_old_expression_is_found_out() -> None:
    old = registry.get("promise_kept_rate")
    assert old.hit is not None
    renamed = dataclasses.replace(old, code="on_time", title=Title("准时率", "On time"), owner="logistics", hit=~old.hit)
    turned = dataclasses.replace(old, population=nw.col("promise").is_in(["kept", "missed"]) & nw.col("counted"))
    assert signature(renamed) == signature(old) == signature(turned)
    assert signature(dataclasses.replace(old, hit=nw.col("promise") == "missed")) != signature(old)
