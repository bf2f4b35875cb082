"""`lastmeter brief`: what the last meter looks like now."""

import os
import sys
from pathlib import Path

import typer

from lastmeter.cli import mail, options
from lastmeter.cli.lines import note
from lastmeter.diagnosis.brief import Brief, brief_json
from lastmeter.diagnosis.study import DEPTHS, Depth
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "简报：多少旅程完美，哪条链路断了，这个月是信号还是波动，并附上旅程作证。",
    "The brief: how many journeys were perfect, which link broke the others, signal or noise, with journeys to prove it.",
)
FORMS = ("text", "json", "html", "mail")
FORMAT = Title("格式：text、json、html、mail", "Format: text, json, html, mail")
UNKNOWN = Title("没有“{form}”这种简报格式", "There is no brief format “{form}”")
USE = Title("可用：text、json、html、mail", "Use text, json, html or mail")
POST = Title("一个岗位的简报：它自己的最后一米", "The brief of one post: its own last meter")
DEPARTMENT = Title("一个部门的简报", "The brief of one department")
DEPTH = Title(
    "quick 或 full；full 加上暗礁、评分因素、钱、行动效果、要清的几处（html 和 mail 默认 full，其余默认 quick）",
    "quick or full; full adds reefs, drivers, money, effects, what to clear (full for html and mail, quick else)",
)
NO_DEPTH = Title("没有“{depth}”这种深度", "There is no depth “{depth}”")
USE_DEPTH = Title("可用：quick、full", "Use quick or full")
TO = Title(
    "用 SMTP 寄给这个地址；可重复。服务器见环境变量 LASTMETER_SMTP_HOST、_PORT、_USER、_PASSWORD、_FROM、_TLS",
    "Send it to this address by SMTP; may be repeated. Server: LASTMETER_SMTP_HOST, _PORT, _USER, _PASSWORD, _FROM, _TLS",
)
ONLY_MAIL = Title("只有 --format mail 才能寄出", "Only --format mail can be sent")
WRITE_MAIL = Title("加上 --format mail", "Add --format mail")
SENT = Title("简报已寄给 {to}", "Brief sent to {to}")
WRITTEN = Title("简报已写入 {file}", "Brief written to {file}")
STALE = Title(
    "事件簿比事实表新：运行 lastmeter build 后简报才包含新事件。",
    "The journal is newer than the fact tables: run lastmeter build for a brief with the new events.",
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("brief", help=HELP.say(lang))
    def brief(
        workspace: Path = options.workspace(lang),
        period: str | None = options.period(lang),
        place: str | None = options.place(lang),
        kind: str | None = options.kind(lang),
        post: str | None = typer.Option(None, "--post", help=POST.say(lang)),
        department: str | None = typer.Option(None, "--department", help=DEPARTMENT.say(lang)),
        depth: str | None = typer.Option(None, "--depth", help=DEPTH.say(lang)),
        send_to: list[str] = typer.Option([], "--send-to", help=TO.say(lang)),
        form: str = typer.Option("text", "--format", "-f", help=FORMAT.say(lang)),
        output: Path | None = options.output(lang),
    ) -> None:
        if form not in FORMS:
            raise LastMeterError("brief.format", UNKNOWN, hint=USE, form=form)
        if send_to and form != "mail":
            raise LastMeterError("brief.only_mail", ONLY_MAIL, hint=WRITE_MAIL)
        chosen = _depth(depth, form)
        with Workspace.open(workspace) as ws:
            if ws.stale():
                note(lang, STALE)
            made = ws.brief(
                period=period, place=place, kind=kind, post=post, department=department, depth=chosen,
                publish=bool(send_to) or (form in ("html", "mail") and output is not None),
            )
        if send_to:
            mail.send(made, lang, to=send_to, settings=mail.settings(os.environ), at=options.wall_clock())
            note(lang, SENT, to=", ".join(send_to))
        if output:
            output.write_bytes(_written(made, form, lang))
            note(lang, WRITTEN, file=str(output))
        elif not send_to:
            sys.stdout.buffer.write(_written(made, form, lang))


def _depth(wanted: str | None, form: str) -> Depth:
    """What goes out is read by many and made once a period: there, seconds do not matter."""
    if wanted is None:
        return "full" if form in ("html", "mail") else "quick"
    for depth in DEPTHS:
        if depth == wanted:
            return depth
    raise LastMeterError("brief.depth", NO_DEPTH, hint=USE_DEPTH, depth=wanted)


def _written(brief: Brief, form: str, lang: Lang) -> bytes:
    """The brief in a format; each loads what draws it."""
    match form:
        case "json":
            return brief_json(brief).encode()
        case "html":
            from lastmeter.charts.brief_html import render_html

            return render_html(brief, lang).encode()
        case "mail":
            from lastmeter.charts.brief_mail import mail_brief

            return mail_brief(brief, lang).as_bytes()
        case _:
            from lastmeter.charts.brief_text import render_text

            return render_text(brief, lang).encode()
