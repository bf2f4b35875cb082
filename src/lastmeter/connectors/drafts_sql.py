"""The events of all rules of a table in one pass over its rows, where one column says which rule a row is for.

A table of scans has a rule for each kind of scan: put on each other as a UNION ALL, every row would be read and every
column be written once a rule. Instead the column's value chooses the rule, and what the rules say differently is a CASE.
Rules that share no such column are still put on each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lastmeter.connectors.engine import quoted
from lastmeter.connectors.events_sql import EventQuery, Fault

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_RULE = "rule"


def drafts(queries: Sequence[EventQuery], attributes: Mapping[str, str], numbers: Mapping[Fault, int],
           cells: Mapping[str, str]) -> str:
    """SQL of every event of the relation `parsed`, good and faulty, one row each (see `EventQuery.outcome`).

    attributes: type by name, of all rules together. numbers: what `fault` says. cells: column name to cell.
    """
    chooser = choosing_column(queries)
    if chooser is None:
        return " UNION ALL ".join(_one(query, attributes, numbers) for query in queries)
    return _chosen(queries, attributes, numbers, chooser, cells[chooser])


def choosing_column(queries: Sequence[EventQuery]) -> str | None:
    """The column of which every rule wants other values, if there is one and more than one rule."""
    if len(queries) < 2:
        return None
    for column in queries[0].rule.when:
        wanted = [query.rule.when.get(column) for query in queries]
        values = [value for listed in wanted if isinstance(listed, list) for value in set(listed)]
        if all(isinstance(listed, list) for listed in wanted) and len(values) == len(set(values)):
            return column
    return None


def _one(query: EventQuery, attributes: Mapping[str, str], numbers: Mapping[Fault, int]) -> str:
    listed = ", ".join(f"{expression} AS {name}" for name, expression in query.outcome(attributes, numbers).items())
    where = f" WHERE {' AND '.join(query.when)}" if query.when else ""
    return f"SELECT row, {listed} FROM parsed{where}"


def _chosen(queries: Sequence[EventQuery], attributes: Mapping[str, str], numbers: Mapping[Fault, int], column: str,
            cell: str) -> str:
    outcomes = [query.outcome(attributes, numbers) for query in queries]
    constants = {name: [outcome[name] for outcome in outcomes] for name in outcomes[0]
                 if len({outcome[name] for outcome in outcomes}) > 1
                 and all(_LITERAL.fullmatch(outcome[name]) for outcome in outcomes)}
    listed = ", ".join(
        f"{f'choice.k_{name}' if name in constants else _by_rule([outcome[name] for outcome in outcomes])} AS {name}"
        for name in outcomes[0])
    choices = ", ".join(
        f"({', '.join([quoted(value), str(number), *(values[number] for values in constants.values())])})"
        for number, query in enumerate(queries) for value in dict.fromkeys(_values(query, column)))
    names = ", ".join(["value", _RULE, *(f"k_{name}" for name in constants)])
    further = [" AND ".join(query.when_but(column)) or "true" for query in queries]
    return (f"SELECT row, {listed} FROM parsed JOIN (VALUES {choices}) AS choice ({names}) ON choice.value = parsed.{cell}"
            f" WHERE {_by_rule(further)}")


def _values(query: EventQuery, column: str) -> list[str]:
    values = query.rule.when[column]
    return values if isinstance(values, list) else []


def _by_rule(expressions: Sequence[str]) -> str:
    """What holds for the row's rule; the commonest expression is the ELSE."""
    rules: dict[str, list[int]] = {}
    for number, expression in enumerate(expressions):
        rules.setdefault(expression, []).append(number)
    commonest, *others = sorted(rules, key=lambda expression: -len(rules[expression]))
    if not others:
        return commonest
    cases = " ".join(f"WHEN {_RULE} IN ({', '.join(map(str, rules[other]))}) THEN {other}" for other in others)
    return f"CASE {cases} ELSE {commonest} END"
