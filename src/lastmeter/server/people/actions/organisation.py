"""Departments and posts: declared in `lastmeter.toml`, and nowhere else. The console edits that file: checked first, in
one stroke, comments kept, and the last edit can be undone as long as nobody touched the file since.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit
from django.conf import settings
from django.db import transaction

from lastmeter.journal.durable import written_durably
from lastmeter.journal.locks import take_lock
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.people.actions import errors
from lastmeter.server.people.ledger import record
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand
from lastmeter.workspace.config import FILE_NAME, load_config

CODE = re.compile(r"[a-z][a-z0-9_]*")
_BEFORE = "organisation.json"
Document = tomlkit.TOMLDocument


def save_department(actor: Person, code: str, title: Title, *, head: str = "") -> None:
    """Declare a department, or give it another title and head.

    Raises:
        LastMeterError: `people.not_allowed`, `people.invalid`; those of `load_config`.
    """
    _check(actor, code, title)

    def edit(document: Document) -> None:
        row = _row(document, "department", code)
        row["title"] = _both(title)
        _set(row, "head", head)

    _edit(actor, edit, "organisation.department", code)


def save_post(actor: Person, code: str, title: Title, *, department: str = "", areas: tuple[str, ...] | None = None) -> None:
    """Declare a post, or give it another title, department and areas; its code stays, blueprints name it.

    Raises:
        LastMeterError: `people.not_allowed`, `people.invalid`; those of `load_config`.
    """
    _check(actor, code, title)

    def edit(document: Document) -> None:
        row = _row(document, "post", code)
        row["title"] = _both(title)
        _set(row, "department", department)
        if areas is not None:
            _set(row, "areas", list(areas))

    _edit(actor, edit, "organisation.post", code)


def undo(actor: Person) -> None:
    """Take back the last edit.

    Raises:
        LastMeterError: `people.not_allowed`, `people.nothing_to_undo`.
    """
    demand(actor, "people.edit")
    with _turn() as path:
        before = _last_edit(path)
        if before is None:
            raise LastMeterError(
                "people.nothing_to_undo", Title("没有可以撤销的修改", "There is no edit to undo"),
                Title("文件后来又改过；请直接编辑 lastmeter.toml", "The file was changed since; edit lastmeter.toml itself"),
            )
        with transaction.atomic():
            record(actor, "organisation.undo", object_type=before["what"], object_id=before["code"])
            _write(path, before["text"])
        (settings.PRIVATE / _BEFORE).unlink()


def can_undo() -> bool:
    """Whether the last edit is still the last change of the file."""
    return _last_edit(settings.WORKSPACE / FILE_NAME) is not None


def _check(actor: Person, code: str, title: Title) -> None:
    demand(actor, "people.edit")
    if not CODE.fullmatch(code):
        raise errors.invalid(Title("代码只能有小写字母、数字和下划线，以字母开头",
                                   "A code has small letters, digits and _, a letter first"))
    if not (title.zh.strip() and title.en.strip()):
        raise errors.invalid(Title("中文和英文名称都要写", "Write the title in Chinese and in English"))


def _edit(actor: Person, edit: Callable[[Document], None], what: str, code: str) -> None:
    with _turn() as path:
        before = path.read_text(encoding="utf-8")
        document = tomlkit.parse(before)
        edit(document)
        after = tomlkit.dumps(document)
        _demand_sound(after)
        kept = {"text": before, "after": _digest(after), "what": what, "code": code}
        _write(settings.PRIVATE / _BEFORE, json.dumps(kept, ensure_ascii=False))
        # The file last: it is changed only if the audit says so.
        with transaction.atomic():
            record(actor, what, object_type=what.rpartition(".")[2], object_id=code)
            _write(path, after)


def _demand_sound(text: str) -> None:
    """Refuse a text that is no valid settings file, or that lacks a post of a blueprint or a department of a post."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_text(text, encoding="utf-8")
        found = load_config(Path(folder))
    departments = {each.code for each in found.department}
    if not {post.department for post in found.post if post.department} <= departments:
        raise errors.invalid(Title("没有这个部门", "There is no such department"))
    if not {each.head for each in found.department if each.head} <= set(found.posts()):
        raise errors.invalid(Title("部门负责人必须是一个岗位", "The head of a department must be a post"))


@contextmanager
def _turn() -> Iterator[Path]:
    """The settings file, ours alone until the end."""
    settings.PRIVATE.mkdir(exist_ok=True)
    held = take_lock(settings.PRIVATE / "organisation.lock")
    try:
        yield settings.WORKSPACE / FILE_NAME
    finally:
        os.close(held)


def _last_edit(path: Path) -> dict[str, str] | None:
    kept = settings.PRIVATE / _BEFORE
    if not kept.exists():
        return None
    found: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    return found if found["after"] == _digest(path.read_text(encoding="utf-8")) else None


def _row(document: Document, table: str, code: str) -> Any:
    rows = document.setdefault(table, tomlkit.aot())
    for row in rows:
        if row.get("code") == code:
            return row
    row = tomlkit.table()
    row["code"] = code
    rows.append(row)
    return row


def _set(row: Any, key: str, value: Any) -> None:
    """Write a value; an empty one goes."""
    if value:
        row[key] = value
    elif key in row:
        del row[key]


def _both(title: Title) -> Any:
    table = tomlkit.inline_table()
    table.update({"zh": title.zh.strip(), "en": title.en.strip()})
    return table


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    with written_durably(path) as draft:
        draft.write_text(text, encoding="utf-8")
