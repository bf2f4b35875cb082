"""`lastmeter blueprint check`: is the standard of service written down rightly? `discover`: what does the journal say it is?"""

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
DISCOVER = Title(
    "从事件簿草拟蓝图：常走的环节、链路、时限（九成分位）、结局。不加 --write 只显示。",
    "Draft a blueprint out of the journal: usual steps, links, limits (the ninth decile), endings. Shows it, or writes it with --write.",
)
OBJECT = Title("哪种对象是一个旅程（默认事件最全的一种）", "The object type that makes a journey (the one with most events)")
WRITE = Title("写入 blueprints/", "Write it to blueprints/")
WRITTEN = Title("已写入 {file}\n下一步：核对时限和岗位，然后 lastmeter build",
                "Written: {file}\nNext: check limits and posts, then lastmeter build")
BAD = Title("{n} 处需要修改。", "{n} faults to mend.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command group."""
    group = typer.Typer(help=GROUP.say(lang), no_args_is_help=True)
    app.add_typer(group, name="blueprint")

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

    @group.command("discover", help=DISCOVER.say(lang))
    def discover(
        object: str | None = typer.Option(None, "--object", help=OBJECT.say(lang)),
        write: bool = typer.Option(False, "--write", help=WRITE.say(lang)),
        at: str | None = options.at(lang), workspace: Path = options.workspace(lang),
    ) -> None:
        from lastmeter.journeys.discovery.toml_text import to_toml

        with Workspace.open(workspace) as ws:
            draft = ws.discover_blueprint(object, at=options.moment(ws, at))
            if not write:
                print(to_toml(draft), end="")
                return
            path = ws.save_blueprint(draft)
        say(lang, WRITTEN, file=str(path))
