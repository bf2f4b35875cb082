"""Shipped lists of statuses, one TOML file each in `statuses/`: what a status column's words mean, as event types."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lastmeter.kernel.toml_file import read_toml

_FOLDER = Path(__file__).with_name("statuses")


def status_lists() -> list[str]:
    """The names of the lists."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def statuses(name: str) -> dict[str, tuple[str, ...]]:
    """The statuses of a list by the last part of the event type that they mean: {"delivered": ("已签收", ...)}."""
    listed = read_toml(_FOLDER / f"{name}.toml").values
    return {code: tuple(entry["statuses"]) for code, entry in listed.items()}
