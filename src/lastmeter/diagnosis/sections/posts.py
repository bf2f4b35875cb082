"""Who answers for the flaws."""

from __future__ import annotations

import msgspec

from lastmeter.diagnosis.pareto import Cause, share
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.kernel.titles import Title


class PostRow(msgspec.Struct, frozen=True):
    """The flaws of the rules that a post is accountable for; `causes` most flaws first."""

    post: str | None
    title: Title
    owner: str | None
    count: int
    share: float
    previous: int
    causes: list[Title]


class Posts(Content, frozen=True, tag="posts"):
    """Posts, most flaws first. A count of what to look at, not a ranking of people: posts differ in what passes them."""

    rows: list[PostRow]


@section(
    60, Title("由谁负责", "Who answers for it"),
    Title("括号内为{previous}", "{previous} in brackets"),
)
def posts(study: Study) -> Posts | None:
    """Flaws by accountable post, with owners; in a post's own brief there is but one."""
    causes = study.present_causes
    if not causes or (study.view is not None and study.view.kind == "post"):
        return None
    total = sum(cause.count for cause in causes)
    by_post: dict[str | None, list[Cause]] = {}
    for cause in causes:
        by_post.setdefault(cause.post, []).append(cause)
    rows = [
        PostRow(
            post, held[0].post_title or Title("无岗位负责", "nobody yet"), study.owner(post),
            sum(cause.count for cause in held), share(sum(cause.count for cause in held), total),
            sum(cause.previous for cause in study.causes if cause.post == post), [cause.title for cause in held],
        )
        for post, held in by_post.items()
    ]
    return Posts(sorted(rows, key=lambda row: (-row.count, row.post or "")))
