"""`lastmeter claims`: what advertising says, and whether it is borne out."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace
from lastmeter.workspace.scores import claim_rows

HELP = Title(
    "宣传承诺：每句宣传对照它的指标，说到做到、没有做到，还是说不准。",
    "Claims: what advertising says, each held against its indicator: borne out, not, or cannot be told.",
)
NONE = Title(
    "这个周期没有登记的宣传承诺；写在工作区的 claims.toml 里。",
    "No claim is registered for this period: write claims.toml in the workspace.",
)
SHOWN = ("text", "channel", "title", "promised", "value", "n", "low", "high", "verdict", "post")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("claims", help=HELP.say(lang))
    def claims(
        workspace: Path = options.workspace(lang),
        period: str | None = options.period(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            found = ws.claims(period=period)
            if not found and form == "table":
                say(lang, NONE)
                return
            table = claim_rows(found, lang)
            emit(lang, table.select(list(SHOWN)) if form == "table" else table, form=form, output=output, names=ws.all_names())
