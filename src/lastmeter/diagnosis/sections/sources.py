"""What the brief rests on: sources and up to when they are known, coverage, what stands apart, what was restated."""

from __future__ import annotations

from datetime import datetime

import msgspec

from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import fill, percent
from lastmeter.kernel.titles import Title


class Source(msgspec.Struct, frozen=True):
    """A source and the time up to which it is known to be complete; `behind`: not yet to the end of the period."""

    name: str
    watermark: datetime | None
    behind: bool


class Restated(msgspec.Struct, frozen=True):
    """A figure published earlier for this period that later data changed."""

    code: str
    title: Title
    published: float | None
    now: float | None
    text: Title


class Sources(Content, frozen=True, tag="sources"):
    """`cancelled` journeys would have fallen due in the period; they stand apart from every rate."""

    at: datetime
    sources: list[Source]
    cancelled: int
    restated: list[Restated]
    method: Title


METHOD = Title(
    "完美旅程：本期到期且没有瑕疵；逾期未完成算有瑕疵，取消的另列。区间为 95%，按聚类调整。信号：越出控制限（Laney p′）。",
    "Perfect: due in the period and without a flaw; overdue and open is flawed, cancelled stands apart. Intervals 95%, "
    "adjusted for clusters. Signal: outside the control limits (Laney p′).",
)


@section(110, Title("依据", "What this rests on"))
def sources(study: Study) -> Sources:
    """Sources, watermarks, what stands apart, restated figures, method in one line."""
    marks = sorted(study.facts.watermarks.items())
    return Sources(
        study.facts.at, [Source(name, mark, study.is_behind(mark)) for name, mark in marks], study.cancelled,
        _restated(study), METHOD,
    )


def _restated(study: Study) -> list[Restated]:
    """Figures whose printed digits differ from those published before."""
    changed = []
    for rate in study.rates:
        if rate.code not in study.given.previously:
            continue
        published = study.given.previously[rate.code]
        if percent(published) != percent(rate.value):
            words = fill(
                Title("{title}：发布时 {published}，现为 {now}", "{title}: published as {published}, now {now}"),
                title=rate.title, published=percent(published), now=percent(rate.value),
            )
            changed.append(Restated(rate.code, rate.title, published, rate.value, words))
    return changed
