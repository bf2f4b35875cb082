"""What briefs were published with: figures that late data changes afterwards are shown restated, with both values."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from lastmeter.diagnosis.accountable import View
from lastmeter.diagnosis.brief import Brief

Figures = dict[str, float | None]


def first_figures(folder: Path, kind: str, period: str, of: str | None) -> Figures:
    """The figures of the first published brief of a kind, period and what it is about (`about`); empty if none was."""
    path = _file(folder, kind, period, of)
    return msgspec.json.decode(path.read_bytes(), type=Figures) if path.exists() else {}


def remember(folder: Path, brief: Brief) -> None:
    """Keep the figures of a brief that is being published; those of an earlier one of the same period stay."""
    path = _file(folder, brief.kind, brief.period.code, about(brief.place, brief.view))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(brief.figures))


def about(place: str | None, view: View | None) -> str | None:
    """What a brief is about, of the whole company nothing: a post, a department and a place may have one name."""
    parts = [*([f"{view.kind}.{view.code}"] if view else []), *([place] if place else [])]
    return "-".join(parts) or None


def _file(folder: Path, kind: str, period: str, of: str | None) -> Path:
    named = "-".join([kind, period, *([of] if of else [])])
    return folder / (re.sub(r"[^\w-]", "_", named) + ".json")
