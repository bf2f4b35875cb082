"""Options that several commands share, said once.

They are functions of the language because help is too; commands use them as defaults, as typer allows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from lastmeter.kernel.clock import parse_instant, zone_named
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Workspace


def _option(lang: Lang, default: Any, *names: str, zh: str, en: str, **more: Any) -> Any:
    return typer.Option(default, *names, help=Title(zh, en).say(lang), show_default=bool(default), **more)


def workspace(lang: Lang) -> Any:
    """`--workspace DIR`, else LASTMETER_WORKSPACE, else the current folder."""
    return _option(lang, Path(), "--workspace", "-w", envvar="LASTMETER_WORKSPACE", zh="工作区文件夹（默认当前文件夹）",
                   en="Folder of the workspace (the current folder)")


def at(lang: Lang) -> Any:
    """`--at TIME`: judge as of that time instead of now."""
    return _option(lang, None, "--at", zh="按这个时间判断（默认现在）", en="Judge as of this time (now)")


def period(lang: Lang) -> Any:
    """`--period 2018-03`."""
    return _option(lang, None, "--period", "-p", zh="周期：2018-03、2018-W09、2018-Q1、2018",
                   en="Period: 2018-03, 2018-W09, 2018-Q1, 2018")


def place(lang: Lang) -> Any:
    """`--place SP`."""
    return _option(lang, None, "--place", zh="只看这个地点", en="Only this place")


def kind(lang: Lang) -> Any:
    """`--kind order`, needed where a workspace has several kinds of journey."""
    return _option(lang, None, "--kind", "-k", zh="旅程种类（只有一种时可省）", en="Kind of journey (where there are several)")


def table_format(lang: Lang) -> Any:
    """`--format table|csv|json|parquet`."""
    return _option(lang, "table", "--format", "-f", zh="格式：table、csv、json、parquet",
                   en="Format: table, csv, json, parquet")


def output(lang: Lang) -> Any:
    """`--output FILE`, else standard output."""
    return _option(lang, None, "--output", "-o", zh="写入文件（默认标准输出）", en="Write to this file (standard output)")


def limit(lang: Lang, default: int = 50) -> Any:
    """`--limit N`."""
    return _option(lang, default, "--limit", "-n", min=1, zh="最多显示几行", en="Rows shown at most")


def wall_clock() -> datetime:
    """Now, as naive UTC: the only place below the server where a clock is read."""
    return datetime.now(UTC).replace(tzinfo=None)


def moment(ws: Workspace, text: str | None) -> datetime:
    """What `--at` says in the company's zone, or now."""
    return parse_instant(text, zone_named(ws.config.company.zone)) if text else wall_clock()
