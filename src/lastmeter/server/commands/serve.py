"""`lastmeter serve`: web and worker of a workspace in one command."""

import sys
from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import say
from lastmeter.kernel.titles import Lang, Title

SERVE = Title("运行控制台、接收事件、守望（网页和后台进程）。", "Run console, intake and watch: web and worker.")
HOST = Title("监听地址", "Address to listen on")
PORT = Title("端口", "Port")
HERE = Title("控制台：http://{host}:{port}/  （Ctrl-C 停止）", "Console: http://{host}:{port}/  (Ctrl-C stops it)")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("serve", help=SERVE.say(lang))
    def serve(
        workspace: Path = options.workspace(lang),
        host: str = typer.Option("127.0.0.1", "--host", help=HOST.say(lang)),
        port: int = typer.Option(8000, "--port", help=PORT.say(lang)),
    ) -> None:
        from lastmeter.server import processes, setup

        setup.prepare(workspace)
        setup.migrate()
        _invite_first_owner(lang, host, port)
        say(lang, HERE, host=host, port=port)
        sys.exit(processes.run_both(workspace, host, port))


def _invite_first_owner(lang: Lang, host: str, port: int) -> None:
    """While no owner can sign in, each start prints a link that works."""
    from lastmeter.server.commands.invite import tell
    from lastmeter.server.people import queries
    from lastmeter.server.people.actions.persons import Invitee, invite, invite_again

    if queries.nobody_can_sign_in():
        waiting = queries.first_owner()
        tell(lang, invite_again(None, waiting) if waiting else invite(None, Invitee(role="owner")), f"http://{host}:{port}")
