"""A company's own indicators: `indicators/*.toml` in its workspace, a small grammar that is read, never evaluated.

    [[indicator]]
    code = "app_missed_share"
    title = { zh = "App 失约率", en = "Missed promises, app" }
    meaning = { zh = "……", en = "..." }
    unit = "share"                 # share, seconds, days, count, score, money
    direction = "down"             # which way is better: up, down
    table = "journeys"             # journeys, links, flaws, feedback
    where = { counted = true, channel = ["app", "mini"], value_minor = { min = 1000 } }
    hit = { promise = "missed" }   # share only
    value = "duration_seconds"     # mean, median, p90, spread only; a seconds column in days becomes days
    aggregation = "share"          # share, mean, median, p90, spread
    dated_by = "due"               # due (default), fulfilled, started, occurred
    owner = "logistics"            # a post; `rule:promise` the blueprint's; `row` each row's own
    needs = ["promise"]            # optional: primitives that must be observed

A condition is a value, a list of values, `{ min, max }` (both included), `{ not = value or list }` or `{ missing = true }`.
All conditions of a table must hold; a row without a value meets only `missing = true`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import narwhals.stable.v2 as nw

from lastmeter.indicators.indicator import Aggregation, DatedBy, Direction, Indicator, Table, Unit
from lastmeter.journeys.facts import TABLES
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title, title_of

_REQUIRED = ("code", "title", "meaning", "unit", "direction", "table", "where", "aggregation", "owner")
_OPTIONAL = ("hit", "value", "dated_by", "needs")
_CHOICES: dict[str, tuple[str, ...]] = {
    "unit": get_args(Unit), "direction": get_args(Direction), "table": get_args(Table),
    "aggregation": tuple(name for name in get_args(Aggregation) if name != "weighted_share"),
    "dated_by": get_args(DatedBy),
}
_CONDITION_KEYS = ("min", "max", "not", "missing")
_PYTHON: dict[str, tuple[type, ...]] = {
    "VARCHAR": (str,), "BOOLEAN": (bool,), "DATE": (date,), "TIMESTAMP": (datetime,), "DOUBLE": (int, float),
    "INTEGER": (int,), "BIGINT": (int,),
}
_NUMBERS = ("DOUBLE", "INTEGER", "BIGINT")


def load_indicators(folder: Path) -> list[Indicator]:
    """The indicators of every `*.toml` in a folder, by file name, then as written; none where there is no folder.

    Raises:
        LastMeterError: `indicator.file_unreadable`, `.unknown_key`, `.key_missing`, `.bad_value`, `.unknown_column`,
            `.wrong_type`; each with file, line and how to mend it.
    """
    if not folder.is_dir():
        return []
    return [indicator for path in sorted(folder.glob("*.toml")) for indicator in read_file(path)]


def read_file(path: Path) -> list[Indicator]:
    """The indicators of one file; raises as `load_indicators`."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        tables = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        found = re.search(r"line (\d+)", str(error))
        raise LastMeterError(
            "indicator.file_unreadable",
            Title("{file} 第 {line} 行不是合法的 TOML", "{file} line {line} is not valid TOML"),
            Title("请检查引号、括号和逗号；文件用 UTF-8 保存", "Check quotes, brackets and commas; save the file as UTF-8"),
            file=path.name, line=int(found[1]) if found else 1,
        ) from error
    reader = _Reader(path.name, text)
    for key in tables:
        if key != "indicator":
            reader.unknown_key(key, ("[[indicator]]",))
    declared = tables.get("indicator", [])
    if not isinstance(declared, list):
        raise reader.wrong_type("indicator", "[[indicator]]")
    return [_Reader(path.name, text, number).indicator(each) for number, each in enumerate(declared, 1)]


class _Reader:
    """Reads the `block`-th [[indicator]] of a file; knows where its keys stand."""

    def __init__(self, file: str, text: str, block: int = 0) -> None:
        self.file, self.lines, self.block = file, text.splitlines(), block

    def indicator(self, table: Mapping[str, Any]) -> Indicator:
        for key in table:
            if key not in _REQUIRED + _OPTIONAL:
                self.unknown_key(key, _REQUIRED + _OPTIONAL)
        for key in _REQUIRED:
            if key not in table:
                self.key_missing(key)
        for key, choices in _CHOICES.items():
            if key in table and table[key] not in choices:
                self.bad_value(key, choices)
        if not isinstance(table["code"], str) or not re.fullmatch(r"[a-z][a-z0-9_]*", table["code"]):
            self.bad_value("code", ("a-z 0-9 _",))
        columns = TABLES[table["table"]]
        dated_by: DatedBy = table.get("dated_by", "due")
        if f"{dated_by}_on" not in columns:
            self.bad_value("dated_by", tuple(name for name in _CHOICES["dated_by"] if f"{name}_on" in columns))
        is_share = table["aggregation"] == "share"
        wanted, other = ("hit", "value") if is_share else ("value", "hit")
        if wanted not in table:
            self.key_missing(wanted)
        if other in table:
            self.unknown_key(other, tuple(key for key in _REQUIRED + _OPTIONAL if key != other))
        if not isinstance(table["owner"], str) or not table["owner"]:
            raise self.wrong_type("owner", "text")
        return Indicator(
            code=table["code"], title=self.words(table, "title"), meaning=self.words(table, "meaning"),
            unit=table["unit"], direction=table["direction"], table=table["table"],
            population=self.conditions(table, "where", columns), aggregation=table["aggregation"],
            hit=self.conditions(table, "hit", columns) if is_share else None,
            value=None if is_share else self.value(table, columns), dated_by=dated_by, owner=table["owner"],
            needs=self.needs(table),
        )

    def words(self, table: Mapping[str, Any], key: str) -> Title:
        value = table[key]
        if not isinstance(value, (str, dict)) or not value:
            raise self.wrong_type(key, '{ zh = "...", en = "..." }')
        for lang in value if isinstance(value, dict) else ():
            if lang not in ("zh", "en"):
                self.unknown_key(lang, ("zh", "en"))
        return title_of(value, table["code"])

    def needs(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        value = table.get("needs", [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.wrong_type("needs", '["promise"]')
        return tuple(value)

    def value(self, table: Mapping[str, Any], columns: Mapping[str, str]) -> nw.Expr:
        name = table["value"]
        numbers = [column for column, kind in columns.items() if kind in _NUMBERS]
        if name not in numbers:
            self.unknown_column(str(name), "value", numbers)
        in_days = (table["unit"] == "days" and name.endswith("_seconds")) or (name == "seconds" and table["unit"] == "days")
        return nw.col(name) / 86400.0 if in_days else nw.col(name) * 1.0

    def conditions(self, table: Mapping[str, Any], key: str, columns: Mapping[str, str]) -> nw.Expr:
        wanted = table[key]
        if not isinstance(wanted, dict) or (key == "hit" and not wanted):
            raise self.wrong_type(key, "{ column = value }")
        found = nw.lit(value=True)
        for column, condition in wanted.items():
            if column not in columns:
                self.unknown_column(column, key, list(columns))
            found = found & self.condition(column, columns[column], condition)
        return found

    def condition(self, column: str, kind: str, condition: Any) -> nw.Expr:
        if not isinstance(condition, dict):
            return self.one_of(column, kind, condition)
        if not condition:
            raise self.wrong_type(column, "{ min = ..., max = ... }")
        found = nw.lit(value=True)
        for key, value in condition.items():
            match key:
                case "min" | "max":
                    (bound,) = self.typed(column, kind, [value])
                    found = found & (nw.col(column) >= bound if key == "min" else nw.col(column) <= bound)
                case "not":
                    found = found & ~nw.col(column).is_null() & ~self.one_of(column, kind, value)
                case "missing" if isinstance(value, bool):
                    found = found & (nw.col(column).is_null() if value else ~nw.col(column).is_null())
                case "missing":
                    raise self.wrong_type(key, "true / false")
                case _:
                    self.unknown_key(key, _CONDITION_KEYS)
        return found

    def one_of(self, column: str, kind: str, value: Any) -> nw.Expr:
        values = self.typed(column, kind, value if isinstance(value, list) else [value])
        found = nw.lit(value=False)
        for each in values:
            found = found | (nw.col(column) == each)
        return found

    def typed(self, column: str, kind: str, values: Sequence[Any]) -> list[nw.Expr]:
        allowed = _PYTHON[kind]
        for value in values:
            # A bool is an int to Python, a datetime a date: neither is meant.
            fits = isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool))
            if not fits or (kind == "DATE" and isinstance(value, datetime)):
                raise self.wrong_type(column, kind)
            if isinstance(value, datetime) and value.tzinfo is not None:
                raise self.wrong_type(column, "TIMESTAMP (UTC)")
        return [nw.lit(value) for value in values]

    def line_of(self, key: str) -> int:
        """The line of this block on which a key stands; the block's first line where it stands nowhere."""
        starts = [n for n, line in enumerate(self.lines) if re.match(r"\s*\[\[\s*indicator\s*\]\]", line)]
        first = starts[self.block - 1] if 0 < self.block <= len(starts) else 0
        last = starts[self.block] if self.block < len(starts) and self.block else len(self.lines)
        pattern = re.compile(rf"""(?<![\w-])["']?{re.escape(key)}["']?\s*(=|\])""")
        for number in range(first, last):
            if pattern.search(self.lines[number]):
                return number + 1
        return first + 1

    def unknown_key(self, key: str, known: Sequence[str]) -> None:
        raise LastMeterError(
            "indicator.unknown_key",
            Title("{file} 第 {line} 行：不认识“{key}”", "{file} line {line}: unknown key “{key}”"),
            Title("可用：{known}", "Possible: {known}"),
            file=self.file, line=self.line_of(key), key=key, known=", ".join(known),
        )

    def key_missing(self, key: str) -> None:
        raise LastMeterError(
            "indicator.key_missing",
            Title("{file} 第 {line} 行的指标缺少“{key}”", "{file} line {line}: the indicator lacks “{key}”"),
            Title("请在这个 [[indicator]] 里补上 {key}", "Add {key} to this [[indicator]]"),
            file=self.file, line=self.line_of("indicator"), key=key,
        )

    def bad_value(self, key: str, choices: Sequence[str]) -> None:
        raise LastMeterError(
            "indicator.bad_value",
            Title("{file} 第 {line} 行：“{key}”的值不可用", "{file} line {line}: “{key}” has a value that is not possible"),
            Title("可用：{known}", "Possible: {known}"),
            file=self.file, line=self.line_of(key), key=key, known=", ".join(choices),
        )

    def unknown_column(self, column: str, key: str, known: Sequence[str]) -> None:
        raise LastMeterError(
            "indicator.unknown_column",
            Title(
                "{file} 第 {line} 行：表里没有可用的列“{column}”", "{file} line {line}: no column “{column}” to use here"
            ),
            Title("可用：{known}", "Possible: {known}"),
            file=self.file, line=self.line_of(key), column=column, known=", ".join(known),
        )

    def wrong_type(self, key: str, wanted: str) -> LastMeterError:
        return LastMeterError(
            "indicator.wrong_type",
            Title("{file} 第 {line} 行：“{key}”应写成 {wanted}", "{file} line {line}: “{key}” should be {wanted}"),
            Title("请按所示的类型书写", "Write it in the form shown"),
            file=self.file, line=self.line_of(key), key=key, wanted=wanted,
        )
