"""`lastmeter journey`: one journey as a colleague reads it."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.journey_text import journey_text
from lastmeter.cli.output import out
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

ONE = Title("一个旅程的时间线：时限、承诺和瑕疵。", "One journey's timeline with limits, promise and flaws.")
ID = Title("旅程编号", "Id of the journey")
JSON = Title("格式：text、json", "Format: text, json")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("journey", help=ONE.say(lang))
    def journey(
        journey_id: str = typer.Argument(..., metavar="ID", help=ID.say(lang)),
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        form: str = typer.Option("text", "--format", "-f", help=JSON.say(lang)),
    ) -> None:
        with Workspace.open(workspace) as ws:
            view = ws.journey(journey_id, kind=kind)
        out.print(view.json() if form == "json" else journey_text(view, lang), markup=False)
