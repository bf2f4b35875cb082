"""All indicators: those of the catalogue, found file by file, and those that a company declares in its workspace."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from lastmeter.indicators import catalogue as built_in
from lastmeter.indicators.company import load_indicators
from lastmeter.indicators.indicator import Indicator
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

OWN = "own"


@dataclass(frozen=True, slots=True)
class Area:
    """The indicators of one file of the catalogue, or a company's own: its code, what it is called, what it holds."""

    code: str
    title: Title
    indicators: tuple[Indicator, ...]


def declared_in(package: ModuleType) -> list[Indicator]:
    """Every indicator that a module of a catalogue package lists in `INDICATORS`, by module name, then as listed.

    Raises:
        LastMeterError: `indicator.declared_twice`.
    """
    return _distinct([one for _, module in _modules(package) for one in module.INDICATORS])


def all(folder: Path | None = None) -> list[Indicator]:  # noqa: A001 - read as registry.all()
    """The catalogue's indicators, then those of a workspace's `indicators` folder.

    Raises:
        LastMeterError: `indicator.declared_twice`, or what a company's file has wrong (`indicator.*`).
    """
    return _distinct([*_catalogue(), *(load_indicators(folder) if folder else [])])


def areas(folder: Path | None = None) -> list[Area]:
    """The indicators by area, in the order of `all`; a company's own are the last area.

    Raises:
        LastMeterError: what `all` raises.
    """
    found = [Area(name, getattr(module, "AREA", Title(name, name)), tuple(module.INDICATORS)) for name, module in _modules(built_in)]
    own = tuple(load_indicators(folder)) if folder else ()
    _distinct([*(one for area in found for one in area.indicators), *own])
    return [*found, Area(OWN, Title("公司自己的", "The company's own"), own)] if own else found


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


def _modules(package: ModuleType) -> list[tuple[str, ModuleType]]:
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    return [(name, importlib.import_module(f"{package.__name__}.{name}")) for name in names]


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
