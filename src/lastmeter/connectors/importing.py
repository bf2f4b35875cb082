"""Import: files through a mapping into the journal, chunk by chunk, published as one batch or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lastmeter.connectors.databases import read_tables
from lastmeter.connectors.derive import ARRIVALS, Derivation
from lastmeter.connectors.kinds import OpenFile, opened, table_name
from lastmeter.connectors.mapping import Mapping, Table
from lastmeter.connectors.recognise import require_columns, table_of
from lastmeter.connectors.report import FileReport, ImportReport, Oddity
from lastmeter.connectors.survey import Survey, survey
from lastmeter.journal import ImportBatch, Journal
from lastmeter.journal.bookmarks import read_up_to, set_mark
from lastmeter.journal.engine import open_duckdb
from lastmeter.journal.rejected import Rejection
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

CHUNK_ROWS = 1_000_000
_EXAMPLES = 5
_ODDITIES = {
    "negative_duration": Title("{file}：{count} 行的 {later} 早于 {earlier}，照收，请核对来源",
                               "{file}: {count} rows have {later} before {earlier}; taken as they are, check the source"),
    "before_start": Title("{file}：{count} 行的 {later} 早于起点 {earlier}，照收，请核对来源",
                          "{file}: {count} rows have {later} before the start, {earlier}; taken as they are, check the source"),
    "no_event": Title("{file}：{count} 行不符合任何事件的条件，没有产生事件；请核对映射里的 when",
                      "{file}: {count} rows meet the conditions of no event and told of none; check `when` in the mapping"),
}
_SWAPPED = Title("{file}：{count} 个日期的日和月写反了；日小于 13 的那些看不出来，请核对整个文件",
                 "{file}: {count} dates have day and month exchanged; where the day is below 13 that cannot be seen, "
                 "so check the whole file")
_PART_LEFT_OUT = Title("{file}：不符合映射里的任何一张表，没有读", "{file} fits none of the mapping's tables and was not read")
_SAME_FILE = Title("{file} 与前面的文件完全相同，没有再读", "{file} is the same as a file before it and was not read again")

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class _Input:
    """A table to read: `name` as people know it, `digest` of what it holds, `modified` in microseconds since 1970."""

    name: str
    digest: str
    modified: int
    table: Table
    file: OpenFile


def import_files(
    journal: Journal, mapping: Mapping, paths: Sequence[Path], *, at: datetime, as_of: datetime | None = None,
    progress: Progress | None = None, declared_watermark: datetime | None = None, label: str | None = None,
    wait: bool = True, chunk_rows: int = CHUNK_ROWS,
) -> ImportReport:
    """Read files into the journal as one batch.

    Every file is looked at and recognised before the first row is read, so that a wrong file stops the import before
    it begins. Interrupted, the same call goes on behind the last chunk that was staged.

    Args:
        journal: where to.
        mapping: from `mapping_file.load_mapping`.
        paths: files, in any order; one that is the same as another is read once.
        at: the instant of the import, UTC; later than two years after it nothing can have happened.
        as_of: when the files were exported, UTC; decides between versions of an event where the mapping names no
            revision column. Left out, it is each file's time of modification.
        progress: called with a share from 0 to 1 and the file's name.
        declared_watermark: up to when the source is complete, UTC; for mappings that ask for it.
        label: what the batch is called; the files' names if left out.
        wait: wait for another import to end, or raise `journal.busy`.
        chunk_rows: rows to work on at once, the unit of resuming.

    Raises:
        LastMeterError: `import.*` for a file that cannot be read or recognised; nothing is imported then.
    """
    if mapping.source.is_database:
        raise LastMeterError("import.is_database",
                             Title("来源“{source}”是数据库，不读文件", "Source “{source}” is a database and reads no files"),
                             Title("不写文件名再运行一次", "Run it again without naming files"), source=mapping.source.name)
    if not paths:
        raise LastMeterError("import.no_files", Title("没有给出文件", "No files were named"),
                             Title("写上要导入的文件名", "Name the files to import"))
    run = _Run(journal, mapping, at, as_of, progress, declared_watermark, wait, chunk_rows)
    with run.scratch() as (stack, scratch):
        report = ImportReport(mapping.source.name, 0)
        surveyed = _surveyed(paths, report)
        inputs = [one for source in surveyed for one in _tables(stack, source, scratch, mapping, report)]
        run.read(report, inputs, label or ", ".join(sorted(source.path.name for source in surveyed)))
        return report


def import_database(
    journal: Journal, mapping: Mapping, *, at: datetime, base: Path, progress: Progress | None = None,
    declared_watermark: datetime | None = None, wait: bool = True, chunk_rows: int = CHUNK_ROWS,
) -> ImportReport:
    """Read the tables of a mapping's database into the journal as one batch; those with an `incremental` column from
    where the last import stopped. `base` is the folder that a relative SQLite path starts from.

    What it reads counts as exported `at`. Arguments as those of `import_files`.

    Raises:
        LastMeterError: `import.*`; nothing is imported then.
    """
    if not mapping.source.is_database:
        raise LastMeterError("import.no_files", Title("没有给出文件", "No files were named"),
                             Title("写上要导入的文件名", "Name the files to import"))
    run = _Run(journal, mapping, at, at, progress, declared_watermark, wait, chunk_rows)
    with run.scratch() as (_, scratch):
        places = {table.name: f"{table.name}@{mapping.digest[:16]}" for table in mapping.table}
        since = {table.name: read_up_to(journal, mapping.source.name, places[table.name])
                 for table in mapping.table if table.incremental is not None}
        found = read_tables(mapping, since, base, scratch)
        for one in found:
            require_columns(one.table, f"{mapping.source.name}.{one.table.name}", one.rows.columns)
        inputs = [_Input(one.table.name, f"{one.rows.digest}#{one.table.name}", _microseconds(at), one.table, one.rows) for one in found]
        report = ImportReport(mapping.source.name, 0)
        run.read(report, inputs, f"{mapping.source.name} {mapping.digest[:8]}",
                 [_Mark(places[one.table.name], since.get(one.table.name), one.reached)
                  for one in found if one.table.incremental is not None and one.reached is not None])
        return report


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a table of a database was read."""

    place: str
    since: str | None
    value: str


@dataclass(frozen=True, slots=True)
class _Run:
    """What files and databases have in common: one batch, opened, filled and published."""

    journal: Journal
    mapping: Mapping
    at: datetime
    as_of: datetime | None
    progress: Progress | None
    declared: datetime | None
    wait: bool
    chunk_rows: int

    @contextmanager
    def scratch(self) -> Iterator[tuple[ExitStack, Path]]:
        """A private folder, and what is to be closed with it; first of all the declared watermark is asked for."""
        if self.mapping.source.watermark == "declared" and self.declared is None:
            raise LastMeterError(
                "import.watermark_missing",
                Title("来源“{source}”的数据水位要在导入时声明", "The watermark of “{source}” is to be declared at import"),
                Title("加上 --watermark 2018-03-31", "Add --watermark 2018-03-31"), source=self.mapping.source.name,
            )
        with ExitStack() as stack:
            yield stack, Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lastmeter-")))

    def read(self, report: ImportReport, inputs: Sequence[_Input], label: str, marks: Sequence[_Mark] = ()) -> None:
        """Take the tables into a batch and publish it."""
        source = self.mapping.source.name
        with self.journal.import_batch(source, label=label, recorded_at=self.at, wait=self.wait) as batch:
            report.batch = batch.number
            for mark in marks:
                set_mark(self.journal, batch.number, mark.place, since=mark.since, value=mark.value)
            _Import(batch, self.mapping, report, self.at, self.as_of, self.progress or (lambda _share, _text: None),
                    self.chunk_rows).run(inputs, self.declared)


def _surveyed(paths: Sequence[Path], report: ImportReport) -> list[Survey]:
    """Each different file once."""
    found: dict[str, Survey] = {}
    for path in paths:
        source = survey(path)
        if source.digest in found:
            report.warnings.append(Oddity("same_file", _SAME_FILE, {"file": path.name}))
        found.setdefault(source.digest, source)
    return list(found.values())


def _tables(stack: ExitStack, source: Survey, scratch: Path, mapping: Mapping, report: ImportReport) -> list[_Input]:
    """The tables of a file that the mapping knows; at least one must be."""
    found: list[_Input] = []
    unknown: list[LastMeterError] = []
    for part, file in stack.enter_context(opened(source, scratch)).items():
        name = table_name(source.path.name, part)
        try:
            table = table_of(mapping, name, file.columns)
        except LastMeterError as error:
            unknown.append(error)
            report.warnings.append(Oddity("part_left_out", _PART_LEFT_OUT, {"file": name}))
        else:
            found.append(_Input(name, f"{source.digest}#{part}" if part else source.digest, source.modified, table, file))
    if not found:
        raise next((error for error in unknown if error.code != "import.table_unknown"), unknown[0])
    return found


class _Import:
    """One run: the batch, what to read it with, and the report that grows."""

    def __init__(self, batch: ImportBatch, mapping: Mapping, report: ImportReport, at: datetime, as_of: datetime | None,
                 progress: Progress, chunk_rows: int) -> None:
        self.batch = batch
        self.mapping = mapping
        self.report = report
        self.at = at
        self.as_of = None if as_of is None else _microseconds(as_of)
        self.progress = progress
        self.chunk_rows = chunk_rows
        self.last_time: datetime | None = None
        self.types_told: set[str] = set()
        self._rows_expected = 1
        self._rows_read = 0

    def run(self, inputs: Sequence[_Input], declared: datetime | None) -> None:
        """Stage every file, then publish."""
        self.batch.register_attributes(self.mapping.attribute_types())
        self._rows_expected = max(1, sum(one.file.rows for one in inputs))
        for one in inputs:
            self._file(one)
        types = {rule.type for one in inputs for rule in one.table.event}
        self.report.silent = sorted(types - self.types_told)
        self.report.watermark = declared or (min(self.last_time, self.at) if self.last_time else None)
        self.progress(1.0, "")
        counts = self.batch.publish(watermark=self.report.watermark, event_types=types)
        self.report.stored = counts.stored
        self.report.duplicate = counts.duplicate
        self.report.corrected = counts.corrected
        self.report.contradictory = counts.contradictory
        self.report.suppressed = counts.suppressed
        self.report.by_type.update(counts.by_type)

    def _file(self, one: _Input) -> None:
        name = one.name
        file = FileReport(name, one.table.name)
        self.report.files.append(file)
        as_of = one.modified if self.as_of is None else self.as_of
        with open_duckdb() as duck:
            duck.execute("SET preserve_insertion_order = false")
            derivation = Derivation(duck, self.mapping, one.table, name, self.at)
            for chunk in one.file.chunks(derivation.columns, self.chunk_rows):
                derivation.run(chunk, self.batch)
                self._watermark(derivation)
                file.rows += chunk.rows.num_rows + len(chunk.unreadable)
                is_done = self.batch.chunk_done(one.digest, self.mapping.digest, chunk.span)
                file.chunks_resumed += is_done
                rejections = self._noticed(derivation.rejections(chunk))
                if is_done:
                    for _ in rejections:  # told again, stored already
                        pass
                else:
                    self.batch.stage(duck, ARRIVALS, file_digest=one.digest, mapping_digest=self.mapping.digest,
                                     span=chunk.span, as_of=as_of, rejections=rejections)
                self._rows_read += chunk.rows.num_rows
                self.progress(min(0.99, self._rows_read / self._rows_expected), name)
        self.types_told |= derivation.types_told
        file.rejected = sum(derivation.rejected.values())
        self.report.rejected_by_code.update(derivation.rejected)
        self._warn(derivation)

    def _watermark(self, derivation: Derivation) -> None:
        by_column = self.mapping.source.watermark == "column"
        latest = derivation.last_in_column() if by_column else derivation.last_time
        if latest is not None:
            self.last_time = max(latest, self.last_time or latest)

    def _noticed(self, found: Iterator[list[Rejection]]) -> Iterator[list[Rejection]]:
        """The same rows; the first of each reason are kept as examples."""
        for rejections in found:
            for rejection in rejections:
                if sum(kept.code == rejection.code for kept in self.report.examples) < _EXAMPLES:
                    self.report.examples.append(rejection)
            yield rejections

    def _warn(self, derivation: Derivation) -> None:
        found = self.report.warnings
        for (code, earlier, later), count in derivation.oddities.items():
            if count:
                places = {"file": derivation.file, "earlier": earlier, "later": later, "count": count}
                found.append(Oddity(code, _ODDITIES[code], places))
        if swapped := derivation.rejected["time_swapped"]:
            found.append(Oddity("dates_swapped", _SWAPPED, {"file": derivation.file, "count": swapped}))


def _microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    delta = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
