"""`lastmeter verify`: the proof that the fact tables equal the journal."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import progress, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

VERIFY = Title(
    "证明事实表与事件簿一致：整个重建一遍，逐行比较。",
    "Prove that the fact tables equal the journal: build all anew and compare row by row.",
)
EQUAL = Title("一致：{journeys} 个旅程，0 处不同。", "Equal: {journeys} journeys, 0 differences.")
DIFFERENT = Title(
    "{differences} 行不同。请运行 lastmeter build --full，并报告这个问题。",
    "{differences} rows differ. Run lastmeter build --full, and report it.",
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("verify", help=VERIFY.say(lang))
    def verify(workspace: Path = options.workspace(lang)) -> None:
        with Workspace.open(workspace) as ws, progress(lang, Title("核对", "Verifying")):
            report = ws.verify()
        if report.differences:
            say(lang, DIFFERENT, differences=f"{report.differences:,}")
            for table, key in report.examples:
                typer.echo(f"  {table} {key}")
            raise typer.Exit(1)
        say(lang, EQUAL, journeys=f"{report.journeys:,}")
