"""A proposal as the text of `sources/NAME.toml`, with a comment in both languages wherever it is not sure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from lastmeter.connectors.proposal.claims import SURE
from lastmeter.connectors.proposal.table_plan import EventPlan, TablePlan
from lastmeter.kernel.titles import Title


def source_text(name: str, zone: str, currency: str | None, notes: list[Title]) -> str:
    """The head of the file."""
    lines = [
        "# 由 lastmeter map 从数据推断；带“不确定”的行请核对。",
        "# Proposed by lastmeter map from the data; check the lines that say “unsure”.",
        "",
        "[source]",
        f"name = {value(name)}",
        f"title = {{ zh = {value(name)}, en = {value(name)} }}",
        f"zone = {value(zone)}",
    ]
    if currency:
        lines.append(f"currency = {value(currency)}")
    lines.append('watermark = "last_time"')
    return "\n".join([*(line for note in notes for line in comment(note)), *lines]) + "\n"


def table_text(plan: TablePlan, *, is_named: bool) -> str:
    """One `[[table]]` with its events."""
    lines = ["", *(comment(plan.layout) if plan.layout else ()), "[[table]]", f"name = {value(plan.table.name)}"]
    if is_named:
        lines.append(f"files = {value(pattern(plan))}")
    lines += list(_doubt("key", plan.key.confidence, plan.key.reason))
    lines.append(f"key = [{', '.join(value(column.name) for column in plan.key.columns)}]")
    if plan.revision:
        lines.append(f"revision = {value(plan.revision)}")
    for event in plan.events:
        lines += list(_event(event, plan))
    if plan.left:
        lines.append("")
        for column, reason in plan.left.items():
            lines += [f"# {_plain(column)}: {reason.zh} / {reason.en}"]
    return "\n".join(lines) + "\n"


def pattern(plan: TablePlan) -> str:
    """A pattern that the names of the table's files meet: what they begin with, or the sheet that they share."""
    sheets = {name.partition("#")[2] for name in plan.table.files}
    if sheets != {""}:
        return _plain_pattern(f"*#{sheets.pop()}") if len(sheets) == 1 else "*"
    stems = [name.split(".")[0] for name in plan.table.files]
    common = "".join(letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False)))
    return _plain_pattern(f"*{common}*") if common else "*"


def _plain_pattern(text: str) -> str:
    """Brackets would be a set of characters."""
    return text.replace("[", "?").replace("]", "?")


def _event(event: EventPlan, plan: TablePlan) -> Iterator[str]:
    yield ""
    yield "[[table.event]]"
    yield f"type = {value(event.type)}"
    if event.at is None:
        note = event.notes.get("at")
        yield 'at = "unknown"' + (f"    # {note.zh} / {note.en}" if note else "")
    else:
        claim = event.claim
        if claim:
            yield from _doubt(event.at.name, claim.confidence, claim.reason)
        yield f"at = {value(event.at.name)}"
        if claim and claim.time:
            if claim.time.precision != "second":
                yield f"precision = {value(claim.time.precision)}"
            if claim.time.format:
                yield f"format = {value(claim.time.format)}"
    if event.zone_column:
        yield f"zone = {{ column = {value(event.zone_column)} }}"
    objects = [f"{kind} = {{ column = {value(column)}, personal = true }}" if personal else f"{kind} = {value(column)}"
               for kind, (column, personal) in event.objects.items()]
    for column, _ in event.objects.values():
        if column in plan.claims:
            yield from _doubt(column, plan.claims[column].confidence, plan.claims[column].reason)
    yield f"objects = {{ {', '.join(objects)} }}"
    if event.undated:
        yield "undated = true"
    if event.when:
        yield f"when = {{ {', '.join(f'{value(column)} = [{_listed(values)}]' for column, values in event.when.items())} }}"
    for key in ("performer", "place", "channel"):
        if text := getattr(event, key):
            yield f"{key} = {value(text)}"
    yield from _entries("attributes", event.attributes, plan)
    yield from _entries("promise", event.promises, plan)


def _entries(section: str, entries: dict[str, dict[str, object]], plan: TablePlan) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield f"[table.event.{section}]"
    for name, entry in entries.items():
        column = str(entry.get("column", ""))
        if column in plan.claims and plan.claims[column].role != "attribute":
            yield from _doubt(column, plan.claims[column].confidence, plan.claims[column].reason)
        yield f"{name} = {{ {', '.join(f'{key} = {value(item)}' for key, item in entry.items())} }}"


def _doubt(what: str, confidence: float, reason: Title) -> Iterator[str]:
    if confidence < SURE:
        yield f"# 不确定 {_plain(what)}（{confidence:.0%}）：{reason.zh}"
        yield f"# unsure of {_plain(what)} ({confidence:.0%}): {reason.en}"


def comment(text: Title) -> Iterator[str]:
    """A comment in both languages."""
    yield f"# {text.zh}"
    yield f"# {text.en}"


def _plain(text: str) -> str:
    """A column's name on one line of a comment."""
    return " ".join(text.split())


def _listed(values: list[str]) -> str:
    return ", ".join(value(one) for one in values)


def value(item: Any) -> str:
    """A TOML value."""
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, int | float):
        return str(item)
    if isinstance(item, dict):
        return f"{{ {', '.join(f'{key} = {value(one)}' for key, one in item.items())} }}"
    return f'"{"".join(_escaped(character) for character in str(item))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    return character if character.isprintable() else f"\\U{ord(character):08X}"


_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
