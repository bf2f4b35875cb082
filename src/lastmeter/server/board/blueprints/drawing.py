"""A blueprint drawn as service designers do: steps from left to right, a lane for each post that answers for something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from lastmeter.charts.svg import diamond, element, line, picture, text
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.board.blueprints.wording import limit_in_words

WIDEST_STEP, NARROWEST_STEP, WIDTH = 200.0, 84.0, 1126.0
"""A step's room; what fits a page at a desk, where the drawing is made neither smaller nor larger: its words are as others."""
LEFT, TOP = 150.0, 64.0
ROW, BAR = 24.0, 16.0
SIGN = {"en": 6.9, "zh": 13.0}
"""The room of a letter."""
NOBODY = Title("没有岗位负责", "no post")
LABEL = Title("服务蓝图：{steps} 个环节，{lanes} 个岗位", "Service blueprint: {steps} steps, {lanes} posts")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something in a lane: from step to step (or at one), what is written on it, what kind of thing it is."""

    start: int
    end: int
    words: Title
    kind: str


@dataclass(frozen=True, slots=True)
class Span:
    """What begins at a step: until which step it lasts (None: at this one), what is written on it, its kind, who answers for it."""

    until: Title | None
    words: Title
    kind: str
    post: Title


@dataclass(frozen=True, slots=True)
class Stop:
    """A step on the way down a phone: the state in which a journey ends there, if it does, and what begins there."""

    title: Title
    state: str | None
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Drawings:
    """The picture in both languages."""

    zh: Markup
    en: Markup


def drawn(blueprint: Blueprint, posts: Mapping[str, Title]) -> Drawings:
    """The drawing."""
    lanes = _lanes(blueprint)
    return Drawings(*(_picture(blueprint, lanes, posts, lang) for lang in ("zh", "en")))


def stops(blueprint: Blueprint, posts: Mapping[str, Title]) -> list[Stop]:
    """The same from top to bottom, for where it is too narrow to draw; what is forbidden happens at no step and is left out."""
    ended = {ending.step: ending.state for ending in blueprint.endings}
    begun: dict[int, list[Span]] = {}
    for post, marks in _lanes(blueprint).items():
        for mark in marks:
            if mark.kind != "forbidden":
                until = blueprint.steps[mark.end].title if mark.end > mark.start else None
                begun.setdefault(mark.start, []).append(Span(until, mark.words, mark.kind, _named(post, posts)))
    return [Stop(step.title, ended.get(step.code), tuple(begun.get(at, ()))) for at, step in enumerate(blueprint.steps)]


def _named(post: str | None, posts: Mapping[str, Title]) -> Title:
    return posts.get(post, Title(post, post)) if post else NOBODY


def _lanes(blueprint: Blueprint) -> dict[str | None, list[Mark]]:
    """The marks of each post, in the order in which the posts come up along the way."""
    place = {step.code: at for at, step in enumerate(blueprint.steps)}
    last = len(blueprint.steps) - 1
    found: list[tuple[str | None, Mark]] = []
    for link in blueprint.links:
        written = limit_in_words(link.limit) if link.limit else Title("不限", "no limit")
        found.append((link.post, Mark(place[link.from_step], place[link.to_step], written, "limit" if link.limit else "free")))
    found += [(one.post, Mark(place[one.on], place[one.step], one.title, "promise")) for one in blueprint.promises]
    for required in blueprint.required:
        start = place[required.after] if required.after else 0
        end = place[required.before] if required.before else start
        found.append((required.post, Mark(start, max(start, end), required.title, "required")))
    found += [(one.post, Mark(last, last, one.title, "forbidden")) for one in blueprint.forbidden]
    lanes: dict[str | None, list[Mark]] = {}
    for post, mark in sorted(found, key=lambda one: (one[1].start, one[1].end)):
        lanes.setdefault(post, []).append(mark)
    return lanes


def _picture(blueprint: Blueprint, lanes: Mapping[str | None, list[Mark]], posts: Mapping[str, Title], lang: Lang) -> Markup:
    ended = {ending.step: ending.state for ending in blueprint.endings}
    parts = []
    scale = _scale(len(blueprint.steps))
    whole = scale(len(blueprint.steps) - 0.5)
    y = TOP + 18
    for post, marks in lanes.items():
        rows = _rows(marks)
        height = ROW * (max(rows) + 1) + 8
        parts.append(line(0, y, whole, y, "grid"))
        named = _wrapped(_named(post, posts).say(lang), lang, 20 if lang == "en" else 10)[:2]
        parts += [text(0, y + 17 + 14 * at, part, class_="t-2") for at, part in enumerate(named)]
        parts += [_mark(mark, scale, y + 6 + ROW * row, lang) for mark, row in zip(marks, rows, strict=True)]
        y += max(height, 42)
    for at, step in enumerate(blueprint.steps):
        x = scale(at)
        state = ended.get(step.code)
        parts.append(line(x, TOP, x, y, "hair dotted"))
        kind = "dot good" if state == "completed" else "dot bad" if state else "dot"
        parts.append(element("circle", cx=x, cy=TOP, r=5.0, class_=kind))
        lines = _wrapped(step.title.say(lang), lang, int((scale(1) - scale(0)) / SIGN[lang]))[:3]
        parts += [text(x, TOP - 12 - 14 * (len(lines) - 1 - number), part, anchor="middle", class_="t-ink")
                  for number, part in enumerate(lines)]
    parts.insert(0, line(scale(0), TOP, scale(len(blueprint.steps) - 1), TOP, "rail"))
    label = LABEL.say(lang, steps=len(blueprint.steps), lanes=len(lanes))
    size = _size(len(blueprint.steps))
    return picture(max(whole, WIDTH), y + 6, *parts, label=label, class_=f"chart lanes {size}")


def _size(steps: int) -> str:
    """Below which width the drawing is not made smaller but scrolls."""
    return next((name for most, name in ((5, "narrow"), (8, "medium"), (12, "wide")) if steps <= most), "widest")


def _scale(steps: int) -> Callable[[float], float]:
    """Where a step's middle lies."""
    width = min(WIDEST_STEP, max(NARROWEST_STEP, (WIDTH - LEFT) / max(steps, 1)))
    return lambda at: LEFT + width * (at + 0.5)


def _rows(marks: list[Mark]) -> list[int]:
    """In which row of its lane each mark lies, so that none covers another or its words."""
    ends: list[float] = []
    found = []
    for mark in marks:
        begin = mark.start + (0.0 if mark.end > mark.start else -0.08)
        row = next((number for number, end in enumerate(ends) if end <= begin), len(ends))
        reach = mark.end if mark.kind == "limit" else max(mark.end, mark.start + 1.6)
        ends[row:row + 1] = [float(reach)]
        found.append(row)
    return found


def _mark(mark: Mark, scale: Callable[[float], float], y: float, lang: Lang) -> Markup:
    said = mark.words.say(lang)
    if mark.kind == "forbidden" or mark.end == mark.start:
        x = scale(mark.start)
        anchor = "end" if mark.kind == "forbidden" else "start"
        return diamond(x, y + BAR / 2, 5, "dot bad" if mark.kind == "forbidden" else "dot acc") + text(
            x - 10 if anchor == "end" else x + 10, y + 12, said, anchor=anchor, class_="t-2")
    x1, x2 = scale(mark.start) + 7, scale(mark.end) - 7
    classes = {"limit": "bar", "free": "bar accs", "promise": "bar accs", "required": "bar accs"}[mark.kind]
    width = max(x2 - x1, 4.0)
    shape = element("rect", x=x1, y=y, width=width, height=BAR, rx=3, class_=classes)
    inside = len(said) * (6.6 if lang == "en" else 11.5) < width - 8
    return shape + text(x1 + (width / 2 if inside else width + 10), y + 12, said, anchor="middle" if inside else "start",
                        class_="t-acc" if mark.kind == "promise" else "t-ink" if inside else "t-2")


def _wrapped(words: str, lang: Lang, width: int) -> list[str]:
    """Lines of about that many signs: at blanks in English, anywhere in Chinese."""
    if lang == "zh":
        return [words[at:at + width] for at in range(0, len(words), width)]
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
