"""What commands print: tables people read, lines they glance at, files they asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table as RichTable

from lastmeter.cli.columns import SHARES, heading, worded
from lastmeter.cli.lines import note, say
from lastmeter.connectors.export import Format, write
from lastmeter.diagnosis.naming import Names, value_title
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import Table

FORMATS: dict[str, Format | None] = {"table": None, "csv": "csv", "json": "json", "parquet": "parquet"}
LONG = 40  # characters; longer cells wrap
PIPE_WIDTH = 160  # of a table that is not printed to a terminal
YES, NO = Title("是", "yes"), Title("否", "no")
NO_ROWS = Title("没有符合条件的行。", "No rows match.")
MORE = Title("还有更多行：加大 --limit，或用 --format csv", "More rows: raise --limit, or use --format csv")
WRITTEN = Title("{n} 行已写入 {file}", "{n} rows written to {file}")
__all__ = ["cell", "emit", "err", "note", "out", "print_rows", "progress", "say"]
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress(lang: Lang, what: Title) -> Iterator[Any]:
    """A bar on standard error that vanishes when done; yields `callback(fraction, text)`."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what.say(lang), total=1.0)

        def moved(fraction: float, text: str = "") -> None:
            bar.update(task, completed=fraction, description=text or what.say(lang))

        yield moved


def emit(
    lang: Lang, table: Table | pa.Table, *, form: str, output: Path | None, limit: int | None = None,
    names: Names | None = None,
) -> None:
    """Print a table, or write it as csv, json (lines) or parquet to a file or standard output.

    `limit` and `names` (titles by dimension and code) hold for the printed form only: an export is whole, and has codes.
    """
    if form not in FORMATS:
        raise LastMeterError(
            "output.format",
            Title("没有“{form}”这种格式", "There is no format “{form}”"),
            hint=Title("可用：table、csv、json、parquet", "Use table, csv, json or parquet"),
            form=form,
        )
    written = FORMATS[form]
    if written is None:
        if isinstance(table, Table):
            table = table.head(limit + 1).to_arrow() if limit else table.to_arrow()
        print_rows(lang, table.column_names, table.to_pylist(), limit, names)
        return
    rows = table.to_arrow() if isinstance(table, Table) else table
    count = write(rows.to_reader(), written, output or sys.stdout.buffer)
    if output:
        note(lang, WRITTEN, n=f"{count:,}", file=str(output))


def print_rows(
    lang: Lang, columns: Sequence[str], rows: Iterable[dict[str, Any]], limit: int | None = None, names: Names | None = None,
) -> None:
    """A table in the terminal: numbers to the right, nothing where nothing is."""
    kept = list(rows)
    more = limit is not None and len(kept) > limit
    kept = kept[:limit] if limit else kept
    if not kept:
        say(lang, NO_ROWS)
        return
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    filled: list[list[str]] = []
    for name in (name for name in columns if any(row[name] is not None for row in kept)):
        cells = [cell(name, row[name], lang, names) for row in kept]
        number = any(isinstance(row[name], int | float) and not isinstance(row[name], bool) for row in kept)
        short = max(map(len, cells)) <= LONG
        table.add_column(heading(name, lang), justify="right" if number else "left", no_wrap=short)
        filled.append(cells)
    for line in zip(*filled, strict=True):
        table.add_row(*line)
    out.print(table)
    if more:
        say(lang, MORE)


def cell(name: str, value: Any, lang: Lang, names: Names | None = None) -> str:
    """One value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return (YES if value else NO).say(lang)
        case float():
            if name in SHARES:
                return f"{value:.1%}"
            return (f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}").replace("-", "\u2212")
        case int():
            return f"{value:,}".replace("-", "\u2212")
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case _:
            title = value_title(names, name, str(value))
            return escape(title.say(lang) if title else worded(name, str(value), lang))
