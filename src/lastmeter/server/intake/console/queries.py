"""Sources and imports as the pages show them: plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from markupsafe import Markup

from lastmeter.charts.drawings.sparkline import sparkline
from lastmeter.connectors.mapping import Mapping as SourceMapping
from lastmeter.connectors.mapping_file import load_mapping
from lastmeter.journal import BatchRow, manifest
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title, title_of
from lastmeter.server import clock
from lastmeter.server.company import find, served
from lastmeter.server.intake.actions import NAME
from lastmeter.server.intake.console import alarms
from lastmeter.server.intake.console.mapping_text import file_of
from lastmeter.server.intake.console.models import ImportRun
from lastmeter.server.intake.ingest.door import UNKNOWN
from lastmeter.server.intake.models import MODES, LiveSource
from lastmeter.server.intake.queries import live_sources, rejected_counts
from lastmeter.server.people.models import Person
from lastmeter.workspace import Workspace

DAYS = 28
WATERMARKS: dict[str, Title] = {
    "last_time": Title("按最后一个事件的时间", "By the time of the last event"),
    "column": Title("按数据里的一列", "By a column of the data"),
    "declared": Title("导入时声明", "Declared at import"),
}
BATCH_STATES: dict[str, Title] = {
    "open": Title("未完成", "Not finished"), "published": Title("已写入", "Stored"), "undone": Title("已撤销", "Undone"),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Events of a source by day of `DAYS` days, the last of them that of its newest event."""

    days: tuple[int, ...] = ()
    last_on: date | None = None
    events: int = 0

    @property
    def per_day(self) -> float | None:
        """Of the last seven whole days."""
        whole = self.days[-8:-1]
        return sum(whole) / len(whole) if whole else None

    @property
    def per_hour(self) -> float | None:
        """The same by the hour."""
        return None if self.per_day is None else self.per_day / 24

    @property
    def spark(self) -> Markup:
        """A drawing as small as a word."""
        return sparkline([float(number) for number in self.days])


@dataclass(frozen=True, slots=True)
class Source:
    """One source: what is known of it. `door`: file, database, live or none (its mapping is gone)."""

    name: str
    title: Title
    door: str
    watermark: datetime | None
    age: timedelta | None
    mode: Title | None
    event_types: tuple[str, ...]
    batches: int
    rejected: int
    rate: Rate
    silent_since: datetime | None
    error: Title | None = None
    live: LiveSource | None = None
    is_declared: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch with what may be done about it."""

    row: BatchRow
    state: Title
    run: int | None
    may_be_undone: bool


@dataclass(slots=True)
class Mapped:
    """What there is to a source's mapping: its text; the model where it can be read, else why not."""

    text: str = ""
    mapping: SourceMapping | None = None
    error: LastMeterError | None = None
    tables: list[tuple[str, int]] = field(default_factory=list)


def sources(person: Person) -> list[Source]:
    """All sources: those with a mapping, those that send, those that the journal knows or has set something aside of; by name."""
    states = {state.name: state for state in served.journal.sources()}
    live = live_sources()
    mapped = {name: mapped_of(name) for name in mapping_names()}
    batches = Counter(row.source for row in served.journal.batches() if row.state == "published")
    set_aside: Counter[str] = Counter()
    for counted in rejected_counts(person):
        set_aside[counted.source] += counted.count
    rates, silent = event_rates(), alarms.silent_since()
    found = []
    for name in sorted({*states, *live, *mapped, *filter(NAME.fullmatch, set_aside)} - {UNKNOWN}):
        known, state, sender = mapped.get(name), states.get(name), live.get(name)
        watermark = state.watermark if state else None
        found.append(Source(
            name, _title(name, known, sender), _door(known, sender), watermark,
            clock.now() - watermark if watermark else None, _mode(known, sender),
            tuple(sorted(state.event_types)) if state else (), batches[name], set_aside[name], rates.get(name, Rate()),
            silent.get(name), known.error.title if known and known.error else None, sender,
            bool(known and known.mapping and known.mapping.source.watermark == "declared"),
        ))
    return found


def one_source(person: Person, name: str) -> Source:
    """One source.

    Raises:
        LastMeterError: `source.unknown`.
    """
    for source in sources(person):
        if source.name == name:
            return source
    raise LastMeterError("source.unknown", Title("没有数据源“{source}”", "There is no source “{source}”"),
                         Title("从“数据源”页进入", "Start from the page Sources"), source=name[:80])


def mapping_names() -> list[str]:
    """The sources that have a mapping."""
    return sorted(path.stem for path in (served.folder / "sources").glob("*.toml"))


def mapped_of(name: str) -> Mapped:
    """The mapping of a source as it lies in the workspace; empty where it has none."""
    path = file_of(served.folder, name)
    if not path.exists():
        return Mapped()
    found = Mapped(path.read_text(encoding="utf-8", errors="replace"))
    try:
        found.mapping = load_mapping(path)
        found.tables = [(table.name, len(table.event)) for table in found.mapping.table]
    except LastMeterError as error:
        found.error = error
    return found


def batches(source: str | None = None) -> list[Batch]:
    """The imports, newest first; of one source if wanted."""
    runs = {run.batch: run.pk for run in ImportRun.objects.filter(batch__isnull=False, what="import").only("batch", "pk")}
    return [
        Batch(row, BATCH_STATES[row.state], runs.get(row.number), row.state == "published")
        for row in reversed(served.journal.batches()) if source is None or row.source == source
    ]


def batch(number: int) -> Batch:
    """One import.

    Raises:
        LastMeterError: `batch.unknown`.
    """
    for one in batches():
        if one.row.number == number:
            return one
    raise LastMeterError("batch.unknown", Title("没有批次 {batch}", "There is no batch {batch}"),
                         Title("在“数据源”里查看各批次", "See the batches under Sources"), batch=number)


def runs(limit: int = 10) -> Sequence[ImportRun]:
    """The latest imports and undos that were asked for in the console."""
    return list(ImportRun.objects.select_related("person").exclude(state="discarded")[:limit])


def run_of(number: int) -> ImportRun:
    """One of them.

    Raises:
        LastMeterError: `import.unknown`.
    """
    found = ImportRun.objects.select_related("person").filter(pk=number).first()
    if found is None:
        raise LastMeterError("import.unknown", Title("没有这次导入", "There is no such import"),
                             Title("打开“数据源”查看各次导入", "See the imports under Sources"))
    return found


def event_rates() -> Mapping[str, Rate]:
    """Events by day of each source, kept until the journal's files or the fact tables change."""
    with served.journal.store.reading() as connection:
        number = manifest.number(connection)
    # Once there are fact tables, they say when it is time to look again: a live journal changes with every seal.
    is_built = (served.folder / "facts" / "manifest.json").exists()
    return find(("sources.rates", None if is_built else number), _event_rates).value


def _event_rates(ws: Workspace) -> dict[str, Rate]:
    with ws.journal.snapshot() as snapshot:
        snapshot.define_events("told")
        rows = snapshot.duck.execute(
            f"""WITH days AS (
                SELECT source, occurred_at::DATE AS day, count(*) AS events FROM told WHERE occurred_at IS NOT NULL GROUP BY ALL)
            SELECT source, day, events, max(day) OVER of_source AS last, sum(events) OVER of_source AS total FROM days
            WINDOW of_source AS (PARTITION BY source) QUALIFY day > last - {DAYS} ORDER BY source, day""").fetchall()
    found: dict[str, Rate] = {}
    for source, day, events, last, total in rows:
        before = found.get(source) or Rate((0,) * DAYS, last, int(total))
        place = DAYS - 1 - (last - day).days
        found[source] = Rate((*before.days[:place], events, *before.days[place + 1:]), last, int(total))
    return found


def example_event(source: str, types: Sequence[str]) -> dict[str, object]:
    """An event as this source might send it, for the page that shows how."""
    kind = next((name for name in types if name != "object.described"), "order.paid")
    about = kind.split(".")[0]
    return {
        "specversion": "1.0", "id": f"{about}-1001-{kind.rpartition('.')[2]}", "source": source, "type": kind,
        "time": clock.now().replace(microsecond=0).isoformat() + "Z", "objects": f"{about}:1001",
    }


def source_titles() -> dict[str, Title]:
    """What the sources are called, by name: those that have a mapping, and those that send."""
    live = live_sources()
    mapped = {name: mapped_of(name) for name in mapping_names()}
    return {name: _title(name, mapped.get(name), live.get(name)) for name in {*live, *mapped}}


def mode_titles() -> dict[str, Title]:
    """How a live source's watermark may come about."""
    return MODES


def _title(name: str, known: Mapped | None, sender: LiveSource | None) -> Title:
    if known and known.mapping:
        title = known.mapping.source.title
        return title_of(title if isinstance(title, str) else title.model_dump(), name)
    return sender.title if sender else Title(name, name)


def _door(known: Mapped | None, sender: LiveSource | None) -> str:
    if known and known.mapping and known.mapping.source.is_database:
        return "database"
    if sender:
        return "live"
    return "file" if known else "none"


def _mode(known: Mapped | None, sender: LiveSource | None) -> Title | None:
    if sender:
        return MODES.get(sender.mode)
    return WATERMARKS[known.mapping.source.watermark] if known and known.mapping else None


