"""What briefs were published with: figures that late data changes afterwards are shown restated, with both values."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from lastmeter.diagnosis.brief import Brief

Figures = dict[str, float | None]


def first_figures(folder: Path, kind: str, period: str, place: str | None) -> Figures:
    """The figures of the first published brief of a kind, period and place; empty if there was none."""
    path = _file(folder, kind, period, place)
    return msgspec.json.decode(path.read_bytes(), type=Figures) if path.exists() else {}


def remember(folder: Path, brief: Brief) -> None:
    """Keep the figures of a brief that is being published; those of an earlier one of the same period stay."""
    path = _file(folder, brief.kind, brief.period.code, brief.place)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(brief.figures))


def _file(folder: Path, kind: str, period: str, place: str | None) -> Path:
    named = "-".join([kind, period, *([place] if place else [])])
    return folder / (re.sub(r"[^\w-]", "_", named) + ".json")
