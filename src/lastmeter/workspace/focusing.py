"""What a company chose to clear, kept in `focus.toml` of the workspace, and its reefs and focus list as tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit

from lastmeter.diagnosis.focus import Chosen, Focus, FocusItem
from lastmeter.diagnosis.reefs.reef import Reef
from lastmeter.journal.durable import written_durably
from lastmeter.journal.locks import take_lock
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title
from lastmeter.kernel.toml_file import nearest, read_toml

FILE = "focus.toml"
LOCK = "focus.lock"
_HEAD = "What is being cleared now: lastmeter focus choose CODE, lastmeter focus drop CODE."
_TEXTS = ("code", "owner", "action", "note")
_DATES = ("due", "since")


def read_chosen(folder: Path) -> list[Chosen]:
    """What was chosen, in the order of choosing.

    Raises:
        LastMeterError: `focus.invalid` with the line; those of `read_toml`.
    """
    path = folder / FILE
    if not path.exists():
        return []
    file = read_toml(path)
    entries = file.values.get("focus", [])
    if set(file.values) - {"focus"} or not isinstance(entries, list):
        raise _invalid(path, 1, next(iter(set(file.values) - {"focus"}), "focus"))
    chosen = []
    for number, entry in enumerate(entries):
        for key, value in entry.items():
            wanted = str if key in _TEXTS else date if key in _DATES else None
            if wanted is None or type(value) is not wanted:  # a time of day is a date, too, but not meant
                raise _invalid(path, file.line_of("focus", number, key), key)
        if not entry.get("code"):
            raise _invalid(path, file.line_of("focus", number), "code")
        chosen.append(Chosen(**entry))
    return chosen


def choose(folder: Path, one: Chosen) -> None:
    """Add an item, or change what is known of one that was chosen before: what is left out stays as it was."""
    with _turn(folder):
        before = {other.code: other for other in read_chosen(folder)}
        known = before.get(one.code, one)
        before[one.code] = Chosen(
            one.code, one.owner or known.owner, one.action or known.action, one.due or known.due, known.since or one.since,
            one.note or known.note,
        )
        _write(folder, list(before.values()))


def put(folder: Path, one: Chosen) -> None:
    """Write an item just as it is, in the place of the one with its code, if there is one."""
    with _turn(folder):
        kept = {other.code: other for other in read_chosen(folder)}
        _write(folder, list((kept | {one.code: one}).values()))


def drop(folder: Path, code: str) -> None:
    """Take an item off.

    Raises:
        LastMeterError: `focus.not_chosen`.
    """
    with _turn(folder):
        chosen = read_chosen(folder)
        if code not in {one.code for one in chosen}:
            raise LastMeterError(
                "focus.not_chosen", Title("没有选过“{code}”", "“{code}” has not been chosen"),
                Title("选过的：{known}", "Chosen: {known}"), code=code, known="; ".join(one.code for one in chosen) or "–",
            )
        _write(folder, [one for one in chosen if one.code != code])


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One change of the list at a time: the console and the command line may both be at it."""
    held = take_lock(folder / LOCK)
    try:
        yield
    finally:
        os.close(held)


def check_code(code: str, codes: Sequence[str], period: str) -> None:
    """A code must be a reef's or a cause's of the period.

    Raises:
        LastMeterError: `focus.unknown`.
    """
    if code not in codes:
        meant = nearest(code, list(codes))
        raise LastMeterError(
            "focus.unknown", Title("{period} 没有“{code}”这项", "There is no “{code}” in {period}"),
            Title("例如：{known}", "For example: {known}"), period=period, code=code, known=meant or "; ".join(codes[:4]) or "–",
        )


def reef_rows(reefs: Sequence[Reef], lang: Lang) -> list[dict[str, Any]]:
    """Reefs as rows of a table."""
    return [
        {
            "code": reef.code, "kind": reef.kind, "rule": reef.rule, "title": reef.rule_title.say(lang),
            **{name: reef.segment.get(name) for name in sorted({key for one in reefs for key in one.segment})},
            "n": reef.n, "flaws": reef.flaws, "expected": reef.expected, "ratio": reef.size.ratio,
            "low": reef.size.low, "high": reef.size.high, "p": reef.p, "potential": reef.potential.rate,
            "journeys": reef.potential.journeys, "also": ",".join(reef.also),
            "post": reef.post_title.say(lang) if reef.post_title else reef.post, "examples": ",".join(reef.examples),
            "sentence": reef.sentence.say(lang),
        }
        for reef in reefs
    ]


def focus_rows(focus: Focus, lang: Lang) -> list[dict[str, Any]]:
    """The focus list as rows: the items, then what follows, then what was chosen and is no longer found."""
    rows = [_row(item, "chosen" if item.chosen else "proposed", lang) for item in focus.items]
    if focus.following:
        rows.append(_row(focus.following, "following", lang))
    blank = dict.fromkeys(rows[0]) if rows else {}
    return [*rows, *(
        blank | {"code": one.code, "status": "settled", "owner": one.owner, "action": one.action, "due": one.due, "since": one.since}
        for one in focus.settled
    )]


def _row(item: FocusItem, status: str, lang: Lang) -> dict[str, Any]:
    chosen = item.chosen or Chosen(item.code)
    return {
        "code": item.code, "status": status, "title": item.title.say(lang), "flaws": item.flaws, "n": item.n, "adds": item.adds,
        "potential": item.rate_after, "change": item.change.text.say(lang),
        "post": item.post_title.say(lang) if item.post_title else item.post, "owner": item.owner, "action": chosen.action,
        "due": chosen.due, "since": chosen.since,
    }


def _write(folder: Path, chosen: Sequence[Chosen]) -> None:
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEAD))
    tables = tomlkit.aot()
    for one in chosen:
        table = tomlkit.table()
        for name in (*_TEXTS, *_DATES):
            value = getattr(one, name)
            if value is not None:
                table[name] = value
        tables.append(table)
    document["focus"] = tables
    with written_durably(folder / FILE) as temporary:
        temporary.write_text(tomlkit.dumps(document) if chosen else f"# {_HEAD}\n", encoding="utf-8")


def _invalid(path: Path, line: int, key: str) -> LastMeterError:
    return LastMeterError(
        "focus.invalid", Title("{file} 第 {line} 行：“{key}”不对", "{file}, line {line}: “{key}” is not right"),
        Title("每项写成 [[focus]]，有 code、owner、action、note（文本）和 due、since（日期）",
              "Write each as [[focus]] with code, owner, action, note (text) and due, since (dates)"),
        file=path.name, line=line, key=key,
    )
