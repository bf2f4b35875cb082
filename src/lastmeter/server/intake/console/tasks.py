"""What the worker does with uploads: imports them, or withdraws a batch."""

from __future__ import annotations

from typing import Any

from django_tasks import task

from lastmeter.connectors.importing import import_files
from lastmeter.connectors.report import ImportReport
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.company import workspace
from lastmeter.server.intake.console import uploads
from lastmeter.server.intake.console.models import UNDO, ImportRun
from lastmeter.server.progress import DONE, Told, as_json, work

LABEL_LIMIT = 300
CHUNK_ROWS = 200_000
"""Rows staged at a time: the unit of resuming, and of what the progress bar shows."""
WAITS = Title("等另一个导入结束", "Waiting for another import to end")
LOOKS = Title("查看文件", "Looking at the files")
READS = Title("正在读 {file}", "Reading {file}")
PUBLISHES = Title("正在写入事件簿", "Writing into the journal")
WITHDRAWS = Title("正在撤销批次 {batch}", "Withdrawing batch {batch}")


@task()
def bring_in(number: int) -> None:
    """Do an import run; its uploads go once its row says that it is done."""
    work(ImportRun, number, _do)
    if ImportRun.objects.filter(pk=number, state=DONE).exists():
        uploads.remove(number)


def _do(run: ImportRun, tell: Told) -> None:
    if run.what == UNDO:
        tell(0.1, Title(WITHDRAWS.say("zh", batch=run.batch), WITHDRAWS.say("en", batch=run.batch)))
        with workspace() as ws:
            assert run.batch is not None  # noqa: S101 - every undo has one
            ws.undo(run.batch, at=clock.now())
        return
    tell(0.0, LOOKS)
    try:
        report = _import(run, tell, wait=False)
    except LastMeterError as error:
        if error.code != "journal.busy":
            raise
        tell(0.0, WAITS)
        report = _import(run, tell, wait=True)
    run.batch, run.report = report.batch, _kept(report)
    record("worker", "import.finished", object_type="batch", object_id=str(report.batch), source=run.source, run=run.pk,
           stored=report.stored, rejected=report.rejected)


def _import(run: ImportRun, tell: Told, *, wait: bool) -> ImportReport:
    def moved(share: float, file: str) -> None:
        tell(min(share, 0.99), Title(READS.say("zh", file=file), READS.say("en", file=file)) if file else PUBLISHES)

    with workspace() as ws:
        mapping = ws.mapping(run.source)
        return import_files(
            ws.journal, mapping, uploads.paths(run.pk, run.files), at=clock.now(), as_of=run.as_of or run.made_at,
            declared_watermark=run.watermark, wait=wait, progress=moved, chunk_rows=CHUNK_ROWS,
            label=f"{run.names[:LABEL_LIMIT]} (#{run.pk})",
        )


def _kept(report: ImportReport) -> dict[str, Any]:
    """What the row keeps of a report."""
    return {
        "files": [{"name": file.name, "table": file.table, "rows": file.rows, "rejected": file.rejected,
                   "resumed": file.chunks_resumed} for file in report.files],
        "rows": report.rows, "stored": report.stored, "duplicate": report.duplicate, "corrected": report.corrected,
        "contradictory": report.contradictory, "suppressed": report.suppressed,
        "rejected": report.rejected + report.contradictory, "by_type": dict(sorted(report.by_type.items())),
        "examples": [{"file": one.file, "row": one.row, "column": one.column, "code": one.code,
                      "reason": as_json(one.reason, **one.places)} for one in report.examples],
        "warnings": [as_json(one.title, **one.places) for one in report.warnings],
        "silent": report.silent, "watermark": report.watermark and report.watermark.isoformat(),
    }
