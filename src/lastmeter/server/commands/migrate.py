"""`lastmeter migrate`: the tables of the server, brought up to date."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import say
from lastmeter.kernel.titles import Lang, Title

MIGRATE = Title("把数据库的表更新到本版本。", "Bring the tables of the database up to this release.")
DONE = Title("已执行 {n} 个迁移。", "{n} migrations done.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("migrate", help=MIGRATE.say(lang))
    def migrate(workspace: Path = options.workspace(lang)) -> None:
        from lastmeter.server import setup

        setup.prepare(workspace)
        say(lang, DONE, n=len(setup.migrate()))
