"""Recognisers, one small file each: `recognise(table, column)` makes a claim or none. Found by listing this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from lastmeter.connectors.proposal.claims import Claim, Recogniser
from lastmeter.connectors.proposal.reading import Column, Table


@cache
def recognisers() -> dict[str, Recogniser]:
    """Every recogniser of this folder by name."""
    return {module.name: importlib.import_module(f"{__name__}.{module.name}").recognise
            for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)}


def claims_on(table: Table, column: Column) -> list[Claim]:
    """What is claimed of a column, the surest first. `attributes` always says something."""
    made = [claim for recognise in recognisers().values() if (claim := recognise(table, column))]
    return sorted(made, key=lambda claim: -claim.confidence)
