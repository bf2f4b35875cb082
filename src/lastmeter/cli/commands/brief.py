"""`lastmeter brief`: what the last meter looks like now."""

import sys
from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.lines import note
from lastmeter.diagnosis.brief import Brief, brief_json
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "简报：多少旅程完美，哪条链路断了，这个月是信号还是波动，并附上旅程作证。",
    "The brief: how many journeys were perfect, which link broke the others, signal or noise, with journeys to prove it.",
)
FORMAT = Title("格式：text、json、html", "Format: text, json, html")
UNKNOWN = Title("没有“{form}”这种简报格式", "There is no brief format “{form}”")
USE = Title("可用：text、json、html", "Use text, json or html")
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
        form: str = typer.Option("text", "--format", "-f", help=FORMAT.say(lang)),
        output: Path | None = options.output(lang),
    ) -> None:
        if form not in ("text", "json", "html"):
            raise LastMeterError("brief.format", UNKNOWN, hint=USE, form=form)
        with Workspace.open(workspace) as ws:
            if ws.stale():
                note(lang, STALE)
            made = ws.brief(period=period, place=place, kind=kind, publish=form == "html" and output is not None)
        text = _written(made, form, lang)
        if output:
            output.write_text(text, encoding="utf-8")
            note(lang, WRITTEN, file=str(output))
        else:
            sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _written(brief: Brief, form: str, lang: Lang) -> str:
    """The brief in a format; each loads what draws it."""
    match form:
        case "json":
            return brief_json(brief)
        case "html":
            from lastmeter.charts.brief_html import render_html

            return render_html(brief, lang)
        case _:
            from lastmeter.charts.brief_text import render_text

            return render_text(brief, lang)
