"""`lastmeter export`: the tables whole, as files."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace
from lastmeter.workspace.company import EXPORTS

HELP = Title("导出整张表：{names}。", "Export a whole table: {names}.")
WHAT = Title("哪张表：{names}", "Which table: {names}")
UNKNOWN = Title("没有“{what}”这张表", "There is no table “{what}”")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""
    names = ", ".join(EXPORTS)

    @app.command("export", help=HELP.say(lang, names=names))
    def export(
        what: str = typer.Argument(..., help=WHAT.say(lang, names=names)),
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        if what not in EXPORTS:
            raise LastMeterError("export.unknown", UNKNOWN, hint=WHAT, what=what, names=names)
        with Workspace.open(workspace) as ws:
            emit(lang, ws.export(what, kind=kind, period=period), form=form, output=output, limit=50,
                 names=ws.names())
