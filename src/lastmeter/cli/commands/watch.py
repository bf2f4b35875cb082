"""`lastmeter watch`: a folder whose files are imported as they come."""

import time
from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import err, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace, inbox

HELP = Title(
    "看守一个文件夹：新文件写完后导入，移到 done/；读不了的移到 failed/，旁边写明原因。按 Ctrl-C 结束。",
    "Watch a folder: import files once they are whole and move them to done/, or to failed/ with the reason. Ctrl-C ends it.",
)
FOLDER = Title("文件夹", "Folder")
SOURCE = Title("数据源：sources/ 里映射的名称", "Source: the name of a mapping in sources/")
ONCE = Title("把现有文件处理完就结束", "Deal with the files that are there, then end")
EVERY = Title("隔多少秒看一次；两次之间没有变化的文件才算写完", "Seconds between looks; a file that did not change between two is whole")
DONE = Title("{file}：新增 {stored} 个事件，已有 {duplicate}，搁置 {rejected} 行。",
             "{file}: {stored} events added, {duplicate} seen before, {rejected} rows set aside.")
FAILED = Title("{file}：没有导入（{why}），已移到 {target}", "{file}: not imported ({why}), moved to {target}")
GROWING = Title("{file} 还在变化，先不导入。", "{file} is still changing and waits.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("watch", help=HELP.say(lang))
    def watch(
        folder: Path = typer.Argument(..., help=FOLDER.say(lang)),
        source: str | None = typer.Option(None, "--source", "-s", help=SOURCE.say(lang)),
        workspace: Path = options.workspace(lang),
        once: bool = typer.Option(False, "--once", help=ONCE.say(lang)),
        every: float = typer.Option(10.0, "--every", min=0.1, help=EVERY.say(lang)),
    ) -> None:
        with Workspace.open(workspace) as ws:
            ws.mapping(source)  # a wrong name is told now, not with the first file
            before = inbox.look(folder)
            told: set[str] = set()
            while True:
                time.sleep(every)
                now = inbox.look(folder)
                ready = inbox.settled(before, now)
                for name in ready:
                    _tell(lang, inbox.take(ws, folder, name, source=source, at=options.wall_clock()))
                growing = sorted(set(now) - set(ready))
                for name in growing:
                    if name in before and name not in told:
                        say(lang, GROWING, file=name)
                        told.add(name)
                before = {name: seen for name, seen in now.items() if name in growing}
                if once:
                    return


def _tell(lang: Lang, taken: inbox.Taken | None) -> None:
    if taken is None:
        return
    if taken.error is not None:
        err.print(FAILED.say(lang, file=taken.name, why=taken.error.message(lang), target=str(taken.path)), markup=False)
    elif taken.report is not None:
        say(lang, DONE, file=taken.name, stored=f"{taken.report.stored:,}", duplicate=f"{taken.report.duplicate:,}",
            rejected=f"{taken.report.rejected:,}")
