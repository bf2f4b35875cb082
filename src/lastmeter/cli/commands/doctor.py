"""`lastmeter doctor`: is everything in order, and if not, what to do."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import out, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace.doctor import examine

HELP = Title(
    "检查工作区：配置、蓝图、映射、数据库、事件簿、事实表。",
    "Examine the workspace: settings, blueprints, mappings, database, journal, fact tables.",
)
WELL = Title("一切正常。", "All is well.")
FAULTS = Title("{n} 处需要处理。", "{n} things need attention.")
SHAPES = {"good": "[green]●[/]", "warn": "[yellow]▲[/]", "bad": "[red]◆[/]"}


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("doctor", help=HELP.say(lang))
    def doctor(workspace: Path = options.workspace(lang)) -> None:
        findings = examine(workspace)
        for finding in findings:
            out.print(SHAPES[finding.state] + " ", end="")
            where = f"{finding.where}: " if finding.where else ""
            out.print(where + finding.title.say(lang, **finding.places), markup=False)
            if finding.hint:
                out.print("    " + finding.hint.say(lang, **finding.places), markup=False)
        faults = sum(finding.state == "bad" for finding in findings)
        if faults:
            say(lang, FAULTS, n=faults)
            raise typer.Exit(1)
        say(lang, WELL)
