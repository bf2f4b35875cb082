"""`lastmeter effect`: did it work, or was it luck?"""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import emit, say
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Table, Workspace
from lastmeter.workspace.explaining import effect_rows

HELP = Title(
    "行动的效果：与不采取行动的预期比，也与当时没有选中的同类比。",
    "The effect of an action: against what was to be expected without it, and against those that were not chosen.",
)
WHERE = Title("对哪一段采取了行动：place=某地；可重复", "The segment acted upon: place=NAME; may be repeated")
SINCE = Title("从哪个周期或哪天起：2025-03、2025-03-10", "Since which period or day: 2025-03, 2025-03-10")
UNTIL = Title("看到哪个周期为止（默认最后一个完整周期）", "The last period looked at (the last complete one)")
RULE = Title("行动针对的规则（默认任何瑕疵）", "The rule that it was about (any flaw)")
LINE = Title("{measure}：之前 {before}（{n_before} 个旅程），之后 {after}（{n_after} 个），不行动预计 {expected}",
             "{measure}: before {before} ({n_before} journeys), after {after} ({n_after}), expected without it {expected}")
RIVALS = Title("比较了 {siblings} 个同类；当时没有选中的：{names}", "{siblings} siblings compared; not chosen then: {names}")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("effect", help=HELP.say(lang))
    def effect(
        where: list[str] = typer.Option(..., "--where", help=WHERE.say(lang)),
        since: str = typer.Option(..., "--since", help=SINCE.say(lang)),
        until: str | None = typer.Option(None, "--until", help=UNTIL.say(lang)),
        rule: str | None = typer.Option(None, "--rule", help=RULE.say(lang)),
        workspace: Path = options.workspace(lang),
        kind: str | None = options.kind(lang),
        form: str = options.table_format(lang),
        output: Path | None = options.output(lang),
    ) -> None:
        with Workspace.open(workspace) as ws:
            found = ws.effect(kind, conditions=_conditions(where), since=since, until=until, rule=rule)
        if form == "table":
            say(lang, Title("{words}", "{words}"), words=found.words.say(lang))
            say(
                lang, LINE, measure=found.measure.say(lang), before=f"{found.before:.1%}", n_before=f"{found.n_before:,}",
                after=f"{found.after:.1%}", n_after=f"{found.n_after:,}", expected=f"{found.expected:.1%}",
            )
            say(lang, RIVALS, siblings=found.siblings, names=", ".join(found.runners_up))
        emit(lang, Table.of_rows(effect_rows(found)), form=form, output=output)


def _conditions(where: list[str]) -> dict[str, str]:
    found = {}
    for text in where:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise LastMeterError(
                "effect.condition_unreadable",
                Title("读不懂条件“{text}”", "Cannot read the condition “{text}”"),
                Title("写成 place=某地", "Write it as place=NAME"),
                text=text,
            )
        found[name.strip()] = value.strip()
    return found
