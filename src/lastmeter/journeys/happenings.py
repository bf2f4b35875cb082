"""The fifth fact table: what happened outside the steps of any journey, one row an event of the types that are asked for.

A page that failed to open, a shelf that was empty, a rival's price, a good act nobody owed. A row is a pure function of
(the effective event, `at`), so a month is written anew if something in it was touched, and left alone if not.

    facts/happenings/manifest.json          swapped by one rename a build
    facts/happenings/7-2018-03.parquet      the rows of a month (UTC), as generation 7 wrote them
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from lastmeter.journal.durable import sync, written_durably
from lastmeter.journeys import readers, sql
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.fact_files import PARQUET, locked
from lastmeter.journeys.facts import HAPPENINGS
from lastmeter.journeys.snapshot import Snapshot
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

FOLDER = "happenings"
_MANIFEST = "manifest.json"
_UNDATED = "undated"
_MONTH = f"coalesce(strftime(occurred_at, '%Y-%m'), '{_UNDATED}')"
# Attributes with a meaning of their own in events of these types; numbers of any registered type count.
_OUTCOME, _NUMBERS = "outcome", ("measured", "against")


@dataclass(frozen=True)
class Manifest:
    """Which file holds which month, and what they were made from.

    types: those asked for; told: those of them that a source tells of; later: months with events after `at`.
    """

    generation: int
    journal: int
    at: datetime
    types: list[str]
    told: list[str]
    customers: list[str]
    attributes: list[str]
    later: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    previous: list[str] = field(default_factory=list)

    @property
    def reading(self) -> tuple[list[str], ...]:
        """What calls for a full build where it differs."""
        return self.types, self.told, self.customers, self.attributes


def build_happenings(
    snapshot: Snapshot, blueprints: Sequence[Blueprint], folder: Path, types: Collection[str], *, at: datetime,
    full: bool = False,
) -> int:
    """Make the happenings in the facts' `folder` say what the journal says at `at`; how many months were written.

    Raises:
        LastMeterError: `facts.damaged` (not with `full`).
    """
    place = folder / FOLDER
    with locked(place):
        old = None if full else read_happenings(folder)
        wanted = _wanted(snapshot, blueprints, types, at)
        months = None if old is None or _is_other(old, wanted) else _touched(snapshot, old)
        if months is not None and not months and old is not None:
            _publish(place, replace(old, journal=wanted.journal, at=at))
            return 0
        kept = {} if months is None or old is None else {m: f for m, f in old.files.items() if m not in months}
        generation = (old.generation if old else _newest(place)) + 1
        wanted = replace(wanted, generation=generation, previous=sorted(old.files.values()) if old else [])
        written, later = _write(snapshot, place, wanted, months)
        # A month that was left alone holds nothing after `at`: those that did are always written.
        _publish(place, replace(wanted, files=kept | written, later=later))
    return len(written)


def read_happenings(folder: Path) -> Manifest | None:
    """The manifest that holds, in the facts' `folder`; None before the first build.

    Raises:
        LastMeterError: `facts.damaged`.
    """
    path = folder / FOLDER / _MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(**{**content, "at": datetime.fromisoformat(content["at"])})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise LastMeterError(
            "facts.damaged", Title("事实表的清单 {file} 已损坏", "The manifest of the fact tables {file} is damaged"),
            Title("用 lastmeter build --full 重建", "Rebuild it with lastmeter build --full"), file=str(path),
        ) from error


def happenings_sql(folder: Path, manifest: Manifest | None) -> str:
    """SQL of the table, columns and types as `facts.HAPPENINGS` has them; without rows where nothing was built."""
    if manifest is None or not manifest.files:
        return f"(SELECT {sql.columns({name: f'NULL::{kind}' for name, kind in HAPPENINGS.items()})} WHERE false)"
    listed = ", ".join(sql.text(str(folder / FOLDER / name)) for name in sorted(manifest.files.values()))
    return f"(SELECT {', '.join(sql.quoted(name) for name in HAPPENINGS)} FROM read_parquet([{listed}]))"


def verify_happenings(snapshot: Snapshot, blueprints: Sequence[Blueprint], folder: Path) -> tuple[int, list[str]]:
    """Rows that differ from a full build of the same journal at the same `at`, and up to ten of their events' ids."""
    manifest = read_happenings(folder)
    if manifest is None:
        return 0, []
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=folder.parent) as name:
        scratch = Path(name)
        build_happenings(snapshot, blueprints, scratch, manifest.types, at=manifest.at, full=True)
        built, truth = happenings_sql(folder, manifest), happenings_sql(scratch, read_happenings(scratch))
        snapshot.duck.execute(f"""
            CREATE OR REPLACE TEMP TABLE differing AS
            (SELECT * FROM {built} EXCEPT ALL SELECT * FROM {truth})
            UNION ALL (SELECT * FROM {truth} EXCEPT ALL SELECT * FROM {built})
        """)
    rows = snapshot.duck.execute("SELECT DISTINCT event_id FROM differing ORDER BY event_id LIMIT 10").fetchall()
    return int(snapshot.duck.execute("SELECT count(*) FROM differing").fetchall()[0][0]), [row[0] for row in rows]


def _wanted(snapshot: Snapshot, blueprints: Sequence[Blueprint], types: Collection[str], at: datetime) -> Manifest:
    told = {kind for state in snapshot.sources() for kind in state.event_types} & set(types)
    customers = {
        path.related or path.object_type for one in blueprints for path in one.dimensions if path.name == "customer"
    }
    known = snapshot.attributes()
    attributes = [f"{name}:{known[name]}" for name in (_OUTCOME, *_NUMBERS) if name in known]
    return Manifest(
        generation=0, journal=snapshot.manifest_number, at=at, types=sorted(types), told=sorted(told),
        customers=sorted(name for name in customers if name), attributes=attributes,
    )


def _is_other(old: Manifest, wanted: Manifest) -> bool:
    """Whether every month may have changed: another question, a journal set back, an earlier `at`."""
    return old.reading != wanted.reading or wanted.journal < old.journal or wanted.at < old.at


def _touched(snapshot: Snapshot, old: Manifest) -> set[str]:
    if not old.told:
        return set()
    snapshot.define_touched("happenings_touched", since=old.journal)
    rows = snapshot.duck.execute("SELECT DISTINCT month FROM happenings_touched").fetchall()
    return {month for (month,) in rows if month == _UNDATED or re.fullmatch(r"\d{4}-\d{2}", month or "")} | set(old.later)


def _write(
    snapshot: Snapshot, place: Path, wanted: Manifest, months: set[str] | None
) -> tuple[dict[str, str], list[str]]:
    """The files of these months (None: all), and which of them hold events after `at`."""
    if not wanted.told:
        return {}, []
    duck = snapshot.duck
    snapshot.define_events("happenings_events", months=months)
    only = "" if months is None else f" AND {_MONTH} IN {sql.texts(sorted(months))}"
    duck.execute(f"""CREATE OR REPLACE TEMP TABLE happenings_found AS
        SELECT *, {_MONTH} AS month FROM happenings_events WHERE type IN {sql.texts(wanted.told)}{only}""")
    now = f"(occurred_at <= {sql.instant(wanted.at)} OR occurred_at IS NULL)"
    later = duck.execute(f"SELECT DISTINCT month FROM happenings_found WHERE NOT {now} ORDER BY month").fetchall()
    files = {}
    for (month,) in duck.execute(f"SELECT DISTINCT month FROM happenings_found WHERE {now} ORDER BY month").fetchall():
        name = f"{wanted.generation}-{month}.parquet"
        _copy(duck, place / name, f"{_rows(wanted)} WHERE {now} AND month = {sql.text(month)} ORDER BY source, event_id")
        files[month] = name
    duck.execute("DROP TABLE happenings_found")
    sync(place)
    return files, [month for (month,) in later]


def _copy(duck: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    duck.execute(f"COPY ({query}) TO {sql.text(str(path))} ({PARQUET})")
    sync(path)


def _rows(wanted: Manifest) -> str:
    """The SELECT over `happenings_found`; a column without an attribute behind it is NULL."""
    known = dict(one.split(":") for one in wanted.attributes)
    expressions = {
        **{name: name for name in ("source", "type", "occurred_at", "object_type", "object_id", "performer", "place", "channel")},
        "event_id": "id", "occurred_on": "local_on", "occurred_month": "strftime(local_on, '%Y-%m')",
        "customer": _object_of(wanted.customers), "product": _object_of(["product"]),
        "cluster": "coalesce(performer, place, object_id)",
        "outcome": f"attr_{_OUTCOME}" if known.get(_OUTCOME) == "text" else "NULL",
        **{name: f"attr_{name}" if known.get(name) in ("number", "integer", "money") else "NULL" for name in _NUMBERS},
    }
    typed = sql.columns({name: f"({expressions[name]})::{kind}" for name, kind in HAPPENINGS.items()})
    return f"SELECT {typed} FROM happenings_found"


def _object_of(types: Sequence[str]) -> str:
    """The id of the object of one of these types: the primary one, else the smallest of the others."""
    listed = sql.texts(types)
    others = f"list_min([o.id for o in coalesce(objects, []) if o.type IN {listed}])"
    return f"CASE WHEN object_type IN {listed} THEN object_id ELSE {others} END"


def _newest(place: Path) -> int:
    return max((int(path.name.split("-")[0]) for path in place.glob("*-*.parquet")), default=0)


def _publish(place: Path, manifest: Manifest) -> None:
    """Make a manifest hold, and sweep files that neither it nor the one before names and nobody reads."""
    with written_durably(place / _MANIFEST) as temporary:
        temporary.write_text(json.dumps(asdict(manifest), default=datetime.isoformat, indent=1), encoding="utf-8")
    kept = {*manifest.files.values(), *manifest.previous}
    for path in place.glob("*.parquet"):
        if path.name not in kept:
            readers.remove_unread(path)


def hold_happenings(folder: Path, manifest: Manifest | None) -> list[int]:
    """Keep the files that a manifest names until `readers.let_go`.

    Raises:
        FileNotFoundError: it does not hold any more.
    """
    return readers.hold(folder / FOLDER / name for name in (sorted(manifest.files.values()) if manifest else ()))
