"""What follows from a brief besides clearing: name an owner, look again at an action, stop claiming, wake a source."""

from __future__ import annotations

from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import day, fill
from lastmeter.kernel.titles import Title

MOST = 5


def steps(study: Study) -> list[Title]:
    """At most five steps of a full brief, the most pressing first."""
    made = (_red_lines, _overdue, _useless, _claims, _nobody, _silent, _next)
    return [step for make in made for step in make(study)][:MOST]


def _red_lines(study: Study) -> list[Title]:
    index = study.given.index
    return [] if index is None else [
        fill(Title("让“{name}”回到红线之内：越线期间指数封顶。",
                   "Bring “{name}” back within its red line: until then the index is capped."),
             name=line.title) for line in index.crossed
    ]


def _overdue(study: Study) -> list[Title]:
    today = study.facts.at.date()
    return [
        fill(Title("“{title}”原定 {due} 清掉，还没有：改期或换办法。",
                   "“{title}” was to be cleared by {due} and is not: set another day or try another way."),
             title=item.title, due=day(item.chosen.due))
        for item in study.focus.items if item.chosen and item.chosen.due and item.chosen.due < today
    ]


def _useless(study: Study) -> list[Title]:
    return [
        fill(Title("“{title}”的行动无效：停下来，换一个办法。",
                   "What was done about “{title}” did not work: stop it and try another way."),
             title=row.title) for row in study.judged if row.verdict == "did_not"
    ]


def _claims(study: Study) -> list[Title]:
    return [
        fill(Title("广告语“{text}”没有兑现：改广告，或做到它。",
                   "The claim “{text}” is not borne out: change the advertisement, or keep it."),
             text=claim.text)
        for claim in study.given.claims if claim.verdict == "not_borne_out" and (study.view is None or claim.post in study.view)
    ]


def _nobody(study: Study) -> list[Title]:
    """Posts among the top causes that nobody holds, each once."""
    causes = {cause.post: cause for cause in reversed(study.top_causes) if cause.post and study.owner(cause.post) is None}
    return [
        fill(Title("给“{post}”定一位负责人。", "Name somebody to hold the post “{post}”."),
             post=cause.post_title or Title(str(post), str(post)))
        for post, cause in reversed(causes.items())
    ]


def _silent(study: Study) -> list[Title]:
    behind = sorted(name for name, mark in study.facts.watermarks.items() if study.is_behind(mark))
    return [
        fill(Title("来源“{name}”没有数据到期末：查明原因。",
                   "The source “{name}” does not reach the end of the period: find out why."), name=name)
        for name in behind
    ]


def _next(study: Study) -> list[Title]:
    following = study.focus.following
    return [] if following is None else [
        fill(Title("以上清掉之后，下一处是“{title}”。",
                   "Once these are cleared, the next is “{title}”."), title=following.title)
    ]
