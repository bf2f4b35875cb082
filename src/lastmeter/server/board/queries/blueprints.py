"""Blueprints as the pages show them: kinds and versions, one in words, its drawing, its history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lastmeter.diagnosis import words
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.blueprint_file import read_blueprint
from lastmeter.journeys.discovery.toml_text import to_toml
from lastmeter.journeys.primitives import primitives
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.board.blueprints import drawing, files
from lastmeter.server.board.blueprints.models import BlueprintTrial, BlueprintVersion
from lastmeter.server.board.blueprints.wording import said
from lastmeter.server.company import served, workspace
from lastmeter.server.people.queries import today
from lastmeter.workspace.template import templates

HOWS: dict[str, Title] = {
    "found": Title("原在工作区", "Was in the workspace"), "new": Title("新版本", "New version"),
    "correction": Title("更正", "Correction"), "restored": Title("恢复", "Restored"), "retired": Title("停用", "Retired"),
}
_STATES = {
    "completed": Title("完成于", "Completed by"), "cancelled": Title("取消于", "Cancelled by"),
    "returned": Title("退回于", "Returned by"),
}


@dataclass(frozen=True, slots=True)
class File:
    """One blueprint file. `holds`: it is the version that orders of today are judged by; `is_idle`: no source tells of its start."""

    stem: str
    blueprint: Blueprint | None
    problems: int
    holds: bool = False
    is_idle: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One declaration in words, who answers for it."""

    primitive: Title
    title: Title
    said: Title
    post: Title | None
    owner: str | None


@dataclass(slots=True)
class Reading:
    """One kind: its files, the version that is shown, in words."""

    kind: str
    shown: Blueprint
    stem: str
    files: list[File]
    lines: list[tuple[Title, list[Line]]] = field(default_factory=list)
    endings: list[tuple[Title, Title]] = field(default_factory=list)
    picture: drawing.Drawings | None = None
    stops: list[drawing.Stop] = field(default_factory=list)


def all_files() -> list[File]:
    """Every blueprint file, by kind, then by when it holds from."""
    told = {kind for state in served.journal.sources() for kind in state.event_types}
    day = today()
    readings = {stem: read_blueprint(files.folder() / f"{stem}.toml") for stem in files.stems()}
    holding: dict[str, tuple[date, str]] = {}
    for stem, reading in readings.items():
        if (one := reading.blueprint) and one.effective_from <= day:
            holding[one.kind] = max(holding.get(one.kind, (date.min, "")), (one.effective_from, stem))
    found = [
        File(stem, reading.blueprint, len(reading.problems), stem in {chosen for _, chosen in holding.values()},
             bool(told and reading.blueprint and not set(begins(reading.blueprint)) & told))
        for stem, reading in readings.items()
    ]
    return sorted(found, key=_order)


def _order(file: File) -> tuple[str, str]:
    """Broken ones first."""
    one = file.blueprint
    return (one.kind, one.effective_from.isoformat()) if one else ("", file.stem)


def reading_of(kind: str, stem: str | None = None) -> Reading:
    """A kind in words: the version that holds, or that of a file.

    Raises:
        LastMeterError: `blueprint.unknown`.
    """
    found = [file for file in all_files() if file.blueprint and file.blueprint.kind == kind]
    chosen = next((file for file in found if file.stem == stem), None) or next((file for file in found if file.holds), None) \
        or (found[-1] if found else None)
    if chosen is None or chosen.blueprint is None:
        raise LastMeterError("blueprint.unknown", Title("没有蓝图文件“{file}”", "There is no blueprint file “{file}”"),
                             Title("从“蓝图”页进入", "Start from the page Blueprints"), file=kind[:80])
    with workspace() as ws:
        posts, owners = ws.post_titles(), ws.post_owners()
    made = Reading(kind, chosen.blueprint, chosen.stem, found)
    made.lines = _lines(chosen.blueprint, posts, owners)
    made.endings = [(_STATES[ending.state], chosen.blueprint.step(ending.step).title) for ending in chosen.blueprint.endings]
    made.picture, made.stops = drawing.drawn(chosen.blueprint, posts), drawing.stops(chosen.blueprint, posts)
    return made


def history(kind: str) -> Sequence[BlueprintVersion]:
    """What was saved of a kind, newest first."""
    return list(BlueprintVersion.objects.select_related("person").filter(kind=kind))


def retired() -> list[BlueprintVersion]:
    """The last row of each file that is out of use."""
    found: dict[str, BlueprintVersion] = {}
    for row in BlueprintVersion.objects.order_by("at", "id"):
        found[row.file] = row
    return [row for row in found.values() if row.how == "retired" and row.file not in files.stems()]


def last_text(file: str) -> BlueprintVersion | None:
    """The last text of a file that is out of use."""
    return BlueprintVersion.objects.filter(file=file).exclude(text="").first()


def trial_of(number: int) -> BlueprintTrial:
    """One trial.

    Raises:
        LastMeterError: `blueprint.trial_unknown`.
    """
    found = BlueprintTrial.objects.filter(pk=number).first()
    if found is None:
        raise LastMeterError("blueprint.trial_unknown", Title("没有这次试算", "There is no such trial"),
                             Title("从“蓝图”页进入", "Start from the page Blueprints"))
    return found


def template_texts() -> dict[str, tuple[str, Title]]:
    """Blueprints of the shipped templates: `template.file` to its text and title."""
    from importlib.resources import as_file
    from importlib.resources import files as resources

    found = {}
    for name in templates():
        with as_file(resources("lastmeter") / "workspace_template" / name / "blueprints") as place:
            for path in sorted(place.glob("*.toml")):
                made = read_blueprint(path).blueprint
                if made is not None:
                    found[f"{name}.{path.stem}"] = (path.read_text(encoding="utf-8"), made.title)
    return found


def drafted(object_type: str | None) -> str:
    """The blueprint that the journal proposes, as text.

    Raises:
        LastMeterError: `discover.no_events`, `discover.object_unknown`.
    """
    with workspace() as ws:
        return to_toml(ws.discover_blueprint(object_type, at=clock.now()))


def object_types() -> list[tuple[str, int]]:
    """Object types that could make journeys, and how many of each there are."""
    from lastmeter.journeys.discovery import measuring

    with workspace() as ws, ws.journal.snapshot() as snapshot:
        return [(str(kind), int(count)) for kind, count in measuring.object_types(snapshot, at=clock.now())]


def result_of(trial: BlueprintTrial) -> dict[str, Any]:
    """A trial's result for a template: titles and days again, and its sentence."""
    result = trial.result
    if not result:
        return {}
    before, after = result["overall"]
    return {
        **result, "headline": _headline(before, after, result["counts"]), "before": before, "after": after,
        "rules": [{**one, "title": Title(one["zh"], one["en"])} for one in result["rules"]],
        "journeys": [{**one, "due_on": one["due_on"] and date.fromisoformat(one["due_on"])} for one in result["journeys"]],
        "changed": result["counts"]["worse"] + result["counts"]["better"],
    }


def _headline(before: Mapping[str, Any] | None, after: Mapping[str, Any], counts: Mapping[str, int]) -> Title:
    if after["value"] is None:
        return Title("历史上还没有到期的旅程，什么都不会变", "No journey of the past has fallen due: nothing would change")
    if before is None or before["value"] is None:
        return words.fill(Title("{n} 个到期旅程里，{rate} 是完美的", "Of {n} due journeys {rate} would be perfect"),
                          n=words.count(after["n"]), rate=words.percent(after["value"]))
    if not any(counts[name] for name in ("worse", "better", "enter", "leave")):
        return Title("没有一个旅程的判定会变", "Not one journey would be judged otherwise")
    return words.fill(Title("完美旅程从 {before} 变为 {after}，{n} 个旅程的判定会变",
                            "Perfect journeys would go from {before} to {after}; {n} journeys would be judged otherwise"),
                      before=words.percent(before["value"]), after=words.percent(after["value"]),
                      n=words.count(counts["worse"] + counts["better"]))


def begins(blueprint: Blueprint) -> Collection[str]:
    """The events that make a journey: its start, else any of its steps; what its rules read where it has no steps."""
    if blueprint.start:
        return blueprint.step(blueprint.start).event
    return [event for step in blueprint.steps for event in step.event] or blueprint.event_types()


def _lines(blueprint: Blueprint, posts: Mapping[str, Title], owners: Mapping[str, str]) -> list[tuple[Title, list[Line]]]:
    grouped: dict[str, list[Line]] = {}
    for one in blueprint.declarations:
        if one.TABLE == "ending":
            continue
        post = getattr(one, "post", None)
        grouped.setdefault(one.TABLE, []).append(Line(
            one.TITLE, getattr(one, "title", one.TITLE), said(one, blueprint), posts.get(post, words.same(post)) if post else None,
            owners.get(post) if post else None))
    order = ["link", "promise", "required", "evidence", "order", "count", "recurrence", "exclusive", "price", "forbidden", "feedback"]
    known = primitives()
    return [(known[table].TITLE, grouped[table]) for table in sorted(grouped, key=lambda name: order.index(name) if name in order else 99)]
