"""`lastmeter build`: the fact tables, brought up to date with the journal."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import progress, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

BUILD = Title(
    "由事件簿建立事实表；只重算有变化的旅程。",
    "Make the fact tables from the journal; only journeys that changed are judged again.",
)
FULL = Title("全部重建", "Build everything anew")
BUILT = Title(
    "{journeys} 个旅程，其中 {dirty} 个重算，用时 {seconds:.1f} 秒。", "{journeys} journeys, {dirty} judged again, in {seconds:.1f} s."
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("build", help=BUILD.say(lang))
    def build(
        workspace: Path = options.workspace(lang),
        at: str | None = options.at(lang),
        full: bool = typer.Option(False, "--full", help=FULL.say(lang)),
    ) -> None:
        with Workspace.open(workspace) as ws, progress(lang, Title("建立事实表", "Building")):
            report = ws.build(at=options.moment(ws, at), full=full)
        say(lang, BUILT, journeys=f"{report.journeys:,}", dirty=f"{report.dirty:,}", seconds=report.seconds)
