"""`lastmeter backup`: one file from which a workspace can be restored, made while it runs."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import progress, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "备份工作区（设置、数据库、事件簿），运行中也可以；事实表可重建，不含在内。",
    "Back the workspace up (settings, database, journal), also while it runs; fact tables can be made again and are left out.",
)
TARGET = Title("备份文件，例如 acme-2026-11-28.tar", "The file to write, such as acme-2026-11-28.tar")
DONE = Title(
    "已写入 {file}：{segments} 个事件簿文件，{size:.1f} MB。", "Written to {file}: {segments} files of the journal, {size:.1f} MB."
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("backup", help=HELP.say(lang))
    def backup(
        target: Path = typer.Argument(..., help=TARGET.say(lang)),
        workspace: Path = options.workspace(lang),
    ) -> None:
        from lastmeter.workspace.backup import back_up

        with Workspace.open(workspace) as ws, progress(lang, Title("备份", "Backing up")):
            report = back_up(ws, target, at=options.wall_clock())
        say(lang, DONE, file=str(target), segments=report.segments, size=report.size / 1e6)
