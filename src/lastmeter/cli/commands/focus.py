"""`lastmeter focus`: the three or four things to clear now, and what somebody took on."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit, say
from lastmeter.diagnosis.focus import Chosen
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

GROUP = Title("聚焦项：现在清掉哪三四个", "The three or four things to clear now")
LIST = Title(
    "列出聚焦项：每项清掉后多出的完美旅程（不重复计）、趋势、岗位，以及之后最大的一项。",
    "The focus list: what clearing each adds in perfect journeys (nothing counted twice), trend, post, and what is the largest then.",
)
CHOOSE = Title(
    "选定一项，记下负责人、做法和期限；已选的可以补改。",
    "Take an item on, with owner, action and due date; a chosen one can be amended.",
)
DROP = Title("不再聚焦这一项。", "Take an item off the list.")
CODE = Title("暗礁或原因的代码，如 \"handover: origin=wuhan\"", "Code of a reef or a cause, such as \"handover: origin=wuhan\"")
OWNER = Title("谁负责", "Who owns it")
ACTION = Title("做什么", "What is done about it")
DUE = Title("期限：2026-12-31、2026-W50 或 2026-12", "By when: 2026-12-31, 2026-W50 or 2026-12")
CHOSEN = Title("已选定：{code}", "Chosen: {code}")
SHOWN = ("code", "status", "flaws", "adds", "potential", "change", "post", "owner", "action", "due")
DROPPED = Title("已移除：{code}", "Dropped: {code}")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command group."""
    group = typer.Typer(help=GROUP.say(lang), no_args_is_help=True)
    app.add_typer(group, name="focus")

    @group.command("list", help=LIST.say(lang))
    def list_(
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            table = ws.focus_table(kind, period=period, place=place, lang=lang).to_arrow()
            emit(lang, table.select(SHOWN) if form == "table" and table.num_rows else table, form=form, output=output)

    @group.command("choose", help=CHOOSE.say(lang))
    def choose(
        code: str = typer.Argument(..., help=CODE.say(lang)),
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        period: str | None = options.period(lang),
        owner: str | None = typer.Option(None, "--owner", help=OWNER.say(lang)),
        action: str | None = typer.Option(None, "--action", help=ACTION.say(lang)),
        due: str | None = typer.Option(None, "--due", help=DUE.say(lang)),
        at: str | None = options.at(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            since = options.moment(ws, at).date()
            ws.choose_focus(
                Chosen(code, owner, action, parse_period(due).last if due else None, since), kind=kind, period=period
            )
        say(lang, CHOSEN, code=code)

    @group.command("drop", help=DROP.say(lang))
    def drop(
        code: str = typer.Argument(..., help=CODE.say(lang)),
        workspace: Path = options.workspace(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            ws.drop_focus(code)
        say(lang, DROPPED, code=code)
