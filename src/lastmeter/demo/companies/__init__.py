"""The simulated companies, one file each: a declared scenario, drawn by `lastmeter.demo.declared`.

    planted = write(folder, company="onsite", events=200_000, seed=3, strength=0.6)

`commerce` has a simulator of its own; the others are found by listing this folder.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

from lastmeter.demo import company as commerce
from lastmeter.demo import settings
from lastmeter.demo.company import DemoReport
from lastmeter.demo.declared import simulate_scenario
from lastmeter.demo.planted import Planted, planted_of
from lastmeter.demo.scenario import Scenario
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

COMMERCE = "commerce"
Progress = Callable[[float, str], None]

__all__ = ["COMMERCE", "Planted", "check_company", "companies", "planted_of", "scenario", "sign", "simulate", "write"]


def companies() -> list[str]:
    """The names of the companies: those of the templates of workspaces."""
    return sorted([COMMERCE, *_scenarios()])


def check_company(company: str) -> None:
    """Refuse a company that there is not.

    Raises:
        LastMeterError: `demo.company`.
    """
    if company not in companies():
        raise LastMeterError(
            "demo.company",
            Title("没有“{company}”这家演示公司", "There is no demo company “{company}”"),
            Title("可用：{names}", "Use one of: {names}"),
            company=company, names=", ".join(companies()),
        )


def scenario(company: str) -> Scenario:
    """The declaration of a company other than commerce.

    Raises:
        LastMeterError: `demo.company`.
    """
    check_company(company)
    return _scenarios()[company]


def write(
    folder: Path, *, company: str, events: int = 200_000, seed: int = 1, strength: float = 1.0
) -> list[Planted]:
    """Write a company's exports into a folder and say what is wrong with it: `simulate(...)` with the truth alone."""
    return planted_of(simulate(folder, company=company, events=events, seed=seed, strength=strength))


def simulate(
    folder: Path, *, company: str, events: int = 200_000, seed: int = 1, strength: float = 1.0,
    progress: Progress | None = None,
) -> DemoReport:
    """Write a company's exports and truth.json; the same arguments give the same bytes.

    Args:
        folder: made if it is not there; files of the same names are replaced.
        company: one of `companies()`.
        events: how many events an import of all files shall find, 5,000 to 10,000,000; met within a few in a hundred.
        seed: the only source of chance.
        strength: 1 plants the problems in their declared size, 0.6 at 60 % of it, 0 not at all; everything else in the
            company stays as the seed drew it.
        progress: called after each chunk with the share done, 0 to 1, and what was reached.

    Raises:
        LastMeterError: `demo.company`, `demo.size`, `demo.strength`.
    """
    if not 0 <= strength <= 1:
        raise LastMeterError(
            "demo.strength",
            Title("强度不能是 {strength}", "The strength cannot be {strength}"),
            Title("请选 0 到 1 之间的数", "Choose a number from 0 to 1"),
            strength=strength,
        )
    if company == COMMERCE:
        return commerce.generate(folder, seed=seed, events=events, strength=strength, progress=progress)
    return simulate_scenario(folder, scenario(company), events=events, seed=seed, strength=strength, progress=progress)


def sign(workspace: Path, company: str) -> None:
    """Make a fresh workspace of the template of that name the company's own: its name, its people, what codes mean."""
    if company == COMMERCE:
        settings.sign(workspace)
    else:
        settings.sign_scenario(workspace, scenario(company))


@cache
def _scenarios() -> dict[str, Scenario]:
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    declared = [import_module(f"{__name__}.{name}").SCENARIO for name in names]
    return {one.name: one for one in declared}
