"""`lastmeter tidy`: the night job."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import progress, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "夜间整理：封存单个事件，合并小文件，清除过期的搁置行。数字不变。",
    "The night job: seal single events, merge small files, forget old set-aside rows. No figure changes.",
)
DONE = Title(
    "封存 {sealed} 个事件，少了 {files} 个文件，清除 {expired} 行搁置数据。",
    "{sealed} events sealed, {files} files fewer, {expired} set-aside rows forgotten.",
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("tidy", help=HELP.say(lang))
    def tidy(workspace: Path = options.workspace(lang)) -> None:
        with Workspace.open(workspace) as ws, progress(lang, Title("整理", "Tidying")):
            done = ws.tidy(at=options.wall_clock())
        say(lang, DONE, sealed=f"{done.sealed:,}", files=f"{done.files_saved:,}", expired=f"{done.expired:,}")
