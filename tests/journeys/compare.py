"""The tables of a facts folder as plain rows, to hold against the oracle's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.engine import open_facts
from lastmeter.journeys.facts import TABLES

Row = dict[str, Any]
ORDER = {"journeys": ("journey_id",), "links": ("journey_id", "link"), "flaws": ("journey_id", "rule", "occurrence", "flaw_id"),
         "feedback": ("journey_id", "source", "event_id")}


def built_rows(folder: Path, blueprints: tuple[Blueprint, ...]) -> dict[str, list[Row]]:
    with open_facts(folder, blueprints) as facts:
        return {name: sort(name, getattr(facts, name).collect().to_arrow().to_pylist()) for name in TABLES}


def sort(table: str, rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(str(row[name]) for name in ORDER[table]))


def differences(built: dict[str, list[Row]], wanted: dict[str, list[Row]]) -> list[str]:
    """Every column of every row that differs, in words."""
    found = []
    for table in TABLES:
        one, other = built[table], sort(table, wanted[table])
        if len(one) != len(other):
            keys = [[tuple(row[name] for name in ORDER[table]) for row in rows] for rows in (one, other)]
            found.append(f"{table}: {len(one)} rows instead of {len(other)}: {keys[0]} / {keys[1]}")
            continue
        for mine, theirs in zip(one, other, strict=True):
            found += [f"{table} {mine['journey_id']} {mine.get('link') or mine.get('rule') or ''} {name}:"
                      f" {mine[name]!r} instead of {theirs[name]!r}"
                      for name in mine if mine[name] != theirs[name]]
    return found
