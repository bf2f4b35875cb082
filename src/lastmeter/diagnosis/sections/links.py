"""Which link made the late ones late."""

from __future__ import annotations

from lastmeter.diagnosis.links import LateLink, LateLinks
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import count, duration, fill, journeys, percent
from lastmeter.kernel.titles import Title


class LinkRows(Content, frozen=True, tag="links"):
    """The route, link by link; `worst` is the link that clearly made the late ones late, if one did."""

    late: int
    unblamed: int
    worst: str | None
    rows: list[LateLink]


@section(
    40, Title("哪条链路拖晚了", "Which link made the late ones late"),
    Title("条为 p10–p90，点为中位数，细竖线为时限", "bar p10–p90, dot median, tick: limit"),
)
def links(study: Study) -> tuple[LinkRows, Title] | None:
    """Time, spread and lateness of each link, and its part in the missed promises."""
    found = study.links
    if not found.rows:
        return None
    worst = study.blamed_link
    held = LinkRows(found.late, found.unblamed, worst.link if worst else None, found.rows)
    return held, _sentence(found, worst)


def _sentence(found: LateLinks, worst: LateLink | None) -> Title:
    if not found.late:
        return Title("没有旅程失约。", "No journey missed its promise.")
    if worst is None:
        return fill(Title(
            "{late}失约，没有哪条链路是主因。", "{late} missed the promise; no single link is behind most of them.",
        ), late=journeys(found.late))
    return fill(
        Title(
            "{late} 个失约旅程中，{share} 在“{link}”耽误最多：最慢的一成超过 {p90}，常态中位数 {usual}。",
            "Of {late} journeys that missed their promise, {share} lost most time in “{link}”: "
            "the slowest tenth took over {p90}, the usual median is {usual}.",
        ),
        late=count(found.late), share=percent(worst.blamed_share, 0), link=worst.title,
        p90=duration(worst.now.p90, worst.limit_unit), usual=duration(worst.usual, worst.limit_unit),
    )
