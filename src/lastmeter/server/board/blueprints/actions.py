"""What people do with blueprints: try out, save as a new version or as a correction, restore, retire."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.board.blueprints import files
from lastmeter.server.board.blueprints.models import CORRECTION, NEW, BlueprintTrial, BlueprintVersion
from lastmeter.server.board.blueprints.tasks import try_out as try_out_task
from lastmeter.server.intake.console.mapping_text import Mistake, tidy
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand
from lastmeter.server.progress import enqueue


def check(person: Person, stem: str, text: str) -> list[Mistake]:
    """What is wrong with a text; nothing is stored."""
    demand(person, "blueprint.edit")
    return files.mistakes_in(stem, tidy(text))


def try_out(
    person: Person, text: str, *, stem: str | None, version: str = "", effective_from: date | None = None
) -> BlueprintTrial | list[Mistake]:
    """Have the worker judge history by a changed text; its mistakes, if it has any.

    stem: the file that is corrected; None: a further file. version, effective_from: given, they are written into the text.

    Raises:
        LastMeterError: `people.not_allowed`, `toml.syntax`.
    """
    demand(person, "blueprint.edit")
    text = tidy(text)
    if version and effective_from:
        text = files.as_version(text, version, effective_from)
    mistakes = files.mistakes_in(stem or "new", text)
    if mistakes:
        return mistakes
    written = files.blueprint_in(stem or "new", text)
    trial = BlueprintTrial(person=person, file=stem or files.free_stem(written.kind, written.version), kind=written.kind,
                           mode=CORRECTION if stem else NEW, text=text, made_at=clock.now())
    with transaction.atomic():
        trial.save()
        enqueue(trial, try_out_task)
        record(person, "blueprint.edit", object_type="blueprint", object_id=trial.kind, tried=trial.pk, file=trial.file)
    return trial


def save(person: Person, trial: BlueprintTrial) -> BlueprintVersion:
    """Make what was tried out the standard, once: again, it is the version that was saved.

    Raises:
        LastMeterError: `people.not_allowed`, `blueprint.not_tried`, `blueprint.changed_meanwhile`.
    """
    demand(person, "blueprint.edit")
    with transaction.atomic():
        # Whoever presses twice waits here, and then finds what the first press saved.
        trial = BlueprintTrial.objects.select_for_update().get(pk=trial.pk)
        if trial.saved:
            return _saved(trial)
        return _save(person, trial)


def _saved(trial: BlueprintTrial) -> BlueprintVersion:
    found = BlueprintVersion.objects.filter(file=trial.file, text=trial.text, how=trial.mode).first()
    assert found is not None  # noqa: S101 - both are written in one transaction
    return found


def _save(person: Person, trial: BlueprintTrial) -> BlueprintVersion:
    if not trial.is_done:
        raise LastMeterError("blueprint.not_tried", Title(
            "这个蓝图还没有试算完", "This blueprint has not been tried out yet"),
                             Title("先看它会改变什么，再保存", "See what it would change, then save it"))
    if files.mistakes_in(trial.file, trial.text) or (trial.mode == NEW and trial.file in files.stems()):
        raise LastMeterError("blueprint.changed_meanwhile", Title(
            "其他蓝图这时已经改过，放不到一起了", "Other blueprints have changed meanwhile: they do not fit together"),
                             Title("重新打开编辑页，再试算一次", "Open the editor again and try it out once more"))
    return _write(person, trial.file, trial.text, trial.mode, trial)


def restore(person: Person, version: BlueprintVersion) -> BlueprintVersion:
    """Put an earlier text of a file back; what holds already is left as it is.

    Raises:
        LastMeterError: `people.not_allowed`, `blueprint.not_restorable`.
    """
    demand(person, "blueprint.edit")
    if not version.text or files.mistakes_in(version.file, version.text):
        raise LastMeterError("blueprint.not_restorable", Title(
            "这个版本和现在的其他蓝图放不到一起", "This version does not fit beside the blueprints of now"),
                             Title("打开编辑页，把它的文字改到合适", "Open the editor and change its text until it fits"))
    with transaction.atomic():
        list(BlueprintVersion.objects.select_for_update().filter(file=version.file))
        newest = BlueprintVersion.objects.filter(file=version.file).first()
        if newest is not None and newest.text == version.text == _text_of(version.file):
            return newest
        return _write(person, version.file, version.text, "restored")


def retire(person: Person, stem: str) -> BlueprintVersion:
    """Take a file out of use: its journeys vanish with the next build; the text stays in the history.

    Raises:
        LastMeterError: `people.not_allowed`, `blueprint.unknown`.
    """
    demand(person, "blueprint.edit")
    files.text_of(stem)
    return _write(person, stem, "", "retired")


def _write(person: Person, stem: str, text: str, how: str, trial: BlueprintTrial | None = None) -> BlueprintVersion:
    """One transaction for history and audit; within it, last, the file: it is there only if they are."""
    before = _text_of(stem)
    now = clock.now()
    with transaction.atomic():
        if before and not BlueprintVersion.objects.filter(file=stem, text=before).exists():
            _row(stem, before, "found", person=None).save()
        row = _row(stem, text, how, person=person, before=before)
        row.save()
        if trial is not None:
            trial.saved = True
            trial.save()
        record(person, "blueprint.edit", object_type="blueprint", object_id=row.kind, file=stem, how=how, version=row.version,
               effective_from=str(row.effective_from or ""), at=now.isoformat())
        if text:
            files.write(stem, text)
        else:
            files.take_away(stem)
    return row


def _text_of(stem: str) -> str:
    """The text of a file; empty where it is not in use."""
    return files.text_of(stem) if stem in files.stems() else ""


def _row(stem: str, text: str, how: str, *, person: Person | None, before: str = "") -> BlueprintVersion:
    told = text or before
    written = files.blueprint_in(stem, told) if not files.mistakes_in(stem, told) else None
    return BlueprintVersion(
        file=stem, kind=written.kind if written else stem, version=written.version if written else "",
        effective_from=written.effective_from if written else None, how=how, text=text,
        diff=files.difference(before, text) if before != text and how != "found" else "", person=person, at=clock.now(),
    )
