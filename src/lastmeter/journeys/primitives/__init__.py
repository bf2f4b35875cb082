"""The primitives of a blueprint, one file each: grammar and SQL side by side. Found by listing this folder."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from lastmeter.journeys.grammar import Declaration


@cache
def primitives() -> dict[str, type[Declaration]]:
    """Name of the array of tables -> its declaration, by name."""
    found: dict[str, type[Declaration]] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Declaration) and "TABLE" in vars(value):
                found[value.TABLE] = value
    return found
