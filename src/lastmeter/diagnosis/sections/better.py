"""What got better and what got worse: really, or not beyond chance."""

from __future__ import annotations

import msgspec

from lastmeter.diagnosis.change import Change, Direction
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import fill, percent
from lastmeter.kernel.titles import Title

_REAL, _NOT_YET = 4, 2


class Moved(msgspec.Struct, frozen=True):
    """A share that moved, of the rate or rule `code`; `real` where the chart confirms it."""

    code: str
    title: Title
    real: bool
    text: Title
    change: Change


class Better(Content, frozen=True, tag="better"):
    """Better (`rows`) and worse: the confirmed ones first, then a few that only look like it."""

    rows: list[Moved]
    worse: list[Moved]


@section(70, Title("与{previous}比，好了什么，差了什么", "Better and worse since {previous}"))
def better(study: Study) -> Better:
    """Rates and causes that moved since the period before."""
    return Better(_moved(study, "better"), _moved(study, "worse"))


def _moved(study: Study, way: Direction) -> list[Moved]:
    up = 1 if way == "better" else -1
    moved = [
        _told(rate.code, rate.title, rate.value, rate.change) for rate in study.rates
        if rate.value is not None and _went(rate.change, way, sign=up)
    ] + [
        _told(cause.rule, _without(cause.title), cause.trend[-1], cause.change) for cause in study.causes
        if _went(cause.change, way, sign=-up)
    ]
    real = [row for row in moved if row.real][:_REAL]
    not_yet = sorted((row for row in moved if not row.real), key=lambda row: -abs(row.change.from_previous or 0))
    return real + not_yet[:_NOT_YET]


def _went(change: Change, way: Direction, sign: int) -> bool:
    if change.is_signal:
        return change.direction == way
    return change.verdict == "noise" and (change.from_previous or 0.0) * sign > 0


def _without(title: Title) -> Title:
    return fill(Title("有“{cause}”的旅程", "Journeys with “{cause}”"), cause=title)


def _told(code: str, title: Title, value: float | None, change: Change) -> Moved:
    if change.is_signal:
        sentence = Title("{title}：{value}，常态 {was}。", "{title}: {value}, usually {was}.")
        was = change.usual
    else:
        sentence = Title("{title}：{value}，原 {was}，在常态范围内。", "{title}: {value}, was {was}. Within the usual range.")
        was = None if value is None or change.from_previous is None else value - change.from_previous
    return Moved(
        code, title, change.is_signal, fill(sentence, title=title, value=percent(value), was=percent(was)), change
    )
