"""`lastmeter doctor`: is everything in order, and if not, what to do."""

import importlib
from importlib.util import find_spec
from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import out, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace.doctor import Finding, examine

HELP = Title(
    "检查工作区：配置、蓝图、映射、数据库、事件簿、事实表；用过服务器的，也检查服务器。",
    "Examine the workspace: settings, blueprints, mappings, database, journal, fact tables; and its server, once it has been served.",
)
MEND = Title("能安全修好的就修好，再检查一遍", "Mend what is safe to mend, then examine again")
MENDED = Title("已修好：{what}", "Mended: {what}")
WELL = Title("一切正常。", "All is well.")
FAULTS = Title("{n} 处需要处理。", "{n} things need attention.")
SHAPES = {"good": "[green]●[/]", "warn": "[yellow]▲[/]", "bad": "[red]◆[/]"}
SERVER = "lastmeter.server.doctor"
SERVED = ("server/secret.key", "server/worker.lock")
"""What a server that has run leaves behind, either or both."""


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("doctor", help=HELP.say(lang))
    def doctor(
        workspace: Path = options.workspace(lang),
        mend: bool = typer.Option(False, "--mend", help=MEND.say(lang)),
    ) -> None:
        findings = _examine(workspace)
        if mend:
            for finding in findings:
                if finding.mend is not None:
                    finding.mend()
                    say(lang, MENDED, what=finding.title.say(lang, **finding.places))
            findings = _examine(workspace)
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


def _examine(folder: Path) -> list[Finding]:
    """What is to say of the workspace, and of its server where it has been served: that one is found by name, as its commands are."""
    findings = examine(folder)
    if any((folder / mark).exists() for mark in SERVED) and find_spec(SERVER) is not None:
        findings += importlib.import_module(SERVER).examine(folder)
    return findings
