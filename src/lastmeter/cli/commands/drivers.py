"""`lastmeter drivers`: what moves the customer's score, from facts known when the customer was asked."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit, note, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Table, Workspace
from lastmeter.workspace.explaining import driver_rows

HELP = Title(
    "驱动因素：什么左右顾客的评分；只用询问时已经知道的事实。",
    "Drivers: what moves the customer's score, from facts known when the customer was asked.",
)
USE = Title("只看这些因素，用逗号分隔：lateness、days、links、flaws、value、performer、place、origin、product、channel",
            "Only these, comma separated: lateness, days, links, flaws, value, performer, place, origin, product, channel")
ASKED = Title("询问顾客的环节；不写则以回答的时间为界", "The step in which the customer is asked; the time of the answer cuts otherwise")
HEAD = Title("{n} 条回答，其中 {low} 条低分；可解释的评分差异 {explained}，区分度 AUC {auc}",
             "{n} answers, {low} of them low; {explained} of the score's variance explained, AUC {auc}")
DROPPED = Title("未采用：{fact}，{rows} 条：{reason}", "Not used: {fact}, {rows} answers: {reason}")
SHOWN = ("title", "share", "low", "high", "attributable_fraction", "fraction_low", "fraction_high", "met")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("drivers", help=HELP.say(lang))
    def drivers(
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        use: str = typer.Option("", "--use", help=USE.say(lang)),
        asked: str | None = typer.Option(None, "--asked", help=ASKED.say(lang)),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            names = [name.strip() for name in use.split(",") if name.strip()]
            found = ws.drivers(kind, period=period, place=place, use=names, asked_step=asked)
        table = Table.of_rows(driver_rows(found, lang))
        if form != "table":
            emit(lang, table, form=form, output=output)
            return
        auc = "\u2013" if found.auc is None else f"{found.auc:.3f}"
        say(lang, HEAD, n=f"{found.n:,}", low=f"{found.low_answers:,}", explained=f"{found.r_squared:.1%}", auc=auc)
        emit(lang, table.columns_only(*SHOWN), form=form, output=output)
        for one in found.dropped:
            note(lang, DROPPED, fact=one.title.say(lang), rows=f"{one.rows:,}", reason=one.reason.say(lang))
