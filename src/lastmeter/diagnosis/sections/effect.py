"""What came of what was begun: worked, did not, cannot be told yet."""

from __future__ import annotations

from lastmeter.diagnosis.judged import Judged
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import fill
from lastmeter.kernel.titles import Title


class Effects(Content, frozen=True, tag="effects"):
    """The chosen items that had begun by the end of the period, in the order of choosing."""

    rows: list[Judged]


@section(
    85, Title("行动见效了吗", "Did it work"),
    Title("与不行动的预期比，也与当时没选中的同类比", "against what was to be expected without it, and against those not chosen"),
)
def effect(study: Study) -> tuple[Effects, Title] | None:
    """The effect of each action on its own segment."""
    if not study.is_full or not study.chosen or not study.perfect.n:
        return None
    rows = study.judged
    if not rows:
        return None
    counted = {verdict: sum(row.verdict == verdict for row in rows) for verdict in ("worked", "did_not", "cannot_tell")}
    return Effects(rows), fill(
        Title("{all} 项行动：有效 {worked}，无效 {did_not}，还不能判断 {cannot_tell}。",
              "Of {all} begun: {worked} worked, {did_not} did not, {cannot_tell} cannot be told yet."),
        all=str(len(rows)), **{verdict: str(number) for verdict, number in counted.items()},
    )
