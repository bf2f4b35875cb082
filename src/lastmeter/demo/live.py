"""A simulated company that goes on living: its exports cut at one moment, and what its systems will report afterwards.

Cut are rows of CSV files: an instant later than the moment is yet to come, so its cell is empty; a row none of whose
instants has come is yet to be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lastmeter.journal.engine import identifier, literal, open_duckdb
from lastmeter.kernel.clock import local_of_utc, utc_of_local

STREAM = "stream.ndjson"
_FORM = "%Y-%m-%d %H:%M:%S"


def cut(
    files: Mapping[str, Sequence[Path]], instants_of: Callable[[str, Path], Sequence[str]], zone: ZoneInfo, *, since: datetime,
    folder: Path,
) -> dict[str, tuple[Path, ...]]:
    """Write into `folder` the files as they stood at `since` (naive UTC), and `STREAM`: one JSON object a report that
    follows, by time: at (UTC), source, row. Returns the files by source, to be imported in this order.

    instants_of: the columns of a source's file that hold instants, local in `zone`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    until: dict[str, tuple[Path, ...]] = {}
    reports: list[tuple[str, str, dict[str, Any]]] = []
    local = local_of_utc(since, zone)
    for source, paths in files.items():
        kept = []
        for path in paths:
            instants = instants_of(source, path)
            kept.append(_write_until(path, instants, local, folder / path.name))
            for moment, row in _rows_after(path, instants, local):
                reports.append((utc_of_local(moment, zone).isoformat(), source, row))
        until[source] = tuple(kept)
    reports.sort(key=lambda report: report[:2])
    with (folder / STREAM).open("w", encoding="utf-8") as stream:
        for at, source, row in reports:
            stream.write(json.dumps({"at": at, "source": source, "row": row}, ensure_ascii=False) + "\n")
    return until


def read_stream(folder: Path, *, since: datetime) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    """The reports later than `since`, by time: when (naive UTC), source, row."""
    with (folder / STREAM).open(encoding="utf-8") as stream:
        for line in stream:
            report = json.loads(line)
            at = datetime.fromisoformat(report["at"])
            if at > since:
                yield at, report["source"], report["row"]


def _csv(path: Path) -> str:
    return f"read_csv({literal(str(path))}, header = true, all_varchar = true)"


def _moment(column: str) -> str:
    return f"CAST({identifier(column)} AS TIMESTAMP)"


def _write_until(path: Path, instants: Sequence[str], local: datetime, target: Path) -> Path:
    """The file as it stood: later instants empty, rows without any that has come left out. Rows whose every instant is
    unknown stay.
    """
    moment = f"TIMESTAMP {literal(local.strftime(_FORM))}"
    replaced = ", ".join(
        f"CASE WHEN {_moment(one)} > {moment} THEN NULL ELSE {identifier(one)} END AS {identifier(one)}" for one in instants
    )
    came = " OR ".join(f"{_moment(one)} <= {moment}" for one in instants)
    unknown = " AND ".join(f"{identifier(one)} IS NULL" for one in instants)
    chosen = f"* REPLACE ({replaced})" if instants else "*"
    where = f" WHERE {came} OR ({unknown})" if instants else ""
    with open_duckdb() as duck:
        duck.execute(f"COPY (SELECT {chosen} FROM {_csv(path)}{where}) TO {literal(str(target))} (HEADER, DELIMITER ',')")
    return target


def _rows_after(path: Path, instants: Sequence[str], local: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Each later instant of each row, with the row as its system reports it then: what comes later still is empty."""
    if not instants:
        return
    moment = f"TIMESTAMP {literal(local.strftime(_FORM))}"
    later = " OR ".join(f"{_moment(one)} > {moment}" for one in instants)
    with open_duckdb() as duck:
        found = duck.execute(f"SELECT * FROM {_csv(path)} WHERE {later}")
        names = [column[0] for column in found.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    for row in rows:
        times = {one: datetime.strptime(row[one], _FORM) for one in instants if row[one]}
        for when in sorted({at for at in times.values() if at > local}):
            yet_to_come = {one for one, at in times.items() if at > when}
            yield when, {name: "" if value is None or name in yet_to_come else value for name, value in row.items()}
