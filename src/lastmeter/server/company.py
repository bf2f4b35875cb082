"""The company that is served: its workspace for one request, and what was found out about it, kept until it changes.

A workspace is handed to one thread at a time. Idle ones wait in a pool as long as nothing that they have read (settings,
blueprints, indicators, the manifest of the fact tables) has changed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings

from lastmeter.journal import Journal
from lastmeter.journal.erasure_log import FILE as ERASURES
from lastmeter.journeys.fact_files import MANIFEST, read_manifest
from lastmeter.kernel.errors import LastMeterError
from lastmeter.workspace import Workspace
from lastmeter.workspace.config import load_config

T = TypeVar("T")
Fingerprint = tuple[tuple[str, int, int], ...]

log = logging.getLogger(__name__)

STALE_SECONDS = 240.0
"""So long a figure of earlier fact tables may still be shown while a fresh one is made: with a build a minute, no figure
is older than five minutes. Its page says as of when it is."""
SLOW_STALE_SECONDS = 1800.0
"""The same for what takes long to find out, of periods that are over: its page says as of when it is, too."""
SOON_SECONDS = 1.0
"""So long a page waits for what takes long before it says that it is being made."""
LANES = 3
"""So many slow findings are made at the same time; others wait for their turn."""
KEPT = 400
_READ = ("lastmeter.toml", "claims.toml", "focus.toml")
_FOLDERS = ("blueprints", "indicators", "calendars")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What was found out, from fact tables as of `at` (None: there are none)."""

    value: T
    at: datetime | None


@dataclass(slots=True)
class _Kept:
    found: Found[Any]
    read: Fingerprint
    made: float


class Served:
    """The workspace of this process: a journal that threads share, a pool of workspaces, a store of findings."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self._database_url = database_url
        self._lock = threading.Lock()
        self._journal: Journal | None = None
        self._idle: list[tuple[Fingerprint, Workspace]] = []
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._coming: dict[Hashable, Future[Found[Any]]] = {}
        self._lanes = threading.BoundedSemaphore(LANES)

    @property
    def journal(self) -> Journal:
        """The journal; opened once."""
        with self._lock:
            if self._journal is None:
                self._journal = Journal.open(self.folder / "journal", database_url=self._database_url or None)
            return self._journal

    def fingerprint(self) -> Fingerprint:
        """What a reading of the company rests on: changes when any of its files does, or the fact tables."""
        files = [self.folder / name for name in _READ]
        for name in _FOLDERS:
            files += sorted((self.folder / name).glob("*.toml"))
        # Whoever was erased is not shown for a moment either: neither from here nor where another process erased.
        files += [self.folder / "journal" / ERASURES, self.folder / "facts" / MANIFEST]
        seen = []
        for file in files:
            try:
                found = file.stat()
            except FileNotFoundError:
                continue
            seen.append((file.name, found.st_mtime_ns, found.st_size))
        return tuple(seen)

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """A workspace of one's own until the end of the block."""
        read = self.fingerprint()
        ws = self._take(read)
        try:
            yield ws
        except BaseException:
            ws.close()
            raise
        self._give_back(read, ws)

    def find(self, key: Hashable, make: Callable[[Workspace], T]) -> Found[T]:
        """What `make` finds out, kept under `key` (say everything in it that `make` depends on) until the company changes.

        Made once however many ask. A value of the fact tables before is shown for at most `STALE_SECONDS` while a new
        one is made.
        """
        read = self.fingerprint()
        with self._lock:
            kept = self._kept.get(key)
            making = self._making.setdefault(key, threading.Lock())
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is not None and kept.read == read:
            return kept.found
        if kept is not None and _same_settings(kept.read, read) and time.monotonic() - kept.made < STALE_SECONDS:
            if making.acquire(blocking=False):
                threading.Thread(target=self._renew, args=(key, make, making), daemon=True, name="renew").start()
            return kept.found
        with making:
            read = self.fingerprint()  # while others made it, the facts may have moved on
            with self._lock:
                kept = self._kept.get(key)
            if kept is not None and kept.read == read:
                return kept.found
            try:
                return self._make(key, make)
            except BaseException:
                # Keys come from addresses: one that means nothing must not stay.
                with self._lock:
                    if key not in self._kept:
                        self._making.pop(key, None)
                raise

    def find_soon(
        self, key: Hashable, make: Callable[[Workspace], T], *, stale: float = SLOW_STALE_SECONDS, wait: float | None = None
    ) -> Found[T] | None:
        """As `find`, for what may take seconds: made in a thread of its own, and None as long as that lasts the first time.

        No request waits for longer than `wait` (`SOON_SECONDS`). What goes wrong is raised to who asks next. A value of the fact
        tables before is shown for `stale` seconds. Use a key with either `find` or this.
        """
        read = self.fingerprint()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                if kept.read == read:
                    return kept.found
            coming = self._coming.get(key)
            if coming is None or (kept is not None and coming.done()):
                coming = self._coming[key] = Future()
                threading.Thread(target=self._make_slowly, args=(key, make, coming), daemon=True, name="slow").start()
        if kept is not None and _same_settings(kept.read, read) and time.monotonic() - kept.made < stale:
            return kept.found
        try:
            return coming.result(timeout=SOON_SECONDS if wait is None else wait)
        except TimeoutError:
            if not coming.done():
                return None
            raise
        finally:
            if coming.done():
                with self._lock:
                    if self._coming.get(key) is coming:
                        del self._coming[key]

    def reset(self) -> None:
        """Forget everything; for tests and after a restore."""
        with self._lock:
            for _read, ws in self._idle:
                ws.close()
            self._idle, self._journal = [], None
            self._kept.clear()
            self._making.clear()
            self._coming.clear()

    def _make_slowly(self, key: Hashable, make: Callable[[Workspace], Any], coming: Future[Found[Any]]) -> None:
        try:
            with self._lanes:
                found = self._make(key, make)
        except Exception as error:
            if not isinstance(error, LastMeterError):
                log.exception("a finding could not be made")
            coming.set_exception(error)
            return
        with self._lock:
            if self._coming.get(key) is coming:
                del self._coming[key]
        coming.set_result(found)

    def _renew(self, key: Hashable, make: Callable[[Workspace], Any], making: threading.Lock) -> None:
        try:
            self._make(key, make)
        except Exception:
            log.exception("a figure could not be renewed")
        finally:
            making.release()

    def _make(self, key: Hashable, make: Callable[[Workspace], T]) -> Found[T]:
        read = self.fingerprint()
        with self.workspace() as ws:
            value = make(ws)
            built = read_manifest(ws.facts_folder)
        found = Found(value, built.at if built else None)
        with self._lock:
            self._kept[key] = _Kept(found, read, time.monotonic())
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                gone, _ = self._kept.popitem(last=False)
                self._making.pop(gone, None)
        return found

    def _take(self, read: Fingerprint) -> Workspace:
        with self._lock:
            stale = [ws for seen, ws in self._idle if seen != read]
            self._idle = [(seen, ws) for seen, ws in self._idle if seen == read]
            ready = self._idle.pop()[1] if self._idle else None
        for ws in stale:
            ws.close()
        if ready is not None:
            return ready
        ws = Workspace(self.folder, load_config(self.folder))
        ws.journal = self.journal
        return ws

    def _give_back(self, read: Fingerprint, ws: Workspace) -> None:
        with self._lock:
            if len(self._idle) < settings.THREADS:
                self._idle.append((read, ws))
                return
        ws.close()


def _same_settings(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether nothing but the fact tables differs: what was found under other blueprints or settings is not shown for a moment."""
    return [file for file in one if file[0] != MANIFEST] == [file for file in other if file[0] != MANIFEST]


served = Served(settings.WORKSPACE, settings.DATABASE_URL)
workspace = served.workspace
find = served.find
find_soon = served.find_soon
