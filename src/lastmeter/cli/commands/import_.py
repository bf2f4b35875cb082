"""`lastmeter import`: exports of any order system into the journal, and back out again."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import err, out, print_rows, progress, say
from lastmeter.connectors.report import ImportReport
from lastmeter.kernel.clock import parse_instant, zone_named
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "按 sources/ 里的映射导入文件（CSV、Excel、JSON Lines、Parquet、XES、OCEL），来源是数据库时不写文件。同一文件再导入不会重复。",
    "Import files (CSV, Excel, JSON Lines, Parquet, XES, OCEL) by a mapping in sources/; name none where the source is a database. "
    "The same file again adds nothing.",
)
FILES = Title("文件", "Files")
SOURCE = Title("数据源：sources/ 里映射的名称", "Source: the name of a mapping in sources/")
AS_OF = Title(
    "这些文件是何时导出的；内容有冲突时以较新的为准（默认文件的修改时间）",
    "When these files were exported; where they contradict earlier ones the newer wins (the file's modification time)",
)
WATERMARK = Title(
    "数据完整到何时（映射声明 watermark = declared 时）",
    "Up to when the data is complete (for watermark = declared)",
)
UNDO = Title("撤销这个批次", "Undo this batch")
NO_WAIT = Title("另一导入正在进行时不等待", "Do not wait for another import")
UNDONE = Title(
    "批次 {batch} 已撤销。运行 lastmeter build 更新事实表。",
    "Batch {batch} undone. Run lastmeter build to bring the fact tables up to date.",
)
CONTRADICTED = Title(
    "同一文件里自相矛盾、无法取舍的 {n} 个事件也搁置了。",
    "{n} events that the same files state in two ways were set aside as well.",
)
SUMMARY = Title(
    "批次 {batch}：读 {rows} 行；新增 {stored} 个事件，已有 {duplicate}，更正 {corrected}，搁置 {rejected} 行。",
    "Batch {batch}: {rows} rows read; {stored} events added, {duplicate} seen before, {corrected} corrected, {rejected} rows set aside.",
)
ASIDE = Title(
    "搁置的行（没有丢失，lastmeter export rejected 可查看）：",
    "Set aside (nothing is lost: see lastmeter export rejected):",
)
NEXT = Title("下一步：lastmeter build", "Next: lastmeter build")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("import", help=HELP.say(lang))
    def import_(
        files: list[Path] = typer.Argument(None, help=FILES.say(lang)),
        source: str | None = typer.Option(None, "--source", "-s", help=SOURCE.say(lang)),
        workspace: Path = options.workspace(lang),
        as_of: str | None = typer.Option(None, "--as-of", help=AS_OF.say(lang)),
        watermark: str | None = typer.Option(None, "--watermark", help=WATERMARK.say(lang)),
        undo: int | None = typer.Option(None, "--undo", help=UNDO.say(lang)),
        no_wait: bool = typer.Option(False, "--no-wait", help=NO_WAIT.say(lang)),
    ) -> None:
        with Workspace.open(workspace) as ws:
            if undo is not None:
                ws.undo(undo, at=options.wall_clock())
                say(lang, UNDONE, batch=undo)
                return
            zone = zone_named(ws.config.company.zone)
            with progress(lang, Title("导入", "Importing")) as moved:
                report = ws.import_files(
                    files or [],
                    source=source,
                    at=options.wall_clock(),
                    as_of=parse_instant(as_of, zone) if as_of else None,
                    watermark=parse_instant(watermark, zone) if watermark else None,
                    wait=not no_wait,
                    progress=moved,
                )
        print_report(lang, report)


def print_report(lang: Lang, report: ImportReport) -> None:
    """What an import did, by event type and by reason."""
    say(lang, SUMMARY, batch=report.batch, rows=f"{report.rows:,}", stored=f"{report.stored:,}",
        duplicate=f"{report.duplicate:,}", corrected=f"{report.corrected:,}", rejected=f"{report.rejected:,}")
    if report.contradictory:
        say(lang, CONTRADICTED, n=f"{report.contradictory:,}")
    types = [{"type": name, "events": count} for name, count in sorted(report.by_type.items())]
    if types:
        print_rows(lang, ("type", "events"), types)
    if report.rejected_by_code:
        say(lang, ASIDE)
        print_rows(lang, ("code", "rows"), [{"code": c, "rows": n} for c, n in sorted(report.rejected_by_code.items())])
        for example in report.examples:
            out.print(f"  {example.file}:{example.row} {example.column or ''} ", end="", markup=False)
            out.print(example.reason.say(lang, **example.places), markup=False)
    for warning in report.warnings:
        err.print(warning.say(lang), markup=False)
    say(lang, NEXT)
