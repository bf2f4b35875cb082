"""A mapping proposed from the data itself: `propose(files, ...)` gives a `Proposal`, `to_toml` its file.

Each column is claimed by the recognisers (`recognisers/`, one file each), the surest claim holds; keys and joins are found
from values; the rows of each table become events. What is not sure stays marked as such.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from lastmeter.connectors.kinds import SourceKind, Standard, kind_of, opened
from lastmeter.connectors.mapping import Mapping
from lastmeter.connectors.mapping_file import load_mapping
from lastmeter.connectors.proposal.claims import SURE, Claim, because
from lastmeter.connectors.proposal.joins import Join, find_joins
from lastmeter.connectors.proposal.keys import Key, key_of
from lastmeter.connectors.proposal.names import singular, table_code
from lastmeter.connectors.proposal.plan import Planner
from lastmeter.connectors.proposal.preview import Preview, preview
from lastmeter.connectors.proposal.reading import ROWS, Column, Table, read_tables, slug
from lastmeter.connectors.proposal.recognisers import claims_on
from lastmeter.connectors.proposal.table_plan import TablePlan
from lastmeter.connectors.proposal.toml_text import source_text, table_text
from lastmeter.connectors.recognise import table_of
from lastmeter.connectors.survey import survey
from lastmeter.journal.engine import open_duckdb
from lastmeter.journeys.discovery.vocabulary import thing_in
from lastmeter.kernel.titles import Title

__all__ = ["SURE", "Decision", "Proposal", "propose", "to_toml", "try_mapping"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one column. `role` is as in `claims.Role`; `kind` the object type, performer kind, attribute
    type or promise name; `confidence` from 0 to 1.
    """

    table: str
    column: str
    role: str
    kind: str
    confidence: float
    reason: Title
    precision: str = ""
    format: str | None = None
    in_key: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether it needs nobody's eye."""
        return self.confidence >= SURE


@dataclass(frozen=True)
class Proposal:
    """A proposed mapping: what was decided about every column, the joins, what it makes of the rows, its text."""

    name: str
    plans: tuple[TablePlan, ...]
    decisions: tuple[Decision, ...]
    joins: tuple[Join, ...]
    preview: Preview
    mapping: Mapping
    text: str
    notes: tuple[Title, ...]

    @property
    def unsure(self) -> list[tuple[str, str, float, Title]]:
        """(table, column, confidence, reason) of what somebody has to look at."""
        found = [(plan.table.name, column, confidence, reason) for plan in self.plans for column, confidence, reason in plan.unsure]
        found += [(join.table, join.column, join.confidence, join.reason) for join in self.joins if join.confidence < SURE]
        return found


def propose(
    files: Sequence[Path], *, name: str | None = None, zone: str, currency: str | None = None, at: datetime, rows: int = ROWS,
) -> Proposal:
    """Propose a mapping for some exports.

    Args:
        files: in any format that can be imported; files with the same columns are one table.
        name: of the source; the file's name if left out.
        zone: IANA zone of times that carry no offset: the data cannot tell.
        currency: ISO 4217 code of amounts without one of their own: neither can it tell this.
        at: now, UTC; nothing can have happened much later.
        rows: how many rows of each file to look at.

    Raises:
        LastMeterError: `import.*` for a file that cannot be read, `map.no_files`, `map.no_rows`.
    """
    source = slug(name or "") or _name(files)
    if standard := _standard(files):
        return _by_format(files, standard, source, zone, at, rows)
    with open_duckdb() as duck, tempfile.TemporaryDirectory(prefix="lastmeter-") as scratch:
        tables = read_tables(duck, files, Path(scratch), named=table_code, rows=rows)
        claims = {table.name: {column.name: _claim(table, column, currency) for column in table.columns} for table in tables}
        keys = {table.name: key_of(table, claims[table.name]) for table in tables}
        claims = {table.name: _with_keys(table, claims[table.name], keys[table.name]) for table in tables}
        joins = find_joins(tables, claims, keys)
        claims = _joined(claims, joins)
        kinds = _kinds(tables, claims, joins)
        plans = tuple(Planner(table, claims[table.name], keys[table.name], joins, kinds).plan() for table in tables)
        notes = _notes(plans, zone)
        text = _text(source, zone, currency, plans, notes)
        mapping = _checked(text, Path(scratch) / f"{source}.toml")
        made = preview(mapping, {table.name: table for table in tables}, at=at)
    decisions = tuple(_decision(plan, column.name, keys, kinds) for plan in plans for column in plan.table.columns)
    return Proposal(source, plans, decisions, tuple(joins), made, mapping, text, notes)


def _standard(files: Sequence[Path]) -> SourceKind | None:
    """The kind of the files, where its format says by itself what happened."""
    found = {one.name: one for one in (kind_of(survey(path)) for path in files)}
    only = next(iter(found.values())) if len(found) == 1 else None
    return only if only is not None and only.mapping is not None else None


def _by_format(files: Sequence[Path], kind: SourceKind, name: str, zone: str, at: datetime, rows: int) -> Proposal:
    """The mapping that the kind writes; the rows are only looked at for the preview."""
    assert kind.mapping is not None  # noqa: S101 — the caller chose such a kind
    with open_duckdb() as duck, tempfile.TemporaryDirectory(prefix="lastmeter-") as scratch:
        with opened(survey(files[0]), Path(scratch)) as parts:
            text = kind.mapping(parts, Standard(name, zone))
        mapping = _checked(text, Path(scratch) / f"{name}.toml")
        made = _tried(duck, files, Path(scratch), mapping, at, rows)
    note = because("格式 {title.zh} 自己说明了含义，映射照它写成。",
        "The format {title.en} says by itself what happened; the mapping follows it.",
                   title=kind.title)
    return Proposal(name, (), (), (), made, mapping, text, (note,))


def try_mapping(files: Sequence[Path], mapping: Mapping, *, at: datetime, rows: int = ROWS) -> Preview:
    """What a mapping makes of the first rows of some files; nothing is stored.

    Raises:
        LastMeterError: `import.*` for a file that cannot be read, or whose columns no table of the mapping has.
    """
    with open_duckdb() as duck, tempfile.TemporaryDirectory(prefix="lastmeter-") as scratch:
        return _tried(duck, files, Path(scratch), mapping, at, rows)


def _tried(
    duck: duckdb.DuckDBPyConnection, files: Sequence[Path], scratch: Path, mapping: Mapping, at: datetime, rows: int
) -> Preview:
    tables = read_tables(duck, files, scratch, named=table_code, rows=rows)
    declared = {table.name: table_of(mapping, table.files[0], [column.name for column in table.columns]).name for table in tables}
    return preview(mapping, {declared[table.name]: table for table in tables}, at=at)


def to_toml(proposal: Proposal) -> str:
    """The mapping file, with comments where it is unsure."""
    return proposal.text


def _claim(table: Table, column: Column, currency: str | None) -> Claim:
    """The surest claim that the mapping can hold: without a currency an amount is only a number."""
    claims = claims_on(table, column)
    best = claims[0]
    if best.role == "money" and currency is None and not any(claims_on(table, other)[0].role == "currency" for other in table.columns):
        return replace(claims[-1], reason=because("像金额，但不知道币种；请用 --currency 指明",
            "Looks like amounts of an unknown currency; name it with --currency"))
    return best


def _with_keys(table: Table, claims: dict[str, Claim], key: Key) -> dict[str, Claim]:
    """A text or number that is alone the key is the id of the table's own object, whatever it is called."""
    if len(key.columns) != 1 or claims[key.columns[0].name].role not in ("attribute", "id"):
        return claims
    column = key.columns[0]
    known = thing_in(table.name)
    claim = claims[column.name]
    kind = claim.kind if claim.role == "id" and claim.kind else known.code if known else singular(table.name)
    if claim.role == "id" and claim.kind:
        return claims
    return {**claims, column.name: Claim("id", 0.7, because("每行都不同，当作“{kind}”的编号",
        "Different in every row; taken as the id of “{kind}”", kind=kind),
                                         kind=kind)}


def _joined(claims: dict[str, dict[str, Claim]], joins: Sequence[Join]) -> dict[str, dict[str, Claim]]:
    """A column that refers to another table's key is an id, whatever it looked like."""
    found = {table: dict(columns) for table, columns in claims.items()}
    for join in joins:
        claim = found[join.table][join.column]
        if claim.role != "id" and claim.role != "performer":
            found[join.table][join.column] = Claim("id", join.confidence, join.reason, kind=claims[join.other][join.key].kind)
    return found


def _kinds(tables: Sequence[Table], claims: dict[str, dict[str, Claim]], joins: Sequence[Join]) -> dict[tuple[str, str], str]:
    """The object type of each id column. A column takes that of the key it refers to: both must say the same name."""
    referred = {(join.table, join.column): (join.other, join.key) for join in joins}
    found: dict[tuple[str, str], str] = {}
    for table in tables:
        for name, claim in claims[table.name].items():
            place = (table.name, name)
            seen = {place}
            while place in referred and referred[place] not in seen:
                place = referred[place]
                seen.add(place)
            claim = claims[place[0]][place[1]]
            if claim.role == "id":
                found[table.name, name] = claim.kind or _of_table(place[0])
            if claim.role == "id" and found[table.name, name] in ("", "id"):
                found[table.name, name] = _of_table(place[0])
    return found


def _of_table(name: str) -> str:
    known = thing_in(name)
    return known.code if known else singular(name)


def _notes(plans: Sequence[TablePlan], zone: str) -> tuple[Title, ...]:
    times = [claim for plan in plans for claim in plan.claims.values() if claim.time]
    notes = []
    if any(claim.time and not claim.time.has_offset and claim.time.precision != "month" for claim in times):
        notes.append(because("时间没有写时区，按 {zone} 计；不对请改 zone。",
            "Times without an offset are taken as of {zone}; change `zone` if that is wrong.",
                             zone=zone))
    return tuple(notes)


def _text(name: str, zone: str, currency: str | None, plans: Sequence[TablePlan], notes: Sequence[Title]) -> str:
    is_named = len(plans) > 1
    text = source_text(name, zone, currency, list(notes)) + "".join(table_text(plan, is_named=is_named) for plan in plans)
    doubts = [f"#   {plan.table.name}.{column}: {reason.zh} / {reason.en}" for plan in plans for column, _, reason in plan.unsure]
    if doubts:
        text += "\n# 请核对 / Please check:\n" + "\n".join(" ".join(line.split("\n")) for line in doubts) + "\n"
    return text


def _checked(text: str, path: Path) -> Mapping:
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def _decision(plan: TablePlan, column: str, keys: dict[str, Key], kinds: dict[tuple[str, str], str]) -> Decision:
    claim = plan.claims[column]
    kind = kinds.get((plan.table.name, column), claim.kind)
    return Decision(plan.table.name, column, claim.role, kind, claim.confidence, claim.reason,
                    claim.time.precision if claim.time else "", claim.time.format if claim.time else None,
                    any(one.name == column for one in keys[plan.table.name].columns))


def _name(files: Sequence[Path]) -> str:
    """A name for the source: the only file's, else its folder's."""
    with suppress(IndexError):
        first = files[0]
        named = slug(first.name.split(".")[0]) if len(files) == 1 else slug(first.resolve().parent.name)
        return named or "files"
    return "files"
