"""`lastmeter reefs`: segments in which journeys break beyond chance, and beyond what period and place explain."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "暗礁：哪一类旅程的瑕疵超出偶然，也超出周期和地点所能解释的；大小出自留作验证的一半日子。",
    "Reefs: which segments of journeys break beyond chance and beyond what period and place explain; sizes come from the half of "
    "the days that was held out.",
)
BY = Title(
    "在哪些维度里找，用逗号分隔：place、performer、product、channel、brand、origin、weekday（默认除星期外全部）",
    "Dimensions to look in, comma separated: place, performer, product, channel, brand, origin, weekday (all but the last)",
)
SHOWN = ("code", "kind", "title", "n", "flaws", "expected", "ratio", "low", "high", "potential", "post")
NONE = Title("没有找到暗礁：瑕疵的分布与偶然无异。", "No reef found: the flaws are spread as chance would spread them.")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("reefs", help=HELP.say(lang))
    def reefs(
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        by: str = typer.Option("", "--by", help=BY.say(lang)),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            dimensions = [name.strip() for name in by.split(",") if name.strip()] or None
            table = ws.reefs(kind, period=period, place=place, dimensions=dimensions, lang=lang)
            if form != "table":
                emit(lang, table, form=form, output=output)
                return
            rows = table.to_arrow()
            if not rows.num_rows:
                say(lang, NONE)
                return
            emit(lang, rows.select(SHOWN), form=form, output=output)
            for sentence in rows["sentence"].to_pylist():
                typer.echo(sentence)
