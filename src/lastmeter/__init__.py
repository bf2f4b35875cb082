"""Last Meter: the closed loop between a service company and the people it serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lastmeter.workspace import Workspace

__version__ = "0.1.0"
__all__ = ["open"]


def open(folder: str | Path) -> Workspace:  # noqa: A001 - reads as lastmeter.open("acme")
    """Open a company's workspace; close it, or use it in a `with`, when done.

    Raises:
        LastMeterError: `workspace.missing`, `config.invalid`.
    """
    from lastmeter.workspace import Workspace

    return Workspace.open(Path(folder))
