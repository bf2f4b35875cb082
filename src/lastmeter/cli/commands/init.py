"""`lastmeter init`: a new workspace."""

from pathlib import Path

import typer

from lastmeter.cli.output import say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace
from lastmeter.workspace.template import templates

HELP = Title(
    "新建工作区：配置、蓝图、指标和数据源各一个文件夹。",
    "Make a workspace: settings, blueprints, indicators, sources.",
)
FOLDER = Title("新工作区的文件夹", "Folder of the new workspace")
TEMPLATE = Title("模板：{names}", "Template: {names}")
DONE = Title(
    "工作区已建好：{folder}\n下一步：改 lastmeter.toml 和 sources/ 里的映射，然后 lastmeter import 文件… --source 名称",
    "Workspace made: {folder}\nNext: mend lastmeter.toml and the mapping in sources/, then lastmeter import FILE... --source NAME",
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("init", help=HELP.say(lang))
    def init(
        folder: Path = typer.Argument(..., help=FOLDER.say(lang)),
        template: str = typer.Option("commerce", help=TEMPLATE.say(lang, names=", ".join(templates()))),
    ) -> None:
        Workspace.create(folder, template=template)
        say(lang, DONE, folder=str(folder))
