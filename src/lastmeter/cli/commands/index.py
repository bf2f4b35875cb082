"""`lastmeter index`: the company's composite, what holds it down, what moved it."""

import sys
from pathlib import Path

import msgspec
import typer

from lastmeter.cli import options
from lastmeter.cli.output import cell, print_rows, say
from lastmeter.indicators.index import Index
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "体验指数：各分项、越过的红线、比上期变动的来源。",
    "The CX index: its parts, crossed red lines, and what moved it since the period before.",
)
FORMAT = Title("格式：table、json", "Format: table, json")
WRONG_FORMAT = Title("没有“{form}”这种格式", "There is no format “{form}”")
USE = Title("可用：table、json", "Use table or json")
HEAD = Title("{period}体验指数：{value}（{low} – {high}）", "CX index, {period}: {value} ({low} – {high})")
HEAD_ALONE = Title(
    "{period}体验指数：{value}（有分项数量太少，没有区间）", "CX index, {period}: {value} (no interval: too few for some part)"
)
NONE = Title("{period}：没有一个分项有数", "{period}: no component has a figure")
CAPPED = Title("有红线被越过：分项合计 {composite}，封顶 {cap}。", "A red line is crossed: the parts come to {composite}, capped at {cap}.")
CROSSED = Title("红线：{name} {value}，红线 {red_line}，负责岗位：{post}。", "Red line: {name} {value}, line {red_line}, post: {post}.")
CROSSED_MAYBE = Title(
    "红线：{name} {value}，红线 {red_line}，负责岗位：{post}；区间还含着线内的值。",
    "Red line: {name} {value}, line {red_line}, post: {post}; its interval still reaches inside.",
)
LEFT_OUT = Title(
    "缺数而未计入：{titles}。与分项齐全的指数不可比。",
    "Left out for want of a figure: {titles}. Not comparable with a complete index.",
)
IMMATURE = Title("这个周期还没有结束。", "This period is not complete yet.")
MOVED = Title("上期 {previous}，变动 {points}：", "Before: {previous}; moved by {points}:")
NOBODY = Title("未指定", "nobody")
SHOWN = ("title", "post", "weight", "value", "n", "low", "high", "score", "points")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("index", help=HELP.say(lang))
    def index(
        workspace: Path = options.workspace(lang),
        period: str | None = options.period(lang),
        form: str = typer.Option("table", "--format", "-f", help=FORMAT.say(lang)),
    ) -> None:
        if form not in ("table", "json"):
            raise LastMeterError("output.format", WRONG_FORMAT, USE, form=form)
        with Workspace.open(workspace) as ws:
            found = ws.index(period=period)
            posts = ws.post_titles()
        if form == "json":
            sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
            return
        _print(found, posts, lang)


def _print(found: Index, posts: dict[str, Title], lang: Lang) -> None:
    period = parse_period(found.period).title(lang)
    if found.value is None:
        say(lang, NONE, period=period)
    elif found.low is None or found.high is None:
        say(lang, HEAD_ALONE, period=period, value=_points(found.value))
    else:
        say(lang, HEAD, period=period, value=_points(found.value), low=_points(found.low), high=_points(found.high))
    if not found.mature:
        say(lang, IMMATURE)
    if found.crossed and found.composite is not None and found.composite > found.cap:
        say(lang, CAPPED, composite=_points(found.composite), cap=_points(found.cap))
    for line in found.crossed:
        post = posts.get(line.post or "", NOBODY).say(lang)
        value, red_line = (cell("value", each, lang) for each in (line.value, line.red_line))
        say(lang, CROSSED if line.surely else CROSSED_MAYBE, name=line.title.say(lang), value=value, red_line=red_line, post=post)
    if found.left_out:
        say(lang, LEFT_OUT, titles="、".join(row.title.zh for row in found.left_out) if lang == "zh"
            else ", ".join(row.title.en for row in found.left_out))
    print_rows(lang, SHOWN, [
        {"title": row.title.say(lang), "post": posts[row.post].say(lang) if row.post in posts else row.post,
         "weight": row.weight, "value": row.figure.value, "n": row.figure.n, "low": row.figure.low, "high": row.figure.high,
         "score": row.score, "points": row.points if row.score is not None else None}
        for row in found.rows
    ])
    if found.movement is not None:
        say(lang, MOVED, previous=_points(found.previous), points=_signed(found.movement.points))
        print_rows(lang, ("title", "moved"), [
            {"title": part.title.say(lang), "moved": _signed(part.points)} for part in found.movement.parts
        ])
    elif found.not_compared is not None:
        say(lang, found.not_compared)


def _points(value: float | None) -> str:
    return "?" if value is None else f"{value:.1f}"


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "\u2212")
