"""A draft of a blueprint: usual steps, links with limits, endings, promises, feedback, dimensions, value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from lastmeter.journeys.discovery import measuring
from lastmeter.journeys.discovery.human import human_limit
from lastmeter.journeys.discovery.measuring import LOG, USUAL, Stretch, Usual
from lastmeter.journeys.discovery.path import usual_path
from lastmeter.journeys.discovery.vocabulary import (
    COMPLETIONS,
    ENDINGS,
    act_in,
    title_of_object,
    title_of_type,
    words_of,
)
from lastmeter.journeys.mining.coded_log import read_log
from lastmeter.journeys.mining.directly_follows import directly_follows, ends
from lastmeter.journeys.snapshot import Snapshot
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

# A step is usual if it occurs in half of the cases; below one in a hundred it is noise and not even mentioned.
USUAL_SHARE = 0.5
NOISE_SHARE = 0.01
# An activity that is the last one of so many cases is an ending, too.
ENDING_SHARE = 0.1
# Of fewer journeys a ninth decile says little.
FEW = 20
_SAME_TIME = 0.8
_WITH_SCORE = 0.6


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step: its event types, and in how many of the cases it was reached."""

    code: str
    title: Title
    events: tuple[str, ...]
    cases: int
    by_day: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """A link; `limit` is None where too few journeys went through it."""

    start: StepDraft
    end: StepDraft
    stretch: Stretch
    limit: str | None


@dataclass
class Draft:
    """The blueprint in the making. `left_out` are event types with the share of cases in which they occur."""

    object: str
    title: Title
    cases: int
    effective_from: date
    steps: list[StepDraft] = field(default_factory=list)
    links: list[LinkDraft] = field(default_factory=list)
    promises: list[tuple[str, StepDraft, StepDraft]] = field(default_factory=list)
    feedback: list[tuple[str, float | None]] = field(default_factory=list)
    dimensions: dict[str, str] = field(default_factory=dict)
    value: tuple[str, str] | None = None
    left_out: list[tuple[str, float]] = field(default_factory=list)

    @property
    def path(self) -> list[StepDraft]:
        """The steps that a journey usually takes, in order."""
        return [step for step in self.steps if step.state in ("", "completed") and step.cases]


def discover(snapshot: Snapshot, object_type: str | None = None, *, usual: float = USUAL_SHARE, at: datetime | None = None) -> Draft:
    """Draft the blueprint of one kind of object out of its events.

    Args:
        snapshot: of the journal.
        object_type: what makes a journey; left out, the type of which most objects have two events or more.
        usual: share of the objects in which a step must occur.
        at: later events are left out.

    Raises:
        LastMeterError: `discover.no_events`, `discover.object_unknown`.
    """
    kinds = [kind for kind, _ in measuring.object_types(snapshot, at=at)]
    if not kinds:
        raise LastMeterError(
            "discover.no_events", Title("事件簿里没有能连成旅程的事件", "The journal holds no events that make journeys"),
            Title("先导入：一个对象至少要有两种有时间的事件", "Import first: an object needs dated events of two types at least"))
    chosen = object_type or kinds[0]
    if chosen not in kinds:
        raise LastMeterError(
            "discover.object_unknown", Title("没有“{object}”这种对象，或它们的事件太少",
                "There are no objects “{object}”, or too few events of them"),
            Title("可用 --object：{known}", "Use --object with one of: {known}"), object=chosen, known=", ".join(kinds))
    cases = measuring.prepare(snapshot, chosen, at=at)
    draft = Draft(chosen, title_of_object(chosen), cases, measuring.first_day(snapshot).replace(day=1))
    types = measuring.usual_types(snapshot)
    attributes = measuring.attribute_events(snapshot, chosen)
    scored = {kind for kind, _ in attributes.get("score", [])}
    _steps(snapshot, draft, [one for one in types if one.type not in scored], usual)
    _links(snapshot, draft)
    _promises(draft, attributes)
    _feedback(snapshot, draft, attributes)
    _dimensions(snapshot, draft)
    _value(draft, attributes)
    taken = {event for step in draft.steps for event in step.events} | scored
    draft.left_out = [(one.type, one.cases / cases) for one in types if one.type not in taken and one.cases >= NOISE_SHARE * cases]
    return draft


def _steps(snapshot: Snapshot, draft: Draft, types: Sequence[Usual], usual: float) -> None:
    """The usual path, then the other endings."""
    duck = snapshot.duck
    regular = [one for one in types if not _bad_end(one.type)]
    chosen = [one for one in regular if one.cases >= usual * draft.cases] or list(regular[:2])
    _, last = ends(read_log(duck, LOG))
    measuring.keep(duck, [one.type for one in chosen])
    log = read_log(duck, USUAL)
    path = usual_path(directly_follows(log), *ends(log))
    by_type = {one.type: one for one in types}
    codes: set[str] = set()
    for group in _merged(snapshot, path):
        members = [by_type[kind] for kind in group]
        cases = max(one.cases for one in members)
        words = next((one.words for one in members if one.words), "")
        draft.steps.append(StepDraft(_code(group[0], codes), _title(group[0], words), tuple(group), cases,
            any(one.by_day for one in members)))
    if draft.steps:
        draft.steps[-1] = _as(draft.steps[-1], "completed")
    for kind, count in sorted(last.items(), key=lambda item: (-item[1], item[0])):
        known = {event for step in draft.steps for event in step.events}
        is_new = kind in by_type and kind not in known and not _bad_end(kind)
        if is_new and count >= ENDING_SHARE * draft.cases and count > 0.5 * by_type[kind].cases:
            draft.steps.append(StepDraft(_code(kind, codes), _title(kind, by_type[kind].words), (kind,), by_type[kind].cases,
                by_type[kind].by_day, "completed"))
    bad = [(one.type, one.cases) for one in types if _bad_end(one.type)] + [
        (kind, cases) for kind, cases in measuring.undated_types(snapshot, draft.object) if _bad_end(kind)]
    for kind, cases in bad:
        draft.steps.append(StepDraft(_code(kind, codes), title_of_type(kind), (kind,), cases, state=_bad_end(kind)))


def _as(step: StepDraft, state: str) -> StepDraft:
    return StepDraft(step.code, step.title, step.events, step.cases, step.by_day, state)


def _bad_end(event_type: str) -> str:
    """The state of an ending otherwise than well; '' for any other type."""
    act = act_in(event_type.rpartition(".")[2])
    return next((state for state, acts in ENDINGS.items() if act and act.code in acts), "")


def _merged(snapshot: Snapshot, path: Sequence[str]) -> list[list[str]]:
    """Types of one name that mostly happen at the same instant are one step told by two sources."""
    groups: list[list[str]] = []
    for kind in path:
        twin = next((group for group in groups if group[0].rpartition(".")[2] == kind.rpartition(".")[2] and _coincide(snapshot, group[0],
            kind)), None)
        if twin is None:
            groups.append([kind])
        else:
            twin.append(kind)
    return groups


def _coincide(snapshot: Snapshot, one: str, two: str) -> bool:
    found = snapshot.duck.execute(
        f"""SELECT count(*), count(*) FILTER (abs(epoch_us(a.happened) - epoch_us(b.happened)) <= 60000000)
        FROM {USUAL} AS a JOIN {USUAL} AS b USING (case_id) WHERE a.activity = ? AND b.activity = ?""", [one, two]).fetchall()[0]
    return bool(found[0]) and found[1] >= _SAME_TIME * found[0]


def _code(event_type: str, taken: set[str]) -> str:
    """The second half of the type, or the whole where that is taken."""
    short = event_type.rpartition(".")[2]
    code = short if short not in taken and short[:1].isalpha() else event_type.replace(".", "_")
    taken.add(code)
    return code


def _title(event_type: str, words: str) -> Title:
    """The words that the rows had for it, in the language that they are in."""
    made = title_of_type(event_type)
    if any("\u3400" <= character <= "\u9fff" for character in words):
        return Title(words, made.en)
    return Title(words if words and made.zh == made.en else made.zh, words or made.en)


def _links(snapshot: Snapshot, draft: Draft) -> None:
    on_path = [step for step in draft.steps if step.cases and step.state in ("", "completed")]
    main = on_path[: next((number for number, step in enumerate(on_path, 1) if step.state == "completed"), len(on_path))]
    for start, end in pairwise(main):
        found = measuring.stretch(snapshot.duck, start.events[0], end.events[0])
        limit = human_limit(found.p90, by_day=start.by_day or end.by_day) if found.cases >= FEW else None
        draft.links.append(LinkDraft(start, end, found, limit))


def _promises(draft: Draft, attributes: dict[str, list[tuple[str, int]]]) -> None:
    """The promises that events of the steps carry, each for the step of its name, else for the last."""
    for attribute, carriers in attributes.items():
        if not attribute.startswith("promised_") or not attribute.endswith("_at"):
            continue
        name = attribute.removeprefix("promised_").removesuffix("_at")
        made = next((step for kind, _ in carriers for step in draft.path if kind in step.events), None)
        act = act_in(name)
        kept = next((step for step in draft.path if act and step.code == act.code), None)
        if act is None or (kept is None and act.code in COMPLETIONS):
            kept = next((step for step in draft.path if step.state == "completed"), None)
        if made and kept and made is not kept:
            draft.promises.append((name, made, kept))
    # The first promise says when a journey falls due: that of the whole before those of parts.
    draft.promises.sort(key=lambda one: -draft.path.index(one[2]))


def _feedback(snapshot: Snapshot, draft: Draft, attributes: dict[str, list[tuple[str, int]]]) -> None:
    for kind, _ in attributes.get("score", []):
        scale = measuring.scale_of(snapshot, kind)
        draft.feedback.append((kind, round(_WITH_SCORE * scale) if scale else None))


def _dimensions(snapshot: Snapshot, draft: Draft) -> None:
    beside = measuring.related(snapshot, draft.object)
    if "customer" in beside:
        draft.dimensions["customer"] = "customer"
    if "product" in beside:
        draft.dimensions["product"] = "product"
    for step in draft.path:
        carried: dict[str, int] = {}
        for event in step.events:
            for name, count in measuring.carried(snapshot, event).items():
                carried[name] = max(count, carried.get(name, 0))
        for name in carried:
            draft.dimensions.setdefault(name, f"event:{step.code}.{name}")
    if "performer" not in draft.dimensions:
        seller = next((kind for kind in beside if kind in ("seller", "store")), None)
        if seller:
            draft.dimensions["performer"] = seller


def _value(draft: Draft, attributes: dict[str, list[tuple[str, int]]]) -> None:
    amounts = [(name.removesuffix("_currency"), kind, count) for name, carriers in attributes.items() if name.endswith("_currency")
               for kind, count in carriers]
    if amounts:
        name, kind, _ = max(amounts, key=lambda one: (_is_total(one[0]), one[2], one[0]))
        draft.value = (name, kind)


def _is_total(name: str) -> int:
    words: Iterable[str] = words_of(name)
    return 2 if any(word in ("total", "amount", "paid", "payment") for word in words) else 0 if any(
        word in ("freight", "fee", "discount", "tax", "refund") for word in words) else 1
