"""A backup of a workspace while it runs, and its restoring, which erases again what has been erased since.

A backup is one tar file: the settings, the database as of one moment, and every file of the journal that this moment's
manifest names. Fact tables are left out: they can be made again.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lastmeter.journal import Journal, manifest
from lastmeter.journal.durable import written_durably
from lastmeter.journal.erasure_log import FILE as ERASURES
from lastmeter.journal.locks import take_lock
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.workspace.company import Workspace
from lastmeter.workspace.config import load_config

FORMAT = 1
LABEL = "backup.json"
SQLITE = "journal/journal.sqlite3"
DUMP = "journal/database.dump"
_FILES = ("lastmeter.toml", "claims.toml", "focus.toml")
_FOLDERS = ("blueprints", "indicators", "calendars", "sources", "published")
_PAIR = "journal/database.id"
_LAST = "journal/backup.at"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds: files of the journal, bytes of the backup."""

    segments: int
    size: int


def back_up(ws: Workspace, target: Path, *, at: datetime) -> BackupReport:
    """Write a backup; readers and writers go on meanwhile.

    Raises:
        LastMeterError: `backup.exists`, `backup.tool`, `journal.disk_full`, `journal.not_writable`.
    """
    if target.exists():
        raise LastMeterError(
            "backup.exists", Title("{file} 已存在", "{file} exists already"),
            Title("换一个文件名；备份从不覆盖", "Choose another name: a backup is never written over"), file=target.name,
        )
    journal = ws.journal
    # As long as this lock is held nobody deletes a file of the journal.
    held = take_lock(journal.folder / "readers.lock", shared=True)
    try:
        with tempfile.TemporaryDirectory(dir=ws.folder) as scratch, written_durably(target) as temporary:
            database = _copy_of_database(journal, Path(scratch))
            # Files that came after the copy are more than it names: the first opening sweeps them.
            segments = _segments(journal)
            _write(ws.folder, database, segments, temporary, at, journal.store.dialect)
        (ws.folder / _LAST).write_text(at.isoformat(), encoding="ascii")
        return BackupReport(len(segments), target.stat().st_size)
    finally:
        os.close(held)


def backed_up_at(folder: Path) -> datetime | None:
    """When a workspace was backed up last (naive UTC); None: never from here."""
    try:
        return datetime.fromisoformat((folder / _LAST).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def restore(backup: Path, folder: Path, *, at: datetime, erasures: Path | None = None) -> None:
    """Lay a backup out in a new or empty folder, erase again what its log (and `erasures`, the `erased.log` of the
    workspace that was lost) says, and make the fact tables.

    Raises:
        LastMeterError: `backup.unreadable`, `backup.not_empty`, `backup.incomplete`, `backup.database`, `backup.tool`.
    """
    if folder.exists() and any(folder.iterdir()):
        raise LastMeterError(
            "backup.not_empty", Title("{folder} 不是空的", "{folder} is not empty"),
            Title("恢复到一个新文件夹；核对后再换上", "Restore into a new folder and put it in place once you have looked at it"),
            folder=str(folder),
        )
    label = _unpack(backup, folder)
    if label["dialect"] == "postgresql":
        _load_dump(folder / DUMP, load_config(folder).database.url)
    missing = [name for name in label["segments"] if not (folder / "journal" / name).exists()]
    if missing:
        raise LastMeterError(
            "backup.incomplete", Title("备份缺 {n} 个文件", "The backup lacks {n} files"),
            Title("换一份备份", "Take another backup"), n=len(missing),
        )
    if erasures is not None:
        _add_erasures(folder / "journal" / ERASURES, erasures)
    with Workspace.open(folder) as ws:
        ws.erase_again(at=at)
        ws.purge()
        if ws.blueprints:
            ws.build(at=at, full=True)


def _copy_of_database(journal: Journal, scratch: Path) -> Path:
    if journal.store.url is not None:
        dump = scratch / "database.dump"
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", journal.store.url)
        return dump
    copy = scratch / "journal.sqlite3"
    with closing(sqlite3.connect(journal.store.database_file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _segments(journal: Journal) -> list[str]:
    with journal.store.reading() as connection:
        named = manifest.read(connection, "live", "staged")
    return [segment.file for segment in named]


def _write(folder: Path, database: Path, segments: list[str], target: Path, at: datetime, dialect: str) -> None:
    label = {"format": FORMAT, "at": at.isoformat(), "dialect": dialect, "segments": segments}
    with tarfile.open(target, "w") as tar:
        text = json.dumps(label, indent=1).encode()
        entry = tarfile.TarInfo(LABEL)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
        tar.add(database, SQLITE if dialect == "sqlite" else DUMP)
        for name in (*_FILES, *_FOLDERS, _PAIR, f"journal/{ERASURES}"):
            if (folder / name).exists():
                tar.add(folder / name, name)
        for name in segments:
            tar.add(folder / "journal" / name, f"journal/{name}")


def _unpack(backup: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(backup) as tar:
            first = tar.next()
            label_file = tar.extractfile(first) if first is not None and first.name == LABEL else None
            if label_file is None:
                raise tarfile.ReadError
            label: dict[str, Any] = json.load(label_file)
            if label["format"] != FORMAT:
                raise tarfile.ReadError
            folder.mkdir(parents=True, exist_ok=True)
            for entry in tar:
                if entry.name != LABEL:
                    tar.extract(entry, folder, filter="data")
        return label
    except (tarfile.TarError, OSError, ValueError, KeyError) as error:
        raise LastMeterError(
            "backup.unreadable", Title("{file} 不是完好的备份", "{file} is no whole backup"),
            Title("换一份备份；或检查文件是否复制完整", "Take another backup, or check that the file was copied whole"),
            file=backup.name,
        ) from error


def _add_erasures(log: Path, newer: Path) -> None:
    with newer.open("rb") as source, log.open("ab") as target:
        shutil.copyfileobj(source, target)


def _load_dump(dump: Path, url: str) -> None:
    if not url:
        raise LastMeterError(
            "backup.database", Title("这份备份来自 PostgreSQL", "This backup is of PostgreSQL"),
            Title("用 LASTMETER_DATABASE_URL 给出一个空数据库", "Name an empty database by LASTMETER_DATABASE_URL"),
        )
    _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(dump))
    dump.unlink()


def _run(tool: str, *arguments: str) -> None:
    """PostgreSQL's own tool; what it prints may quote values and is not repeated."""
    if shutil.which(tool) is None:
        raise LastMeterError(
            "backup.tool", Title("找不到 {tool}", "{tool} is not installed"),
            Title("安装 PostgreSQL 客户端（Debian：postgresql-client）", "Install PostgreSQL's client (Debian: postgresql-client)"),
            tool=tool,
        )
    done = subprocess.run([tool, *arguments], capture_output=True, check=False)
    if done.returncode:
        raise LastMeterError(
            "backup.tool_failed", Title("{tool} 以 {code} 退出", "{tool} ended with {code}"),
            Title("检查数据库地址和权限；恢复要用空数据库", "Check the database's address and rights; restoring wants an empty one"),
            tool=tool, code=done.returncode,
        )
