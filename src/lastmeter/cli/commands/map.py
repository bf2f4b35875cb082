"""`lastmeter map`: a mapping proposed from the exports themselves."""

from __future__ import annotations

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import out, print_rows, progress, say
from lastmeter.connectors.proposal import SURE, Proposal
from lastmeter.connectors.proposal.claims import ROLE_TITLES
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "看一遍导出文件，提出映射：主键、关联、时间、状态、评分、个人信息……先给出预览和把握，再写入 sources/。",
    "Look at exports and propose their mapping: keys, joins, times, statuses, ratings, personal columns; shows a preview and how "
    "sure it is, then writes sources/.",
)
FILES = Title("导出文件", "Exports")
SOURCE = Title("数据源的名称（默认取自文件名或文件夹名）", "Name of the source (from the file or its folder)")
YES = Title("不再询问，直接写入", "Write without asking")
PREVIEW = Title("只预览，不写文件", "Only show; write nothing")
LOOKING = Title("查看文件", "Looking at the files")
DECISIONS = Title("各列的含义：", "What each column is taken for:")
JOIN = Title("关联：{table}.{column} → {other}.{key}，{reason}", "Join: {table}.{column} → {other}.{key}, {reason}")
EVENTS = Title("预览：{rows} 行会得到 {events} 个事件，搁置 {rejected}。",
               "Preview: {rows} rows make {events} events, {rejected} set aside.")
REPEATED = Title("另有 {n} 个事件与别的行同编号。", "{n} more events have the same id as another row's.")
FIRST = Title("最早的几个事件：", "The first events:")
ASIDE = Title("会搁置：{table}.{column} {n} 行，{reason}", "Set aside: {table}.{column}, {n} rows: {reason}")
UNSURE = Title("没有把握，请核对：", "Not sure, please check:")
DOUBT = Title("  {table}.{column}（{confidence}）：{reason}", "  {table}.{column} ({confidence}): {reason}")
ALL_SURE = Title("没有拿不准的列。", "Nothing is unsure.")
ASK = Title("写入 sources/{name}.toml？", "Write sources/{name}.toml?")
WRITTEN = Title("已写入 {file}\n下一步：lastmeter import {files} --source {name}",
                "Written: {file}\nNext: lastmeter import {files} --source {name}")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("map", help=HELP.say(lang))
    def map_(
        files: list[Path] = typer.Argument(..., help=FILES.say(lang)),
        source: str | None = typer.Option(None, "--source", "-s", help=SOURCE.say(lang)),
        workspace: Path = options.workspace(lang),
        yes: bool = typer.Option(False, "--yes", "-y", help=YES.say(lang)),
        preview: bool = typer.Option(False, "--preview", help=PREVIEW.say(lang)),
    ) -> None:
        with Workspace.open(workspace) as ws:
            with progress(lang, LOOKING):
                proposal = ws.propose_mapping(files, at=options.wall_clock(), source=source)
            print_proposal(lang, proposal)
            if preview or not (yes or typer.confirm(ASK.say(lang, name=proposal.name), default=True)):
                return
            path = ws.save_mapping(proposal)
        say(lang, WRITTEN, file=str(path), files=" ".join(str(file) for file in files), name=proposal.name)


def print_proposal(lang: Lang, proposal: Proposal) -> None:
    """Decisions, preview, doubts."""
    for note in proposal.notes:
        say(lang, note)
    if proposal.decisions:
        say(lang, DECISIONS)
        print_rows(lang, ("table", "column", "role", "kind", "sure", "reason"), [
            {"table": one.table, "column": one.column, "role": ROLE_TITLES[one.role].say(lang), "kind": one.kind or one.precision or None,
             "sure": f"{one.confidence:.0%}{'' if one.confidence >= SURE or one.role in ('attribute', 'ignored') else ' ?'}",
             "reason": one.reason.say(lang)} for one in proposal.decisions])
    for join in proposal.joins:
        say(lang, JOIN, table=join.table, column=join.column, other=join.other, key=join.key, reason=join.reason.say(lang))
    made = proposal.preview
    say(lang, EVENTS, rows=f"{made.rows:,}", events=f"{sum(made.by_type.values()):,}", rejected=f"{made.rejected_rows:,}")
    print_rows(lang, ("type", "events"), [{"type": kind, "events": count} for kind, count in sorted(made.by_type.items())])
    if made.repeated:
        say(lang, REPEATED, n=f"{made.repeated:,}")
    for (table, column, code), count in sorted(made.rejected.items()):
        say(lang, ASIDE, table=table, column=column, n=f"{count:,}", reason=made.reasons[table, column, code].say(lang))
    say(lang, FIRST)
    print_rows(lang, ("type", "occurred_at", "precision", "object_type", "object_id", "performer", "place"), made.events)
    doubts = proposal.unsure
    say(lang, UNSURE if doubts else ALL_SURE)
    for table, column, confidence, reason in doubts:
        out.print(DOUBT.say(lang, table=table, column=column, confidence=f"{confidence:.0%}", reason=reason.say(lang)), markup=False)
