"""`lastmeter journeys`: the journeys behind every figure."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

LIST = Title("列出旅程，可按周期、地点、瑕疵等筛选。", "List journeys, by period, place, flaw and more.")
FLAW = Title("只看有这条规则瑕疵的旅程", "Only journeys with a flaw of this rule")
STATE = Title(
    "状态：open、completed、cancelled、returned、abandoned",
    "State: open, completed, cancelled, returned, abandoned",
)
PROMISE = Title("承诺：kept、missed、open、undecided、none", "Promise: kept, missed, open, undecided, none")
PERFORMER = Title("只看这个执行方", "Only this performer")
FLAWED = Title(
    "只看有瑕疵的（--flawed）或完美的（--perfect）",
    "Only flawed ones (--flawed) or perfect ones (--perfect)",
)
SHOWN = ("journey_id", "state", "started_on", "due_on", "fulfilled_on", "promise", "perfect", "flaw_count", "place", "performer")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("journeys", help=LIST.say(lang))
    def journeys(
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        performer: str | None = typer.Option(None, "--performer", help=PERFORMER.say(lang)),
        state: str | None = typer.Option(None, "--state", help=STATE.say(lang)),
        promise: str | None = typer.Option(None, "--promise", help=PROMISE.say(lang)),
        flaw: str | None = typer.Option(None, "--flaw", help=FLAW.say(lang)),
        flawed: bool | None = typer.Option(None, "--flawed/--perfect", help=FLAWED.say(lang)),
        limit: int = options.limit(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            table = ws.journeys(kind, period=period, place=place, performer=performer, state=state, promise=promise,
                                flaw=flaw, flawed=flawed)
            emit(lang, table.columns_only(*SHOWN) if form == "table" else table, form=form, output=output, limit=limit,
                 names=ws.names())
