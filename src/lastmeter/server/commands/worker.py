"""`lastmeter worker`: the background process alone."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.kernel.titles import Lang, Title

WORKER = Title("只运行后台进程：封存、建表、守望、任务。", "Run the background process alone: seal, build, watch, tasks.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("worker", help=WORKER.say(lang))
    def worker(workspace: Path = options.workspace(lang)) -> None:
        from lastmeter.server import setup

        setup.prepare(workspace)
        setup.demand_migrated()
        from lastmeter.server.worker import run_until_signal

        run_until_signal()
