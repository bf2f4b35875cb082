"""A simulated company's exports as they stood some days ago, so that the days since can be played as they happen."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lastmeter.kernel.clock import zone_named

if TYPE_CHECKING:
    from lastmeter.workspace.company import Workspace

FOLDER = Path("exports") / "until"


def hold_back(ws: Workspace, files: Mapping[str, Sequence[Path]], *, since: datetime) -> dict[str, tuple[Path, ...]]:
    """Write into `FOLDER` of the workspace the files as they stood at `since` (naive UTC) and what follows; see `demo.live.cut`.
    Which columns hold instants, the mappings of the sources say.
    """
    from lastmeter.demo.live import cut

    def instants_of(source: str, path: Path) -> list[str]:
        from lastmeter.connectors.mapping import UNKNOWN
        from lastmeter.connectors.recognise import table_of

        with path.open(encoding="utf-8") as file:
            columns = next(csv.reader(file))
        table = table_of(ws.mapping(source), path.name, columns)
        return list(dict.fromkeys(rule.at for rule in table.event if rule.at != UNKNOWN))

    return cut(files, instants_of, zone_named(ws.config.company.zone), since=since, folder=ws.folder / FOLDER)
