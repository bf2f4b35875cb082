"""A workspace: what a company can do with its last meter, each act one method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pyarrow as pa

from lastmeter.diagnosis.brief import Brief
from lastmeter.diagnosis.study import Depth
from lastmeter.journal import Journal, erasure, rejected
from lastmeter.journeys.blueprint import Blueprint, check, load_blueprints
from lastmeter.journeys.engine import open_facts
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.journeys.facts import TABLES, Facts
from lastmeter.journeys.problems import Problem
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title
from lastmeter.workspace import briefing, drafting, event_logs, listings, scores
from lastmeter.workspace.config import Config, load_config
from lastmeter.workspace.reading import Reading, due_in
from lastmeter.workspace.table import Table

# What only imports and builds need is loaded where they begin: a brief would wait for it half a second.
if TYPE_CHECKING:
    from lastmeter.connectors.event_logs.ocel import WrittenLog
    from lastmeter.connectors.mapping import Mapping as SourceMapping
    from lastmeter.connectors.proposal import Proposal
    from lastmeter.connectors.report import ImportReport
    from lastmeter.journeys.build import BuildReport
    from lastmeter.journeys.discovery.draft import Draft
    from lastmeter.journeys.verify import VerifyReport

EXPORTS = (*TABLES, *listings.LISTINGS)


REJECTED_DAYS = 180


@dataclass(frozen=True, slots=True)
class Tidied:
    """What tidying did: events sealed, journal files saved, set-aside rows forgotten, whether the facts were merged."""

    sealed: int
    files_saved: int
    expired: int
    facts_merged: bool


class Workspace(Reading):
    """One company's folder. Make one with `create`, open one with `open`; close it, or use it in a `with`."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = folder
        self.config = config
        self._open = ExitStack()
        self._facts: Facts | None = None
        self._narrow: Callable[[Facts], Facts] | None = None

    @classmethod
    def create(cls, folder: Path, *, template: str = "commerce") -> None:
        """Lay out a new workspace from a template; the folder must be new or empty."""
        from lastmeter.workspace.template import lay_out

        lay_out(folder, template)

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Open an existing workspace.

        Raises:
            LastMeterError: `workspace.missing`, `config.invalid`.
        """
        return cls(folder, load_config(folder))

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the journal and the fact tables; lazy tables of this workspace end with it."""
        self._facts = None
        self._open.close()

    # What the folder holds

    @cached_property
    def journal(self) -> Journal:
        """The journal, opened when first asked for."""
        journal = Journal.open(self.folder / "journal", database_url=self.config.database.url or None)
        self._open.callback(journal.close)
        return journal

    @cached_property
    def blueprints(self) -> list[Blueprint]:
        """All versions of all blueprints."""
        return load_blueprints(self.folder / "blueprints")

    def blueprint_files(self) -> list[Path]:
        """The blueprint files."""
        return sorted((self.folder / "blueprints").glob("*.toml"))

    @staticmethod
    def check_blueprints(files: Sequence[Path]) -> list[Problem]:
        """Every fault of these files, with line and mend."""
        return [problem for file in files for problem in check(file)]

    def mapping(self, source: str | None) -> SourceMapping:
        """The mapping of a source; the only one where none is named.

        Raises:
            LastMeterError: `source.unknown`.
        """
        from lastmeter.connectors.mapping_file import load_mapping

        names = sorted(path.stem for path in (self.folder / "sources").glob("*.toml"))
        if source is None and len(names) == 1:
            source = names[0]
        if source not in names:
            raise LastMeterError(
                "source.unknown",
                Title("没有数据源“{source}”", "There is no source “{source}”"),
                hint=Title("用 --source 选一个：{names}", "Choose one with --source: {names}"),
                source=source or "", names=", ".join(names),
            )
        return load_mapping(self.folder / "sources" / f"{source}.toml")

    def post_titles(self) -> dict[str, Title]:
        """Titles of the posts by code."""
        return {code: post.title.title() for code, post in self.config.posts().items()}

    def names(self) -> dict[str, dict[str, Title]]:
        """What places, performers, origins, products, channels and brands are called: titles by dimension, then code."""
        return self.config.names.titles()

    def all_names(self) -> dict[str, dict[str, Title]]:
        """Titles of everything that figures can be grouped by: `names`, posts and departments."""
        departments = {each.code: each.title.title() for each in self.config.department}
        return self.names() | {"post": self.post_titles(), "department": departments}

    def post_owners(self) -> dict[str, str]:
        """Who holds a post now, by its code."""
        return {code: post.person for code, post in self.config.posts().items() if post.person}

    # Into the journal

    def import_files(
        self, files: Sequence[Path], *, at: datetime, source: str | None = None, as_of: datetime | None = None,
        watermark: datetime | None = None, wait: bool = True, progress: Callable[[float, str], None] | None = None,
    ) -> ImportReport:
        """Import files through the mapping of a source, or its database where no file is named; see
        `connectors.importing`.
        """
        from lastmeter.connectors.importing import import_database, import_files

        mapping = self.mapping(source)
        if mapping.source.is_database and not files:
            return import_database(self.journal, mapping, at=at, base=self.folder, declared_watermark=watermark, wait=wait,
                                   progress=progress)
        return import_files(self.journal, mapping, files, at=at, as_of=as_of, declared_watermark=watermark, wait=wait,
                            progress=progress)

    def propose_mapping(self, files: Sequence[Path], *, at: datetime, source: str | None = None) -> Proposal:
        """The mapping that exports propose; see `connectors.proposal.propose`. `save_mapping` writes it."""
        return drafting.propose_mapping(self, files, at=at, name=source)

    def save_mapping(self, proposal: Proposal) -> Path:
        """Write `sources/NAME.toml`, where there is none."""
        return drafting.save_mapping(self, proposal)

    def undo(self, batch: int, *, at: datetime) -> None:
        """Withdraw what only this batch attests."""
        self.journal.undo(batch, at=at)

    def erase(self, customer: str, *, at: datetime) -> erasure.ErasureReport:
        """Erase a customer by the key, phone or e-mail that the source knows; `purge` finishes it."""
        self._forget_facts()
        return erasure.erase(self.journal, customer, at, object_types=self.person_types())

    def erase_again(self, *, at: datetime) -> erasure.ErasureReport:
        """Erase what the log beside the database holds and a restored database forgot."""
        self._forget_facts()
        return erasure.reapply(self.journal, at)

    def person_types(self) -> list[str]:
        """The object types that a customer's key may name: those of the blueprints' `customer` dimension."""
        paths = [one for blueprint in self.blueprints for one in blueprint.dimensions if one.name == "customer"]
        found = {name for path in paths for name in (path.object_type, path.related) if name}
        return sorted(found | set(erasure.PERSON_TYPES))

    def purge(self) -> erasure.PurgeReport:
        """Remove the bytes of what was erased; pending while somebody still reads."""
        self._forget_facts()
        return erasure.purge(self.journal)

    # From the journal to the fact tables

    @property
    def facts_folder(self) -> Path:
        """Where the fact tables lie."""
        return self.folder / "facts"

    def build(self, *, at: datetime, full: bool = False) -> BuildReport:
        """Bring the fact tables up to date as of `at`."""
        from lastmeter.journeys.build import build

        self._forget_facts()
        with self.journal.snapshot() as snapshot:
            report = build(snapshot, self.blueprints, self.facts_folder, at=at, full=full)
            scores.build_beside(snapshot, self.blueprints, self.facts_folder, self.catalogue, at=at, full=full)
        return report

    def discover_blueprint(self, object_type: str | None = None, *, at: datetime) -> Draft:
        """The blueprint that the journal proposes; see `journeys.discovery.draft.discover`. `save_blueprint` writes it."""
        return drafting.discover_blueprint(self, object_type, at=at)

    def save_blueprint(self, draft: Draft) -> Path:
        """Write `blueprints/OBJECT.toml`, where there is none."""
        return drafting.save_blueprint(self, draft)

    def tidy(self, *, at: datetime) -> Tidied:
        """What a night job does: seal single events, merge small files of the journal and the tail of the fact tables,
        forget set-aside rows older than `REJECTED_DAYS`.
        """
        from lastmeter.journeys.merge import merge

        sealed = self.journal.seal(at=at)
        merged = self.journal.compact(at=at)
        self.journal.sweep(at=at)
        with self.journal.store.writing() as connection:
            expired = rejected.expire(connection, before=at - timedelta(days=REJECTED_DAYS))
        self._forget_facts()
        return Tidied(sealed, merged.merged - merged.written, expired, merge(self.facts_folder))

    def verify(self) -> VerifyReport:
        """Compare the fact tables with a full build of the same journal as of the same time."""
        from lastmeter.journeys.verify import verify

        with self.journal.snapshot() as snapshot:
            report = verify(snapshot, self.blueprints, self.facts_folder)
            more, examples = scores.verify_beside(snapshot, self.blueprints, self.facts_folder)
        return replace(report, differences=report.differences + more, by_table={**report.by_table, "happenings": more},
                       examples=[*report.examples, *examples])

    def stale(self) -> bool:
        """Whether the journal holds what the fact tables have not seen."""
        built = read_manifest(self.facts_folder)
        return built is None or self.journal.is_newer_than(built.journal)

    def facts(self, kind: str | None = None, *, place: str | None = None) -> Facts:
        """The fact tables, of one kind of journey and one place if wanted."""
        if self._facts is None:
            opened = self._open.enter_context(open_facts(self.facts_folder, self.blueprints))
            self._facts = replace(
                opened, peaks=[(peak.first, peak.last) for peak in self.config.peak],
                departments=self.config.departments(), areas=self.config.areas(),
            )
        facts = self._facts if kind is None else self._facts.of_kind(self._kind(kind))
        facts = self._narrow(facts) if self._narrow else facts
        return facts.where(place=place) if place else facts

    @contextmanager
    def narrowed(self, narrow: Callable[[Facts], Facts]) -> Iterator[None]:
        """Within the block everything is found out from the facts that `narrow` leaves: those of a brand, of what somebody
        may see. A brief of them is no published one and has no index.
        """
        before, self._narrow = self._narrow, narrow
        try:
            yield
        finally:
            self._narrow = before

    @property
    def is_narrowed(self) -> bool:
        """Whether only a part of the facts is looked at."""
        return self._narrow is not None

    def _forget_facts(self) -> None:
        self._facts = None

    def _kind(self, kind: str | None) -> str:
        kinds = sorted({blueprint.kind for blueprint in self.blueprints})
        if kind is None and len(kinds) == 1:
            return kinds[0]
        if kind is None and kinds:
            raise LastMeterError(
                "journey.kind_open", Title("这里有几种旅程，请选一种", "There are several kinds of journey: choose one"),
                hint=Title("用 --kind 选一个：{kinds}", "Choose one with --kind: {kinds}"), kinds=", ".join(kinds),
            )
        if kind not in kinds:
            raise LastMeterError(
                "journey.kind_unknown",
                Title("没有“{kind}”这种旅程", "There is no kind of journey “{kind}”"),
                hint=Title("可选：{kinds}", "Choose one of: {kinds}"),
                kind=kind or "", kinds=", ".join(kinds),
            )
        return kind

    def brief(
        self, *, period: str | Period | None = None, place: str | None = None, kind: str | None = None,
        post: str | None = None, department: str | None = None, depth: Depth = "quick", publish: bool = False,
    ) -> Brief:
        """The brief of a period, of the company, or of one post or department; see `diagnosis.brief.make_brief`.

        depth: full adds reefs, drivers, money, effects, focus list and index. publish: remember its figures, so that later
        briefs of the same period show what late data restated.
        """
        return briefing.make(
            self, period=period, place=place, kind=kind, post=post, department=department, depth=depth, publish=publish
        )

    def export(self, what: str, *, kind: str | None = None, period: str | Period | None = None) -> Table | pa.Table | pa.RecordBatchReader:
        """A whole table by name: one of `EXPORTS`."""
        if what in TABLES:
            return Table(due_in(getattr(self.facts(self._kind(kind)), what), period).sort("journey_id"))
        return listings.LISTINGS[what](self.journal)

    def export_log(self, form: str, target: Path, *, kind: str | None = None) -> WrittenLog:
        """The journal as an event log, `xes` or `ocel`, in a file; see `event_logs.write_log`."""
        of_kind = self._kind(kind) if form == "xes" else None
        object_type = next((one.object_type for one in self.blueprints if one.kind == of_kind), "")
        return event_logs.write_log(self.journal, form, target, object_type)
