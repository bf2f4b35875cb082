"""`lastmeter restore`: a workspace from a backup, in a new folder."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import progress, say
from lastmeter.kernel.titles import Lang, Title

HELP = Title(
    "把备份恢复到一个新文件夹，重新抹去此前抹去的顾客，并重建事实表。",
    "Restore a backup into a new folder, erase again what had been erased, and make the fact tables.",
)
BACKUP = Title("备份文件", "The backup")
FOLDER = Title("新文件夹", "A new folder")
ERASURES = Title(
    "备份之后的抹去记录：原工作区的 journal/erased.log", "Erasures since the backup: journal/erased.log of the workspace that was lost"
)
DONE = Title("已恢复到 {folder}。", "Restored in {folder}.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("restore", help=HELP.say(lang))
    def restore(
        backup: Path = typer.Argument(..., exists=True, dir_okay=False, help=BACKUP.say(lang)),
        folder: Path = typer.Argument(..., help=FOLDER.say(lang)),
        erasures: Path | None = typer.Option(None, "--erasures", exists=True, dir_okay=False, help=ERASURES.say(lang)),
    ) -> None:
        from lastmeter.workspace.backup import restore as restored

        with progress(lang, Title("恢复", "Restoring")):
            restored(backup, folder, at=options.wall_clock(), erasures=erasures)
        say(lang, DONE, folder=str(folder))
