"""The folder of the fact tables: Parquet files, and one manifest that says which of them hold.

    facts/manifest.json     swapped by one rename a build
    facts/g7/...            the files of generation 7: a base (all rows) or a tail (rows that replace some of the base)

Rows of the base whose journey is in the list of dirty journeys do not hold; those of the tail do. The same for what is
described of objects. The files of the manifest before stay until the next build, and as long as somebody reads them
(`readers`).
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from lastmeter.journal.durable import sync, written_durably
from lastmeter.journeys import readers, sql
from lastmeter.journeys.fact_rows import STORED
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

MANIFEST = "manifest.json"
DESCRIBED = {"object_type": "VARCHAR", "object_id": "VARCHAR", "told": "VARCHAR[]", "month_bits": "BIGINT"}
KEYS = {**dict.fromkeys(STORED, ("journey_kind", "journey_id")), "described": ("object_type", "object_id")}
"""By which columns rows of the tail replace rows of the base."""
COLUMNS = {**STORED, "described": DESCRIBED}
PARQUET = "FORMAT parquet, COMPRESSION lz4_raw"
"""Fact tables are read a hundred times for once that they are written, and can be made again: quick before small."""


@dataclass(frozen=True)
class Manifest:
    """Which files hold, and what they were made from."""

    generation: int
    journal: int
    at: datetime
    readings: Mapping[str, str]
    horizons: Mapping[str, datetime | None]
    watermarks: Mapping[str, datetime | None]
    described_next: datetime | None
    described_months: Sequence[str | None]
    base: Mapping[str, list[str]] = field(default_factory=dict)
    tail: Mapping[str, list[str]] = field(default_factory=dict)
    journeys: int = 0
    base_journeys: int = 0
    tail_journeys: int = 0
    previous: list[int] = field(default_factory=list)

    @property
    def tail_share(self) -> float:
        """Rows of the tail for each row of the base."""
        return self.tail_journeys / max(self.base_journeys, 1)

    def generations(self) -> set[int]:
        """Those whose files hold."""
        files = [file for part in (self.base, self.tail) for names in part.values() for file in names]
        return {int(file.split("/")[0][1:]) for file in files}


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest that holds; None before the first build.

    Raises:
        LastMeterError: `facts.damaged`.
    """
    try:
        return manifest_of((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(folder) from error


def damaged(folder: Path) -> LastMeterError:
    """The error of fact tables whose manifest cannot be read, or names files that are gone."""
    return LastMeterError(
        "facts.damaged", Title("事实表的清单 {file} 已损坏", "The manifest of the fact tables {file} is damaged"),
        Title("用 lastmeter build --full 重建", "Rebuild it with lastmeter build --full"), file=str(folder / MANIFEST),
    )


def text_of(manifest: Manifest) -> str:
    """The manifest as text."""
    return json.dumps(asdict(manifest), default=datetime.isoformat, indent=1)


def manifest_of(text: str) -> Manifest:
    """The manifest that `text_of` wrote."""
    content = json.loads(text)
    for name in ("horizons", "watermarks"):
        content[name] = {key: value and datetime.fromisoformat(value) for key, value in content[name].items()}
    for name in ("at", "described_next"):
        content[name] = content[name] and datetime.fromisoformat(content[name])
    return Manifest(**content)


def publish(folder: Path, manifest: Manifest) -> None:
    """Make a manifest hold, by one rename, and sweep files that no manifest but the last two names and nobody reads."""
    with written_durably(folder / MANIFEST) as temporary:
        temporary.write_text(text_of(manifest), encoding="utf-8")
    kept = manifest.generations() | set(manifest.previous)
    for path in _generations(folder):
        if int(path.name[1:]) not in kept:
            readers.remove_unread(path)


def hold_files(folder: Path, manifest: Manifest) -> list[int]:
    """Keep what a manifest names until `readers.let_go`.

    Raises:
        FileNotFoundError: it does not hold any more.
    """
    return readers.hold(folder / f"g{number}" for number in sorted(manifest.generations()))


def generations_held(folder: Path) -> list[int]:
    """The generations whose files hold now; none where no manifest can be read."""
    try:
        manifest = read_manifest(folder)
    except LastMeterError:
        return []
    return sorted(manifest.generations()) if manifest else []


def _generations(folder: Path) -> list[Path]:
    return [path for path in folder.glob("g*") if path.is_dir() and path.name[1:].isdigit()]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One build at a time; a second one waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class GenerationWriter:
    """Writes the files of one generation; they hold once a manifest names them."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.duck = duck
        self.folder = folder
        self.generation = max([0, *(int(path.name[1:]) for path in _generations(folder))]) + 1
        self.files: dict[str, list[str]] = {}
        (folder / f"g{self.generation}").mkdir(parents=True)

    def write(self, table: str, query: str) -> int:
        """A file of a table from a query; how many rows. An empty one is not kept."""
        names = self.files.setdefault(table, [])
        name = f"g{self.generation}/{table}-{len(names):03d}.parquet"
        path = self.folder / name
        done = self.duck.execute(f"COPY ({query}) TO {sql.text(str(path))} ({PARQUET})").fetchone()
        rows = int(done[0]) if done else 0
        if rows:
            sync(path)
            names.append(name)
        else:
            path.unlink()
        return rows

    def close(self) -> Mapping[str, list[str]]:
        """All files are on disk; their names by table."""
        sync(self.folder / f"g{self.generation}")
        sync(self.folder)
        return self.files


def held(folder: Path, manifest: Manifest, table: str) -> str:
    """SQL of the rows of a table that hold: base without dirty ones, and tail."""
    base = _rows(folder, table, manifest.base.get(table, []))
    if not manifest.tail:
        return base
    keys = KEYS[table]
    dirty = _rows(folder, "", manifest.tail.get(_dirty_of(table), []), dict.fromkeys(keys, "VARCHAR"))
    tail = _rows(folder, table, manifest.tail.get(table, []))
    return f"(SELECT * FROM {base} ANTI JOIN {dirty} USING ({', '.join(keys)}) UNION ALL SELECT * FROM {tail})"


def held_base(folder: Path, manifest: Manifest, table: str) -> str:
    """SQL of the rows of the base, those of dirty journeys too."""
    return _rows(folder, table, manifest.base.get(table, []))


def held_dirty(folder: Path, manifest: Manifest, table: str) -> str:
    """SQL of the keys whose rows in the base do not hold."""
    return _rows(folder, "", manifest.tail.get(_dirty_of(table), []), dict.fromkeys(KEYS[table], "VARCHAR"))


def held_tail(folder: Path, manifest: Manifest, table: str) -> str:
    """SQL of the rows of the tail."""
    return _rows(folder, table, manifest.tail.get(table, []))


def _dirty_of(table: str) -> str:
    return "dirty_objects" if table == "described" else "dirty"


def _rows(folder: Path, table: str, names: list[str], columns: Mapping[str, str] | None = None) -> str:
    kinds = COLUMNS[table] if columns is None else columns
    if not names:
        return f"(SELECT {sql.columns({name: f'NULL::{kind}' for name, kind in kinds.items()})} WHERE false)"
    listed = ", ".join(sql.text(str(folder / name)) for name in names)
    return f"(SELECT {', '.join(sql.quoted(name) for name in kinds)} FROM read_parquet([{listed}]))"
