"""What moves the customers' score."""

from __future__ import annotations

from lastmeter.diagnosis.drivers import Drivers
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import count, fill, percent
from lastmeter.kernel.titles import Title

TOO_FEW = Title(
    "回答太少，看不出什么左右评分；一年的回答也不够。",
    "Too few answers to tell what moves the score, even over a year.",
)


class DriverRows(Content, frozen=True, tag="drivers"):
    """The drivers, largest share first, and what was left out with its reason; None where answers are too few."""

    drivers: Drivers | None


@section(
    55, Title("什么左右评分", "What moves the score"),
    Title("占可解释部分的份额，95% 区间；只用询问时已知的事实；相关不等于因果",
          "share of what can be explained, 95% interval; facts known when asked only; explaining is not causing"),
)
def drivers(study: Study) -> tuple[DriverRows, Title] | None:
    """Shares by LMG; of what could be taken away, the part of low answers that would go with it."""
    if not study.is_full or study.view is not None or not study.perfect.n:
        return None
    made = study.drivers
    if made is None:
        return DriverRows(None), TOO_FEW
    found, stretch = made
    return DriverRows(found), told(found, of_period=stretch == study.period)


def told(found: Drivers, *, of_period: bool) -> Title:
    """What explains most, in one sentence: of the period's answers, or of the past year's."""
    first = found.rows[0]
    said = (
        Title("{n} 条回答的评分差异中，{explained} 可由这些事实解释；其中“{first}”占 {share}。",
              "Of the differences in {n} scores, these facts explain {explained}; “{first}” makes {share} of that.")
        if of_period else
        Title("过去一年的 {n} 条回答的评分差异中，{explained} 可由这些事实解释；其中“{first}”占 {share}。",
              "Of the differences in {n} scores over the past year, these facts explain {explained}; “{first}” makes {share} of that.")
    )
    return fill(
        said, n=count(found.n), explained=percent(found.r_squared, 0), first=first.title, share=percent(first.share, 0),
    )
