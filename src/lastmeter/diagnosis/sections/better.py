"""What got better: really, or not yet beyond chance."""

from __future__ import annotations

import msgspec

from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import fill, percent
from lastmeter.kernel.titles import Title

_REAL, _NOT_YET = 4, 2


class Improvement(msgspec.Struct, frozen=True):
    """A share that moved the good way; `real` where the chart confirms it."""

    title: Title
    real: bool
    text: Title
    change: Change


class Better(Content, frozen=True, tag="better"):
    """The confirmed ones first, then a few that only look better."""

    rows: list[Improvement]


@section(70, Title("哪里变好了", "What got better"))
def better(study: Study) -> Better:
    """Rates and causes that moved the good way since the period before."""
    moved = [
        _improvement(rate.title, rate.value, rate.change) for rate in study.rates if rate.value is not None
        and _got_better(rate.change, good=1)
    ] + [
        _improvement(_without(cause.title), cause.trend[-1], cause.change) for cause in study.causes
        if _got_better(cause.change, good=-1)
    ]
    real = [row for row in moved if row.real][:_REAL]
    not_yet = sorted((row for row in moved if not row.real), key=lambda row: -abs(row.change.from_previous or 0))
    return Better(real + not_yet[:_NOT_YET])


def _got_better(change: Change, good: int) -> bool:
    if change.is_signal:
        return change.direction == "better"
    return change.verdict == "noise" and (change.from_previous or 0.0) * good > 0


def _without(title: Title) -> Title:
    return fill(Title("有“{cause}”的旅程", "Journeys with “{cause}”"), cause=title)


def _improvement(title: Title, value: float | None, change: Change) -> Improvement:
    if change.is_signal:
        sentence = Title("{title}：{value}，常态 {was}。", "{title}: {value}, usually {was}.")
        was = change.usual
    else:
        sentence = Title("{title}：{value}，原 {was}，在常态范围内。", "{title}: {value}, was {was}. Within the usual range.")
        was = None if value is None or change.from_previous is None else value - change.from_previous
    return Improvement(
        title, change.is_signal, fill(sentence, title=title, value=percent(value), was=percent(was)), change
    )
