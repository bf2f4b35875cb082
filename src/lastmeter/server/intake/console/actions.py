"""What people do with sources and files: bring in, propose, begin, discard, undo, edit a mapping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from lastmeter.connectors.proposal import try_mapping
from lastmeter.connectors.proposal.reading import slug
from lastmeter.journal.batches import require_published
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.company import served, workspace
from lastmeter.server.intake.console import mapping_text, proposals, uploads
from lastmeter.server.intake.console.models import DISCARDED, IMPORT, PROPOSED, UNDO, ImportRun
from lastmeter.server.intake.console.tasks import bring_in
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand
from lastmeter.server.progress import FAILED, QUEUED, enqueue


def upload(
    person: Person, files: Sequence[UploadedFile[Any]], *, source: str, as_of: datetime | None = None, watermark: datetime | None = None
) -> ImportRun:
    """Bring in files through the mapping of a source; the worker does it.

    as_of: when the files were exported; left out: now. watermark: up to when they are complete, where the mapping has it declared.

    Raises:
        LastMeterError: `people.not_allowed`, `source.unknown`, `mapping.*`, `import.*`, `upload.*`.
    """
    demand(person, "import")
    with workspace() as ws:
        mapping = ws.mapping(source)
    if mapping.source.is_database:
        raise LastMeterError("import.is_database",
                             Title("来源“{source}”是数据库，不读文件", "Source “{source}” is a database and reads no files"),
                             Title("在服务器上运行 lastmeter import", "Run lastmeter import on the server"), source=source)
    if mapping.source.watermark == "declared" and watermark is None:
        raise LastMeterError("import.watermark_missing",
                             Title("来源“{source}”的数据水位要在导入时声明", "The watermark of “{source}” is to be declared at import"),
                             Title("填写“数据完整到”", "Fill in “Complete up to”"), source=source)
    run = _kept(person, files, source=source, as_of=as_of, watermark=watermark)
    with transaction.atomic():
        enqueue(run, bring_in)
        record(person, "import", object_type="source", object_id=source, run=run.pk, files=len(run.files))
    return run


def propose(person: Person, files: Sequence[UploadedFile[Any]], *, name: str = "") -> ImportRun:
    """Look at files and propose how to read them; nothing is imported before `begin`.

    Raises:
        LastMeterError: `people.not_allowed`, `import.*`, `map.*`, `upload.*`.
    """
    demand(person, "import")
    demand(person, "source.edit")
    run = _kept(person, files, state=PROPOSED)
    try:
        with workspace() as ws:
            wanted = _free_name(slug(name), _name_of(run)) if name or len(run.files) > 1 else None
            proposal = ws.propose_mapping(uploads.paths(run.pk, run.files), at=clock.now(), source=wanted)
            if mapping_text.file_of(ws.folder, proposal.name).exists():
                free = _free_name(proposal.name, _name_of(run))
                proposal = ws.propose_mapping(uploads.paths(run.pk, run.files), at=clock.now(), source=free)
    except BaseException:
        _forget(run)
        raise
    run.source, run.mapping, run.proposal = proposal.name, proposal.text, proposals.kept(proposal)
    run.save()
    return run


def check_proposal(person: Person, run: ImportRun, text: str) -> list[mapping_text.Mistake]:
    """Keep an edited proposal, and what it would make of the files; its mistakes, if it has any."""
    demand(person, "import")
    _demand_state(run, PROPOSED)
    run.mapping = mapping_text.tidy(text)
    mistakes = mapping_text.mistakes_in(run.mapping, run.source)
    if not mistakes:
        mapping = mapping_text.mapping_of(run.mapping, run.source)
        made = try_mapping(uploads.paths(run.pk, run.files), mapping, at=clock.now())
        run.proposal = {**(run.proposal or {}), "preview": proposals.kept_preview(made)}
    run.save(update_fields=["mapping", "proposal"])  # meanwhile somebody may have begun it
    return mistakes


def begin(person: Person, run: ImportRun, text: str) -> list[mapping_text.Mistake]:
    """Save the mapping as a source's own and import by it; its mistakes, if it has any: then nothing happens.

    Raises:
        LastMeterError: `people.not_allowed`, `import.not_waiting`, `map.exists`.
    """
    demand(person, "import")
    demand(person, "source.edit")
    _demand_state(run, PROPOSED)
    run.mapping = mapping_text.tidy(text)
    mistakes = mapping_text.mistakes_in(run.mapping, run.source)
    if mistakes:
        run.save(update_fields=["mapping"])
        return mistakes
    path = mapping_text.file_of(served.folder, run.source)
    if path.exists():
        raise LastMeterError("map.exists", Title("{file} 已经有了，没有改动它", "{file} is there already and was left as it is"),
                             Title("从头再来，另取一个名字", "Start anew under another name"), file=f"sources/{path.name}")
    with transaction.atomic():
        enqueue(run, bring_in)
        record(person, "source.edit", object_type="source", object_id=run.source, made=True)
        record(person, "import", object_type="source", object_id=run.source, run=run.pk, files=len(run.files))
        mapping_text.save(path, run.mapping)
    return []


def again(person: Person, run: ImportRun) -> None:
    """Try a failed import again.

    Raises:
        LastMeterError: `people.not_allowed`, `import.not_waiting`.
    """
    demand(person, "import")
    _demand_state(run, FAILED)
    with transaction.atomic():
        enqueue(run, bring_in)
        record(person, "import", object_type="source", object_id=run.source, run=run.pk, again=True)


def discard(person: Person, run: ImportRun) -> None:
    """Forget files that were uploaded and not imported."""
    demand(person, "import")
    if not run.may_be_discarded:
        raise _not_waiting()
    with transaction.atomic():
        run.state, run.ended_at = DISCARDED, clock.now()
        run.save()
        record(person, "import", object_type="source", object_id=run.source, run=run.pk, discarded=True)
    uploads.remove(run.pk)


def undo(person: Person, batch: int) -> ImportRun:
    """Withdraw a batch: the worker rewrites the segments that hold its rows.

    Raises:
        LastMeterError: `people.not_allowed`, `journal.no_batch`.
    """
    demand(person, "import.undo")
    with served.journal.store.reading() as connection:
        require_published(connection, batch)
    found = next(row for row in served.journal.batches() if row.number == batch)
    with transaction.atomic():
        waiting = ImportRun.objects.filter(what=UNDO, batch=batch, state__in=(QUEUED, "running")).first()
        if waiting is not None:
            return waiting
        run = ImportRun.objects.create(person=person, what=UNDO, source=found.source, batch=batch, made_at=clock.now())
        enqueue(run, bring_in)
        record(person, "import.undo", object_type="batch", object_id=str(batch), source=found.source, run=run.pk)
    return run


def edit_mapping(person: Person, source: str, text: str, *, dry: bool = False) -> list[mapping_text.Mistake]:
    """Save a source's mapping if nothing is wrong with it; its mistakes. `dry`: only check.

    Raises:
        LastMeterError: `people.not_allowed`, `intake.source_name`, `journal.disk_full`, `journal.not_writable`.
    """
    demand(person, "source.edit")
    path = mapping_text.file_of(served.folder, source)
    text = mapping_text.tidy(text)
    mistakes = mapping_text.mistakes_in(text, source)
    if mistakes or dry:
        return mistakes
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    with transaction.atomic():
        record(person, "source.edit", object_type="source", object_id=source, lines=len(text.splitlines()),
               lines_before=len(before.splitlines()))
        mapping_text.save(path, text)
    return []


def _kept(person: Person, files: Sequence[UploadedFile[Any]], *, state: str = QUEUED, **values: object) -> ImportRun:
    """A row with its uploads; without them none."""
    run = ImportRun.objects.create(person=person, what=IMPORT, state=DISCARDED, made_at=clock.now(), **values)
    try:
        run.files = uploads.keep(run.pk, files)
    except BaseException:
        _forget(run)
        raise
    run.state = state
    run.save()
    return run


def _forget(run: ImportRun) -> None:
    uploads.remove(run.pk)
    run.delete()


def _name_of(run: ImportRun) -> str:
    """A source of one file is called after it."""
    return (slug(str(run.files[0]["name"]).split(".")[0]) if len(run.files) == 1 else "") or "exports"


def _free_name(wanted: str, otherwise: str) -> str:
    """A name for a source that none has yet."""
    first = name = wanted or otherwise
    number = 1
    folder = Path(settings.WORKSPACE) / "sources"
    while (folder / f"{name}.toml").exists():
        number += 1
        name = f"{first}_{number}"
    return name


def _demand_state(run: ImportRun, state: str) -> None:
    if run.state != state:
        raise _not_waiting()


def _not_waiting() -> LastMeterError:
    return LastMeterError(
        "import.not_waiting", Title("这次导入已经不在等待", "This import no longer waits"),
        Title("打开“数据源”查看它的结果", "See what became of it under Sources"),
    )
