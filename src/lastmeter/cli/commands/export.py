"""`lastmeter export`: the tables whole, as files, and event logs for tools of process mining."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit, note
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace
from lastmeter.workspace.company import EXPORTS
from lastmeter.workspace.event_logs import LOGS

HELP = Title("导出整张表或事件日志（xes、ocel）：{names}。", "Export a whole table, or an event log (xes, ocel): {names}.")
WHAT = Title("哪张表：{names}", "Which table: {names}")
UNKNOWN = Title("没有“{what}”这张表", "There is no table “{what}”")
LOGGED = Title("已写入 {file}：{events} 个事件，{objects} 个对象。", "Wrote {file}: {events} events, {objects} objects.")
LEFT_OUT = Title("{n} 个没有时间的事件没有写入日志。", "{n} events without a time have no place in a log and were left out.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""
    names = ", ".join((*EXPORTS, *LOGS))

    @app.command("export", help=HELP.say(lang, names=names))
    def export(
        what: str = typer.Argument(..., help=WHAT.say(lang, names=names)),
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        if what not in (*EXPORTS, *LOGS):
            raise LastMeterError("export.unknown", UNKNOWN, hint=WHAT, what=what, names=names)
        with Workspace.open(workspace) as ws:
            if what in LOGS:
                written = ws.export_log(what, output or Path(), kind=kind)
                note(lang, LOGGED, file=str(output), events=f"{written.events:,}", objects=f"{written.objects:,}")
                if written.left_out:
                    note(lang, LEFT_OUT, n=f"{written.left_out:,}")
                return
            emit(lang, ws.export(what, kind=kind, period=period), form=form, output=output, limit=50,
                 names=ws.names())
