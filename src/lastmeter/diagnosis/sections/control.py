"""The control chart of the perfect-journey rate."""

from __future__ import annotations

from lastmeter.diagnosis.change import Change, ChartPoint
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.kernel.periods import Grain
from lastmeter.kernel.titles import Title


class Control(Content, frozen=True, tag="control"):
    """The points with their limits, the brief's own period last."""

    grain: Grain
    change: Change
    points: list[ChartPoint]


@section(20, Title("{rate}", "{rate}"), Title("按到期时间；灰带为控制限", "by due date; band: control limits"))
def control(study: Study) -> Control | None:
    """The rate over time, against its own limits."""
    perfect = study.perfect
    if not any(point.value is not None for point in perfect.points):
        return None
    return Control(study.period.grain, perfect.change, perfect.points)
