"""`lastmeter build` and `lastmeter verify`: the fact tables, and the proof that they equal the journal."""

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
VERIFY = Title(
    "证明事实表与事件簿一致：整个重建一遍，逐行比较。",
    "Prove that the fact tables equal the journal: build all anew and compare row by row.",
)
FULL = Title("全部重建", "Build everything anew")
BUILT = Title(
    "{journeys} 个旅程，其中 {dirty} 个重算，用时 {seconds:.1f} 秒。", "{journeys} journeys, {dirty} judged again, in {seconds:.1f} s."
)
EQUAL = Title("一致：{journeys} 个旅程，0 处不同。", "Equal: {journeys} journeys, 0 differences.")
DIFFERENT = Title(
    "{differences} 行不同。请运行 lastmeter build --full，并报告这个问题。",
    "{differences} rows differ. Run lastmeter build --full, and report it.",
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the commands."""

    @app.command("build", help=BUILD.say(lang))
    def build(
        workspace: Path = options.workspace(lang),
        at: str | None = options.at(lang),
        full: bool = typer.Option(False, "--full", help=FULL.say(lang)),
    ) -> None:
        with Workspace.open(workspace) as ws, progress(lang, Title("建立事实表", "Building")):
            report = ws.build(at=options.moment(ws, at), full=full)
        say(lang, BUILT, journeys=f"{report.journeys:,}", dirty=f"{report.dirty:,}", seconds=report.seconds)

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
