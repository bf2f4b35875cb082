"""What a workspace says of itself beyond single figures: its index, its claims, groups held side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import pyarrow as pa

from lastmeter.indicators.claims import FILE_NAME as CLAIMS
from lastmeter.indicators.claims import Checked, check_claims, load_claims
from lastmeter.indicators.compare import Comparison, compare
from lastmeter.indicators.figure import Figure
from lastmeter.indicators.index import Index, Standard, make_index
from lastmeter.indicators.indicator import Indicator
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.facts import Facts
from lastmeter.journeys.happenings import build_happenings, verify_happenings
from lastmeter.journeys.snapshot import Snapshot
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Lang, Title

Catalogue = Mapping[str, Indicator]


def event_types(catalogue: Catalogue) -> set[str]:
    """The types of happenings that any indicator reads."""
    return {event for indicator in catalogue.values() for event in indicator.events}


def build_beside(
    snapshot: Snapshot, blueprints: Sequence[Blueprint], folder: Path, catalogue: Catalogue, *, at: Any, full: bool
) -> None:
    """Bring the happenings up to date beside the other fact tables."""
    build_happenings(snapshot, blueprints, folder, event_types(catalogue), at=at, full=full)


def verify_beside(snapshot: Snapshot, blueprints: Sequence[Blueprint], folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """Happenings that differ from a full build: how many, and examples (table, event id)."""
    differences, examples = verify_happenings(snapshot, blueprints, folder)
    return differences, [("happenings", each) for each in examples]


def index_of(facts: Facts, standard: Standard, catalogue: Catalogue, period: Period) -> Index:
    """The CX index of a period.

    Raises:
        LastMeterError: `index.none` where the settings have no component; `index.*` where one cannot be measured.
    """
    if not standard.components:
        raise LastMeterError(
            "index.none",
            Title("还没有设置体验指数", "No CX index has been set up"),
            Title("请在 lastmeter.toml 里写 [[index.component]]", "Write [[index.component]] in lastmeter.toml"),
        )
    return make_index(facts, standard, catalogue, period)


def claims_of(facts: Facts, folder: Path, catalogue: Catalogue, period: Period) -> list[Checked]:
    """The claims of the workspace that run in a period, each held against its figure.

    Raises:
        LastMeterError: `toml.*`, `indicator.*` where the file of claims is wrong; `claim.indicator_unknown`.
    """
    return check_claims(facts, load_claims(folder / CLAIMS), catalogue, period)


_CLAIM_COLUMNS = pa.schema([
    *((name, pa.string()) for name in ("code", "text", "channel", "indicator", "title", "unit", "direction")),
    *((name, pa.float64()) for name in ("promised", "value")), ("n", pa.int64()),
    *((name, pa.float64()) for name in ("low", "high")), ("verdict", pa.string()), ("post", pa.string()),
    ("rules_observed", pa.int64()), ("rules_total", pa.int64()), ("mature", pa.bool_()),
])


def claim_rows(claims: Sequence[Checked], lang: Lang) -> pa.Table:
    """Checked claims as a table, with its columns even where there is no claim."""
    rows = []
    for claim in claims:
        own = {name: getattr(claim, name) for name in ("code", "channel", "indicator", "unit", "direction", "promised", "verdict", "post")}
        figure = {name: getattr(claim.figure, name) for name in ("value", "n", "low", "high", "rules_observed", "rules_total", "mature")}
        rows.append({**own, **figure, "text": claim.text.say(lang), "title": claim.title.say(lang)})
    return pa.Table.from_pylist(rows, schema=_CLAIM_COLUMNS)


def figure_rows(figures: Sequence[Figure], by: Sequence[str]) -> pa.Table:
    """Figures as a table: their keys, then the fields of a figure; with its columns even where there is none."""
    rows = [{**figure.keys, **msgspec.structs.asdict(figure)} for figure in figures]
    kinds: dict[Any, pa.DataType] = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}
    fields = [(name, pa.string()) for name in by]
    for field in msgspec.structs.fields(Figure):
        if field.name != "keys":
            plain = next(kind for kind in (get_args(field.type) or (field.type,)) if kind is not type(None))
            fields.append((field.name, kinds[plain]))
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


_COMPARED = pa.schema([
    ("standing", pa.string()), ("value", pa.float64()), ("n", pa.int64()),
    *((name, pa.float64()) for name in ("low", "high", "shrunk", "shrunk_low", "shrunk_high", "mean")),
    ("rules_observed", pa.int64()), ("rules_total", pa.int64()),
])


def compared(indicator: Indicator, figures: Sequence[Figure], by: str) -> pa.Table:
    """Groups side by side as rows, sorted by standing and never ranked within it."""
    result: Comparison = compare(indicator, [each for each in figures if None not in each.keys.values()])
    order = ("worse", "better", "alike", "other_coverage", "too_few")
    rows = []
    for group in sorted(result.groups, key=lambda each: (order.index(each.standing), list(each.figure.keys.values()))):
        figure = msgspec.structs.asdict(group.figure)
        rows.append({
            **group.figure.keys, "standing": group.standing,
            **{name: figure[name] for name in ("value", "n", "low", "high")},
            "shrunk": group.shrunk, "shrunk_low": group.low, "shrunk_high": group.high, "mean": result.mean,
            "rules_observed": group.figure.rules_observed, "rules_total": group.figure.rules_total,
        })
    return pa.Table.from_pylist(rows, schema=pa.schema([(by, pa.string()), *_COMPARED]))
