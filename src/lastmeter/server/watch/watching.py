"""One turn of the watch: bring the fact tables up to date if anything asks for it, then raise and withdraw."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys import sql
from lastmeter.journeys.fact_files import MANIFEST, Manifest, held, manifest_of, read_manifest
from lastmeter.journeys.scope import Sources
from lastmeter.server import clock
from lastmeter.server.company import served, workspace
from lastmeter.server.watch import comparing
from lastmeter.server.watch.actions import TAKEN_OVER, Settled, settle, take_over
from lastmeter.server.watch.comparing import Kept
from lastmeter.server.watch.models import Compared, Flaw

log = logging.getLogger(__name__)
OLDEST = timedelta(minutes=2)
"""Fact tables are made as of now at least so often, even if nothing happened."""
WAVERING = timedelta(minutes=5)
"""So far a clock that is set right may go back without anything being judged anew."""
Signature = tuple[Hashable, ...]


@dataclass(slots=True)
class _Turn:
    """What this process remembers from one turn to the next; without it a turn only does more."""

    built: Signature | None = None
    kept: Kept | None = None


_turn = _Turn()


def watch(at: datetime) -> Settled:
    """Build if need be, then compare with what was raised."""
    folder = served.folder / "facts"
    if (reason := why_build(folder, at)) is not None:
        signature = _signature()
        with workspace() as ws:
            report = ws.build(at=max(at, _built_at(folder, at)))
        _turn.built = signature
        log.info("built", extra={"fields": {
            "reason": report.full or reason, "journeys": report.journeys, "dirty": report.dirty, "seconds": round(report.seconds, 2)}})
    return compare(folder, at)


def why_build(folder: Path, at: datetime) -> str | None:
    """first, events, deadline or age; None where the fact tables say what a build would."""
    signature = _signature()
    built = read_manifest(folder)
    if built is None:
        return "first" if served.journal.state() != (0, 0) else None
    if signature != _turn.built:
        return "events"
    if deadline_passed(folder, built, at):
        return "deadline"
    return "age" if abs(at - built.at) > OLDEST * clock.speed() else None


def deadline_passed(folder: Path, built: Manifest, at: datetime) -> bool:
    """Whether a journey may have changed without an event: a deadline that its sources have passed by now."""
    sources = Sources(at, served.journal.sources())
    passed = [
        f"(needs = {sql.text(needs)} AND due_at <= {sql.instant(horizon)})"
        for needs in built.horizons if (horizon := sources.horizon(needs)) is not None
    ]
    if not passed:
        return False
    kept = Kept.of(folder, built)
    if kept is None:
        return True
    try:
        with open_duckdb() as duck:
            found = duck.execute(f"SELECT 1 FROM {held(folder, built, 'deadlines')} WHERE {' OR '.join(passed)} LIMIT 1").fetchall()
        return bool(found)
    finally:
        kept.let_go()


def compare(folder: Path, at: datetime) -> Settled:
    """Raise what came and withdraw what went since the last comparison, by this process or by one before it."""
    now = Kept.current(folder)
    if now is None:
        return Settled()
    try:
        settled = _settled(folder, now.manifest, at)
    except BaseException:
        # A turn that fails is tried again for as long as it fails: it must not keep its files.
        now.let_go()
        raise
    if _turn.kept is not None:
        _turn.kept.let_go()
    # What was compared stays, so that the next comparison finds both sides.
    _turn.kept = now
    if settled != Settled():
        log.info("compared", extra={"fields": {
            "raised": settled.raised, "late_found": settled.late_found, "withdrawn": settled.withdrawn, "inherited": settled.inherited}})
    return settled


def _settled(folder: Path, now: Manifest, at: datetime) -> Settled:
    last = Compared.objects.filter(pk=1).first()
    if last is None:
        return take_over(comparing.all_since(folder, now, at - TAKEN_OVER), now, at=at)
    return settle(_difference(folder, last, now), now, last, at=at)


def forget_turn() -> None:
    """As after a restart; for tests and after a restore."""
    if _turn.kept is not None:
        _turn.kept.let_go()
    _turn.built = _turn.kept = None


def _difference(folder: Path, last: Compared, now: Manifest) -> comparing.Difference:
    before = manifest_of(last.manifest)
    kept = Kept.of(folder, before)
    if kept is not None:
        try:
            return comparing.between(folder, before, now)
        finally:
            kept.let_go()
    # Somebody else built more than once while no watch ran: what was raised is all that is known of the state before.
    found = comparing.from_known(folder, _known(), now)
    withdrawn = set(Flaw.objects.exclude(withdrawn_at=None).values_list("flaw_id", flat=True))
    history = [row for row in found.come if row["flaw_id"] not in withdrawn
               and row["occurred_at"] is not None and row["occurred_at"] < last.since]
    return comparing.Difference([row for row in found.come if row not in history], found.gone, found.changed)


def _known() -> pa.Table:
    names = {"journey_kind": "kind", "journey_id": "journey"}
    rows = Flaw.objects.filter(withdrawn_at=None).values_list(*(names.get(name, name) for name in comparing.COLUMNS))
    return pa.Table.from_pylist([dict(zip(comparing.COLUMNS, row, strict=True)) for row in rows.iterator()],
                                schema=pa.schema(list(comparing.COLUMNS.items())))


def _signature() -> Signature:
    """What calls for a build where it changes: the journal, and the files that say how it is read."""
    return (*served.journal.state(), *(one for one in served.fingerprint() if one[0] != MANIFEST))


def _built_at(folder: Path, at: datetime) -> datetime:
    """The moment of the last build where the clock went back by no more than it wavers."""
    built = read_manifest(folder)
    return built.at if built is not None and built.at - at <= WAVERING else at
