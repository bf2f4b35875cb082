"""The CX index, and what moved it."""

from __future__ import annotations

from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import DASH, change_of, fill
from lastmeter.indicators.index import Index
from lastmeter.kernel.titles import Title


class IndexNow(Content, frozen=True, tag="index"):
    """The index with its parts; what moved it adds up without a rest."""

    index: Index


@section(25, Title("体验指数", "CX index"), Title("0 到 100；对照{previous}", "0 to 100; against {previous}"))
def index(study: Study) -> tuple[IndexNow, Title] | None:
    """The company's composite: a brief of a post or a place has none of its own."""
    found = study.given.index
    if found is None or found.value is None:
        return None
    return IndexNow(found), _sentence(found)


def _sentence(found: Index) -> Title:
    places: dict[str, Title | str] = {"value": point(found.value), "before": point(found.previous)}
    capped = bool(found.crossed) and found.composite is not None and found.composite > found.cap
    if capped:
        names = [line.title for line in found.crossed]
        return fill(
            Title("{value}：“{names}”越过红线，指数封顶；各部分合计 {composite}。",
                  "{value}: “{names}” crossed its red line and caps the index; its parts come to {composite}."),
            names=Title("”“".join(one.zh for one in names), "”, “".join(one.en for one in names)),
            composite=point(found.composite), **places,
        )
    if found.movement is None:
        why = found.not_compared or Title("没有可比的上期", "Nothing to compare with")
        return fill(Title("{value}；{why}。", "{value}. {why}."), why=why, **places)
    most = max(found.movement.parts, key=lambda part: (abs(part.points), part.title.en), default=None)
    if most is None or abs(most.points) < 0.05:
        return fill(Title("{value}，与上期（{before}）持平。", "{value}, level with the period before ({before})."), **places)
    said = fill(
        Title("{value}，上期 {before}；变动最大的是“{part}”（{points}）。",
              "{value}, was {before}; what moved it most is “{part}” ({points})."),
        part=most.title, points=change_of(most.points), **places,
    )
    if found.low is None or found.high is None or found.previous is None or not found.low <= found.previous <= found.high:
        return said
    return fill(
        Title("{said}上期仍在本期的 95% 区间（{low}–{high}）之内：可能只是波动。",
              "{said} The period before lies within the 95% interval of this one ({low}–{high}): it may be noise."),
        said=said, low=point(found.low), high=point(found.high),
    )


def point(value: float | None) -> str:
    """A value of the index: 78.0."""
    return DASH if value is None else f"{value:.1f}"
