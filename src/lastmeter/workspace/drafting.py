"""Mappings and blueprints that the data propose, and their files in the workspace; what is there is never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.connectors.proposal import Proposal
    from lastmeter.journeys.discovery.draft import Draft
    from lastmeter.workspace.company import Workspace


def propose_mapping(ws: Workspace, files: Sequence[Path], *, at: datetime, name: str | None = None) -> Proposal:
    """The mapping that some exports propose; see `connectors.proposal.propose`."""
    from lastmeter.connectors.proposal import propose

    return propose(files, name=name, zone=ws.config.company.zone, currency=ws.config.company.currency, at=at)


def save_mapping(ws: Workspace, proposal: Proposal) -> Path:
    """Write `sources/NAME.toml`.

    Raises:
        LastMeterError: `map.exists`.
    """
    return _write(ws.folder / "sources" / f"{proposal.name}.toml", proposal.text, "map.exists", Title(
        "删去它再运行，或用 --source 另取一个名字", "Remove it and run again, or give another name with --source"))


def discover_blueprint(ws: Workspace, object_type: str | None, *, at: datetime) -> Draft:
    """The blueprint that the journal proposes; see `journeys.discovery.draft.discover`."""
    from lastmeter.journeys.discovery.draft import discover

    with ws.journal.snapshot() as snapshot:
        return discover(snapshot, object_type, at=at)


def save_blueprint(ws: Workspace, draft: Draft) -> Path:
    """Write `blueprints/OBJECT.toml`.

    Raises:
        LastMeterError: `discover.exists`.
    """
    from lastmeter.journeys.discovery.toml_text import to_toml

    return _write(ws.folder / "blueprints" / f"{draft.object}.toml", to_toml(draft), "discover.exists", Title(
        "删去它再运行；标准变了请另写一个新版本", "Remove it and run again; for a changed standard write a new version beside it"))


def _write(path: Path, text: str, code: str, hint: Title) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise LastMeterError(code, Title("{file} 已经有了，没有改动它", "{file} is there already and was left as it is"), hint,
                             file=f"{path.parent.name}/{path.name}") from error
    return path
