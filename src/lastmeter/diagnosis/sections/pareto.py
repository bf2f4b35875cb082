"""What broke: the Pareto of flaws."""

from __future__ import annotations

from lastmeter.diagnosis.pareto import Cause
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import fill, flaws, journeys, percent
from lastmeter.kernel.titles import Title

_MOST = 0.8


class Causes(Content, frozen=True, tag="causes"):
    """The causes, most flaws first; `vital` of them make four fifths of all flaws."""

    flaws: int
    flawed_journeys: int
    due: int
    vital: int
    rows: list[Cause]


@section(30, Title("断在哪里", "What broke"), Title("瑕疵按原因；竖线为{previous}", "flaws by cause; line: {previous}"))
def pareto(study: Study) -> tuple[Causes, Title] | None:
    """Flaws by cause, with share, cumulative share and the change since the period before."""
    causes = study.causes
    if not causes:
        return None
    vital = next((place for place, cause in enumerate(causes, 1) if cause.cumulative >= _MOST), len(causes))
    total = sum(cause.count for cause in causes)
    held = Causes(total, study.flawed_journeys, study.links.due, vital, causes)
    return held, _sentence(held)


def _sentence(causes: Causes) -> Title:
    if not causes.flaws:
        return Title("本期没有瑕疵。", "No flaw at all.")
    places: dict[str, Title | str] = {
        "vital": str(causes.vital), "share": percent(causes.rows[causes.vital - 1].cumulative, 0),
        "flaws": flaws(causes.flaws), "journeys": journeys(causes.flawed_journeys),
    }
    if causes.vital == 1:
        return fill(Title(
            "{journeys}共 {flaws}，一个原因就占 {share}。",
            "One cause makes {share} of the {flaws} in {journeys}.",
        ), **places)
    return fill(Title(
        "{journeys}共 {flaws}，{vital} 个原因占 {share}。",
        "{vital} causes make {share} of the {flaws} in {journeys}.",
    ), **places)
