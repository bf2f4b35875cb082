"""A company's own indicators: `indicators/*.toml` in its workspace, a small grammar that is read, never evaluated.

    [[indicator]]
    code = "app_missed_share"
    title = { zh = "App 失约率", en = "Missed promises, app" }
    meaning = { zh = "……", en = "..." }
    unit = "share"                 # share, seconds, days, count, score, points, money
    direction = "down"             # which way is better: up, down
    table = "journeys"             # journeys, links, flaws, feedback, happenings (then `where` names the type)
    where = { counted = true, channel = ["app", "mini"], value_minor = { min = 1000 } }
    hit = { promise = "missed" }   # share only
    value = "duration_seconds"     # mean, median, p90, spread only; a column of seconds becomes days if the unit is days
    aggregation = "share"          # share, mean, median, p90, spread
    dated_by = "due"               # due (default), fulfilled, started, occurred
    owner = "logistics"            # a post; `rule:promise` the blueprint's; `row` each row's own
    needs = ["promise"]            # optional: primitives that must be observed

How conditions are written: `lastmeter.indicators.conditions`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import narwhals.stable.v2 as nw

from lastmeter.indicators.conditions import all_hold
from lastmeter.indicators.indicator import COLUMNS, DAY, Aggregation, DatedBy, Direction, Indicator, Table, Unit
from lastmeter.indicators.mistakes import Spot
from lastmeter.kernel.titles import Title, title_of
from lastmeter.kernel.toml_file import read_toml

_REQUIRED = ("code", "title", "meaning", "unit", "direction", "table", "where", "aggregation", "owner")
_KNOWN = (*_REQUIRED, "hit", "value", "dated_by", "needs")
_CHOICES: dict[str, tuple[str, ...]] = {
    "unit": get_args(Unit), "direction": get_args(Direction), "table": get_args(Table),
    "aggregation": tuple(name for name in get_args(Aggregation) if name not in ("weighted_share", "value_share")),
    "dated_by": get_args(DatedBy),
}
_NUMBERS = ("DOUBLE", "INTEGER", "BIGINT")


def load_indicators(folder: Path) -> list[Indicator]:
    """The indicators of every `*.toml` in a folder, by file name, then as written; none where there is no folder.

    Raises:
        LastMeterError: `toml.*` where a file cannot be parsed; `indicator.unknown_key`, `.key_missing`, `.bad_value`,
            `.unknown_column`, `.wrong_type`, each with file, line and how to mend it.
    """
    if not folder.is_dir():
        return []
    return [indicator for path in sorted(folder.glob("*.toml")) for indicator in read_file(path)]


def read_file(path: Path) -> list[Indicator]:
    """The indicators of one file; raises as `load_indicators`."""
    file = read_toml(path)
    for key in file.values:
        if key != "indicator":
            raise Spot(file, ()).unknown_key(key, ("indicator",))
    declared = file.values.get("indicator", [])
    if not isinstance(declared, list) or not all(isinstance(each, dict) for each in declared):
        raise Spot(file, ()).wrong_type("indicator", "[[indicator]]")
    return [_indicator(each, Spot(file, ("indicator", number))) for number, each in enumerate(declared)]


def _indicator(table: Mapping[str, Any], spot: Spot) -> Indicator:
    _check_keys(table, spot)
    columns = COLUMNS[table["table"]]
    dated_by: DatedBy = table.get("dated_by", "occurred" if table["table"] == "happenings" else "due")
    if f"{dated_by}_on" not in columns:
        raise spot.bad_value("dated_by", [name for name in _CHOICES["dated_by"] if f"{name}_on" in columns])
    is_share = table["aggregation"] == "share"
    return Indicator(
        code=table["code"], title=_words(table, "title", spot), meaning=_words(table, "meaning", spot),
        unit=table["unit"], direction=table["direction"], table=table["table"], aggregation=table["aggregation"],
        population=all_hold(table["where"], columns, spot.at("where")),
        hit=_hit(table["hit"], columns, spot) if is_share else None,
        value=None if is_share else _value(table["value"], columns, spot), per=_per(table),
        dated_by=dated_by, owner=table["owner"], needs=_needs(table.get("needs", []), spot),
        events=_events(table, spot),
    )


def _check_keys(table: Mapping[str, Any], spot: Spot) -> None:
    for key in table:
        if key not in _KNOWN:
            raise spot.unknown_key(key, _KNOWN)
    for key in _REQUIRED:
        if key not in table:
            raise spot.key_missing(key)
    for key, choices in _CHOICES.items():
        if key in table and table[key] not in choices:
            raise spot.bad_value(key, choices)
    if not isinstance(table["code"], str) or not re.fullmatch(r"[a-z][a-z0-9_]*", table["code"]):
        raise spot.bad_value("code", ["a-z 0-9 _"])
    if not isinstance(table["owner"], str) or not table["owner"]:
        raise spot.wrong_type("owner", '"logistics"')
    wanted, other = ("hit", "value") if table["aggregation"] == "share" else ("value", "hit")
    if other in table:
        raise spot.unknown_key(other, [key for key in _KNOWN if key != other])
    if wanted not in table:
        raise spot.key_missing(wanted)


def _words(table: Mapping[str, Any], key: str, spot: Spot) -> Title:
    value = table[key]
    if not isinstance(value, (str, dict)) or not value:
        raise spot.wrong_type(key, '{ zh = "...", en = "..." }')
    for lang in value if isinstance(value, dict) else ():
        if lang not in ("zh", "en"):
            raise spot.at(key).unknown_key(lang, ("zh", "en"))
    return title_of(value, table["code"])


def _hit(wanted: Any, columns: Mapping[str, str], spot: Spot) -> nw.Expr:
    if not wanted:
        raise spot.wrong_type("hit", "{ column = value }")
    return all_hold(wanted, columns, spot.at("hit"))


def _value(name: Any, columns: Mapping[str, str], spot: Spot) -> nw.Expr:
    numbers = [column for column, kind in columns.items() if kind in _NUMBERS]
    if name not in numbers:
        raise spot.unknown_column(str(name), numbers, "value")
    return nw.col(name) * 1.0


def _per(table: Mapping[str, Any]) -> float:
    in_seconds = str(table.get("value", "")).endswith("seconds")
    return DAY if table["unit"] == "days" and in_seconds else 1.0


def _events(table: Mapping[str, Any], spot: Spot) -> tuple[str, ...]:
    """The types of happenings that it reads: said in `where`, as a type or a list of them."""
    if table["table"] != "happenings":
        return ()
    types = table["where"].get("type")
    if not types or not isinstance(types, str | list):
        raise spot.at("where").wrong_type("type", 'type = "page.opened"')
    return (types,) if isinstance(types, str) else tuple(types)


def _needs(value: Any, spot: Spot) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise spot.wrong_type("needs", '["promise"]')
    return tuple(value)
