"""What a process knows of live sources: how their messages are read, what of them is personal, when they were last heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections
from django.db.transaction import get_connection

from lastmeter.connectors.mapping import Mapping as SourceMapping
from lastmeter.connectors.mapping_file import load_mapping
from lastmeter.connectors.message_values import Privacy
from lastmeter.connectors.messages import Reading
from lastmeter.journal import Journal
from lastmeter.journal.connection import Connection
from lastmeter.journal.event import Event
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.company import served
from lastmeter.server.intake.models import LiveSource
from lastmeter.workspace import Workspace

KNOWN_SECONDS = 2.0
TELL_SECONDS = 1.0
SOURCES = 500
"""So many live sources there may be."""


@dataclass(frozen=True, slots=True)
class Known:
    """The sources as they were read last, and how messages are read by that."""

    sources: Mapping[str, LiveSource]
    reading: Reading
    read: float


@dataclass(slots=True)
class _Heard:
    """What has come from a source and is not told to the journal yet."""

    types: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    contact: datetime | None = None
    told_at: float = 0.0


_lock = threading.Lock()
_renewing = threading.Lock()
_kept: tuple[Journal, Known] | None = None
_heard: dict[str, _Heard] = {}


def known(*, fresh: bool = False) -> Known:
    """What is known, some seconds old. When it is to be read anew one request does so; the others need not wait for it."""
    journal = served.journal
    kept = _kept
    if fresh or kept is None or kept[0] is not journal:
        return _read(journal)
    if time.monotonic() - kept[1].read < KNOWN_SECONDS or not _renewing.acquire(blocking=False):
        return kept[1]
    try:
        return _read(journal)
    finally:
        _renewing.release()


def _read(journal: Journal) -> Known:
    global _kept  # noqa: PLW0603 - one memory a process is the point
    # The writer's thread serves no request: nobody else lets go of a connection that broke there.
    if not get_connection().in_atomic_block:
        close_old_connections()
    sources = {source.name: source for source in LiveSource.objects.all()}
    with journal.connected() as connection:
        types = journal.attributes(connection)
    names = {*sources, *(path.stem for path in (settings.WORKSPACE / "sources").glob("*.toml"))}
    reading = Reading(
        settings.COMPANY.company.zone, types, {name: _privacy(name, sources.get(name)) for name in names},
        {name: zone for name in names if (zone := _zone(name, sources.get(name)))},
    )
    found = Known(sources, reading, time.monotonic())
    with _lock:
        if _kept is None or _kept[0] is not journal:
            _heard.clear()
        _kept = (journal, found)
    return found


def renewed(reading: Reading, connection: Connection | None = None) -> Reading:
    """The same reading with the attributes that the journal has now, as an open transaction sees them."""
    types = known(fresh=True).reading.types if connection is None else served.journal.attributes(connection)
    return Reading(reading.zone, types, reading.privacy, reading.zones, renewed=True)


def ensure(names: Iterable[str]) -> None:
    """Make the sources that are not known yet.

    Raises:
        LastMeterError: `intake.too_many_sources`.
    """
    missing = set(names) - known().sources.keys()
    if not missing:
        return
    if LiveSource.objects.count() + len(missing) > SOURCES:
        raise LastMeterError(
            "intake.too_many_sources", Title("实时来源已达 {most} 个", "There are {most} live sources already"),
            Title("检查 source 是否把编号写了进去", "See whether an id has got into `source`"), most=SOURCES,
        )
    for name in missing:
        LiveSource.objects.get_or_create(name=name, defaults={"made_at": clock.now()})
    known(fresh=True)


def mapping_of(name: str) -> SourceMapping | None:
    """The mapping in the workspace's `sources/NAME.toml`, if there is one that can be used."""
    path = Path(settings.WORKSPACE) / "sources" / f"{name}.toml"
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return _mapping(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=200)
def _mapping(path: Path, _changed: int, _size: int) -> SourceMapping | None:
    try:
        return load_mapping(path)
    except LastMeterError:
        return None


def hear(name: str, types: Collection[str], at: datetime) -> None:
    """Remember that a source was in contact; `tell` brings it into the journal."""
    with _lock:
        heard = _heard.setdefault(name, _Heard())
        heard.types.update(types)
        heard.contact = at if heard.contact is None else max(at, heard.contact)


def tell(connection: Connection) -> None:
    """Say in the open transaction which sources were heard of, each at most once a second."""
    now = time.monotonic()
    with _lock:
        due = [(name, heard, heard.contact, set(heard.types)) for name, heard in _heard.items()
               if heard.contact is not None and (now - heard.told_at >= TELL_SECONDS or heard.types - heard.told)]
        for _name, heard, _contact, types in due:
            heard.told_at, heard.contact = now, None
            heard.told |= types
    for name, _heard_of, contact, types in due:
        assert contact is not None  # noqa: S101 - chosen so
        served.journal.tell_source(connection, name, types, watermark_at(name, contact), at=clock.now())


def watermark_at(name: str, contact: datetime) -> datetime | None:
    """Up to when a source is complete that was in contact at that time; None where it says so itself."""
    source = known().sources.get(name)
    if source is None or source.mode == "declared":
        return None
    return contact - timedelta(seconds=source.lateness_seconds)


def brands_of(event: Event) -> set[str]:
    """The brands that an event names, by what the blueprints take for the brand."""
    names = _brand_names_since(known().read)
    columns = {"place": event.place, "performer": event.performer, "channel": event.channel, **event.attributes}
    return {ref.id for ref in event.objects if ref.type in names} | {
        str(value) for name, value in columns.items() if name in names and value is not None}


@lru_cache(maxsize=1)
def _brand_names_since(_read: float) -> frozenset[str]:
    return served.find("intake.brand_names", _brand_names).value


def _brand_names(ws: Workspace) -> frozenset[str]:
    """By the blueprints' dimension: `store`, `event:placed.brand`, `product.brand`."""
    dimensions = [one for blueprint in ws.blueprints for one in blueprint.dimensions if one.name == "brand"]
    found = {one.attribute or one.related or one.column or one.object_type or "" for one in dimensions}
    return frozenset({"brand", *found})


def _privacy(name: str, source: LiveSource | None) -> Privacy:
    stated = Privacy() if source is None else Privacy(
        frozenset(source.personal), frozenset(source.said), frozenset(source.plain), frozenset(source.identities),
        tuple(source.relays),
    )
    mapping = mapping_of(name)
    return stated if mapping is None else stated.with_mapping(mapping)


def _zone(name: str, source: LiveSource | None) -> str:
    if source is not None and source.zone:
        return source.zone
    mapping = mapping_of(name)
    return mapping.source.zone if mapping else ""
