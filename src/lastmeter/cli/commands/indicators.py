"""`lastmeter indicators`: every measured quantity, and its figures."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit, say
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

GROUP = Title("指标：定义和数值", "Indicators: what they are and what they say")
LIST = Title("列出全部指标。", "List all indicators.")
SHOW = Title("一个指标的数值，带样本量、区间和覆盖。", "The figures of one indicator with n, interval and coverage.")
CODE = Title("指标代码", "Code of the indicator")
BY = Title(
    "分组：department、post、performer、place、product、month、week、link、rule 等，用逗号分隔",
    "Group by department, post, performer, place, product, month, week, link, rule ..., comma separated",
)
COMPARE = Title(
    "把各组放在一起看：谁与其他组的差别超出偶然；分不出高下的不排名，数量少的向平均收缩。",
    "Groups side by side: who differs from the others beyond chance; those that cannot be told apart are not ranked, "
    "small ones are shrunk towards the mean.",
)
COMPARED_BY = Title("按什么比较：performer、post、place、product 等", "What to compare: performer, post, place, product ...")
ALIKE = Title("没有哪一组与其他组的差别超出偶然。", "No group differs from the others beyond chance.")

HEAD = Title("{name}（{unit}）：{meaning}", "{name} ({unit}). {meaning}")
SHOWN = ("value", "n", "low", "high", "rules_observed", "rules_total", "mature")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command group."""
    group = typer.Typer(help=GROUP.say(lang), no_args_is_help=True)
    app.add_typer(group, name="indicators")

    @group.command("list", help=LIST.say(lang))
    def list_(
        workspace: Path = options.workspace(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            emit(lang, ws.indicators(lang=lang), form=form, output=output)

    @group.command("show", help=SHOW.say(lang))
    def show(
        code: str = typer.Argument(..., help=CODE.say(lang)),
        by: str = typer.Option("", "--by", help=BY.say(lang)),
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        limit: int = options.limit(lang, 200),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            keys = [key.strip() for key in by.split(",") if key.strip()]
            table = ws.indicator(code, by=keys, period=period, place=place, kind=kind)
            if form == "table":
                indicator = ws.catalogue[code]
                say(lang, HEAD, name=indicator.title.say(lang), meaning=indicator.meaning.say(lang), unit=indicator.unit)
                table = table.columns_only(*keys, *SHOWN)
            emit(lang, table, form=form, output=output, limit=limit, names=ws.all_names())

    @group.command("compare", help=COMPARE.say(lang))
    def compare(
        code: str = typer.Argument(..., help=CODE.say(lang)),
        by: str = typer.Option("performer", "--by", help=COMPARED_BY.say(lang)),
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        limit: int = options.limit(lang, 200),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            table = ws.compare(code, by=by, period=period, place=place, kind=kind)
            emit(lang, table, form=form, output=output, limit=limit, names=ws.all_names())
            if form == "table" and not {"worse", "better"} & set(table.to_arrow()["standing"].to_pylist()):
                say(lang, ALIKE)
