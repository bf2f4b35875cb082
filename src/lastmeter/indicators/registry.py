"""All indicators: those of the catalogue, found file by file, and those that a company declares in its workspace."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from lastmeter.indicators import catalogue as built_in
from lastmeter.indicators.company import load_indicators
from lastmeter.indicators.indicator import Indicator
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


def declared_in(package: ModuleType) -> list[Indicator]:
    """Every indicator that a module of a catalogue package lists in `INDICATORS`, by module name, then as listed.

    Raises:
        LastMeterError: `indicator.declared_twice`.
    """
    found: list[Indicator] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        found.extend(importlib.import_module(f"{package.__name__}.{module.name}").INDICATORS)
    return _distinct(found)


def all(folder: Path | None = None) -> list[Indicator]:  # noqa: A001 - read as registry.all()
    """The catalogue's indicators, then those of a workspace's `indicators` folder.

    Raises:
        LastMeterError: `indicator.declared_twice`, or what a company's file has wrong (`indicator.*`).
    """
    return _distinct([*_catalogue(), *(load_indicators(folder) if folder else [])])


def get(code: str, folder: Path | None = None) -> Indicator:
    """The indicator of that code.

    Raises:
        LastMeterError: `indicator.unknown`.
    """
    for indicator in all(folder):
        if indicator.code == code:
            return indicator
    raise LastMeterError(
        "indicator.unknown",
        Title("没有指标“{code}”", "There is no indicator “{code}”"),
        Title("用 lastmeter indicators list 查看全部指标", "See them all with `lastmeter indicators list`"),
        code=code,
    )


@lru_cache(maxsize=1)
def _catalogue() -> tuple[Indicator, ...]:
    return tuple(declared_in(built_in))


def _distinct(indicators: list[Indicator]) -> list[Indicator]:
    seen: set[str] = set()
    for indicator in indicators:
        if indicator.code in seen:
            raise LastMeterError(
                "indicator.declared_twice",
                Title("指标“{code}”声明了两次", "The indicator “{code}” is declared twice"),
                Title("请给其中一个换一个代码", "Give one of them another code"),
                code=indicator.code,
            )
        seen.add(indicator.code)
    return indicators
