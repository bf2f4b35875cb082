"""`lastmeter web`: the web process alone."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.commands.serve import HOST, PORT

WEB = Title("只运行网页进程。", "Run the web process alone.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("web", help=WEB.say(lang))
    def web(
        workspace: Path = options.workspace(lang),
        host: str = typer.Option("127.0.0.1", "--host", help=HOST.say(lang)),
        port: int = typer.Option(8000, "--port", help=PORT.say(lang)),
    ) -> None:
        from lastmeter.server import processes, setup

        setup.prepare(workspace)
        setup.demand_migrated()
        processes.run_web(host, port)
