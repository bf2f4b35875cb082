"""`lastmeter pareto`: which flaws, what share, better or worse."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title("瑕疵的帕累托：占比、累计占比和变化。", "The Pareto of flaws: share, cumulative share and change.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("pareto", help=HELP.say(lang))
    def pareto(
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            emit(lang, ws.pareto(period=period, place=place, kind=kind, lang=lang), form=form, output=output)
