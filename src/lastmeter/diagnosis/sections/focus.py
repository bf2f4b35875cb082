"""The three or four things to clear now, and what comes next."""

from __future__ import annotations

from lastmeter.diagnosis.focus import Focus
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import fill, percent, perfect_journeys
from lastmeter.kernel.titles import Title


class FocusRows(Content, frozen=True, tag="focus"):
    """The focus list: each item adds to those before it."""

    focus: Focus


@section(
    95, Title("现在清哪几处", "What to clear now"),
    Title("重叠的只算一次；清掉后的完美率是潜力，不是效果", "overlaps counted once; the rate once cleared is a potential, not an effect"),
)
def focus(study: Study) -> tuple[FocusRows, Title] | None:
    """Reefs and causes that add most, with owner, action and date where somebody took them on."""
    if not study.is_full or not study.perfect.n:
        return None
    found = study.focus
    return (FocusRows(found), told(found)) if found.items or found.settled else None


def told(found: Focus) -> Title:
    """What clearing the list would give, in one sentence."""
    if not found.items:
        return (
            Title("选过的都已不再出现。", "Nothing that was chosen is found any more.") if found.settled
            else Title("没有值得单独清理的地方。", "Nothing stands out enough to clear.")
        )
    return fill(
        Title("清掉这 1 处，多约 {adds}：完美率从 {now} 到 {rate}。", "Clearing this one adds about {adds}: from {now} to {rate} perfect.")
        if len(found.items) == 1 else
        Title("清掉这 {n} 处，多约 {adds}：完美率从 {now} 到 {rate}。",
              "Clearing these {n} adds about {adds}: from {now} to {rate} perfect."),
        n=str(len(found.items)), adds=perfect_journeys(sum(item.adds for item in found.items)),
        now=percent(found.now), rate=percent(found.rate),
    )
