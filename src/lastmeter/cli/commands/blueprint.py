"""`lastmeter blueprint check`: is the standard of service written down rightly?"""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import out, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

GROUP = Title("服务蓝图", "Service blueprints")
CHECK = Title(
    "检查蓝图：每个错误给出行号和改法。",
    "Check the blueprints: every fault with its line and how to mend it.",
)
FILES = Title("要检查的文件（默认工作区的 blueprints/）", "Files to check (the workspace's blueprints/)")
GOOD = Title("{n} 个蓝图文件都没有问题。", "{n} blueprint files, no fault.")
BAD = Title("{n} 处需要修改。", "{n} faults to mend.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command group."""
    group = typer.Typer(help=GROUP.say(lang), no_args_is_help=True)
    app.add_typer(group, name="blueprint")

    @group.callback()
    def blueprint() -> None:
        """Keeps `check` a command of its own."""

    @group.command("check", help=CHECK.say(lang))
    def check(
        files: list[Path] = typer.Argument(None, help=FILES.say(lang)), workspace: Path = options.workspace(lang)
    ) -> None:
        if files:
            checked, problems = len(files), Workspace.check_blueprints(files)
        else:
            with Workspace.open(workspace) as ws:
                found = ws.blueprint_files()
            checked, problems = len(found), Workspace.check_blueprints(found)
        for problem in problems:
            out.print(f"{problem.path}:{problem.line}: {problem.message.say(lang)}", markup=False)
            if problem.hint:
                out.print(f"    {problem.hint.say(lang)}", markup=False)
        if problems:
            say(lang, BAD, n=len(problems))
            raise typer.Exit(1)
        say(lang, GOOD, n=checked)
