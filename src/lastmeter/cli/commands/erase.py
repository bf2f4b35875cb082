"""`lastmeter erase`: a customer's personal data, gone."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import say
from lastmeter.journal.erasure import ErasureReport
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "抹去一位顾客的个人数据：保险库、原文、搁置的行，直到字节消失；以后的导入也不再写入。",
    "Erase a customer's personal data: vault, texts, set-aside rows, until the bytes are gone; later imports stay without it.",
)
CUSTOMER = Title("顾客在来源系统里的编号、电话或邮箱", "The customer's key in the source system, phone or e-mail")
NOBODY = Title("没有说明要抹去谁", "Nobody was named to erase")
NAME_ONE = Title("加上 --customer 编号、电话或邮箱", "Add --customer with a key, phone or e-mail")
YES = Title("不再询问", "Do not ask")
SURE = Title("抹去后无法恢复。继续吗？", "This cannot be undone. Go on?")
DONE = Title(
    "已抹去 {vault} 条保险库记录和 {rejected} 行搁置的数据；涉及 {objects} 个对象。",
    "Erased {vault} vault rows and {rejected} set-aside rows; {objects} objects concerned.",
)
PURGED = Title("字节已经清除：{reason}。", "The bytes are gone: {reason}.")
PENDING = Title(
    "清除未完成：{reason}。稍后再运行 lastmeter erase --purge。",
    "Purge pending: {reason}. Run lastmeter erase --purge later.",
)
SHARED = Title(
    "另有 {objects} 个对象与别人共有，没有改动。", "{objects} objects are shared with others and were left alone."
)
UNKNOWN = Title(
    "事件簿里没有这位顾客；以后导入时也不会写入。",
    "The journal knows no such customer; later imports will stay without them too.",
)
AGAIN = Title("恢复备份后，把之前抹去的再抹一遍", "After a restored backup: erase again what had been erased")
PURGE = Title("只完成之前未完成的清除", "Only finish a purge that was pending")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("erase", help=HELP.say(lang))
    def erase(
        workspace: Path = options.workspace(lang),
        customer: str | None = typer.Option(None, "--customer", help=CUSTOMER.say(lang)),
        purge: bool = typer.Option(False, "--purge", help=PURGE.say(lang)),
        again: bool = typer.Option(False, "--again", help=AGAIN.say(lang)),
        yes: bool = typer.Option(False, "--yes", "-y", help=YES.say(lang)),
    ) -> None:
        if customer is None and not (purge or again):
            raise LastMeterError("erase.nobody", NOBODY, hint=NAME_ONE)
        with Workspace.open(workspace) as ws:
            if customer is not None and not yes:
                typer.confirm(SURE.say(lang), abort=True)
            if again:
                _told(lang, ws.erase_again(at=options.wall_clock()))
            if customer is not None:
                _told(lang, ws.erase(customer, at=options.wall_clock()))
            purged = ws.purge()
        if purged.done:
            say(lang, PURGED, reason=purged.reason.say(lang))
        else:
            say(lang, PENDING, reason=purged.reason.say(lang))
            raise typer.Exit(1)


def _told(lang: Lang, report: ErasureReport) -> None:
    if not report.found:
        say(lang, UNKNOWN)
        return
    say(lang, DONE, vault=report.vault, rejected=report.rejected, objects=report.objects)
    if report.shared:
        say(lang, SHARED, objects=sum(report.shared.values()))
