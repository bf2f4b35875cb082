"""The brief: what the last meter looks like in one period, as plain values that any form can print.

A brief depends on the facts, the period and the words it is given, and on nothing else: not on the order of rows, of
imports or of vault tokens. `brief_json` gives the same bytes for the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypedDict, Unpack

import msgspec

from lastmeter.diagnosis import headline as spoken
from lastmeter.diagnosis import naming, words
from lastmeter.diagnosis.accountable import View, seen_by
from lastmeter.diagnosis.headline import Headline
from lastmeter.diagnosis.quotes import Reveal
from lastmeter.diagnosis.sections import Section, all_sections
from lastmeter.diagnosis.study import Depth, Given, Study
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Grain, Period
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.diagnosis.focus import Chosen
    from lastmeter.indicators.claims import Checked
    from lastmeter.indicators.index import Index

FORMAT = 1


class _Given(TypedDict, total=False):
    """What `make_brief` may be given of `study.Given`."""

    posts: Mapping[str, Title]
    owners: Mapping[str, str]
    reveal: Reveal | None
    previously: Mapping[str, float | None]
    names: naming.Names
    chosen: Sequence[Chosen]
    index: Index | None
    claims: Sequence[Checked]


class BriefPeriod(msgspec.Struct, frozen=True):
    """The period and how it and its neighbours are called."""

    code: str
    grain: Grain
    first: date
    last: date
    title: Title
    previous: Title
    following: Title


class Brief(msgspec.Struct, frozen=True):
    """A finished brief. Shares are 0 to 1, durations seconds, instants naive UTC; every text is a `Title` with zh and en.

    `figures` are the headline rates by code: what to hand to `make_brief(previously=...)` next time for this period.
    Places and performers are codes; what they are called, if anything, stands beside them. `view`: the post or
    department whose brief it is, None for the whole company.
    """

    format: int
    company: Title
    kind: str
    kind_title: Title
    period: BriefPeriod
    place: str | None
    place_title: Title | None
    view: View | None
    depth: Depth
    at: datetime
    headline: Headline
    warnings: list[Title]
    figures: dict[str, float | None]
    sections: list[Section]

    def section(self, code: str) -> Section | None:
        """The section of that code, if the brief has it."""
        return next((section for section in self.sections if section.code == code), None)


def make_brief(
    facts: Facts, *, period: Period, company: Title, kind: str | None = None, place: str | None = None,
    view: View | None = None, depth: Depth = "quick", **given: Unpack[_Given],
) -> Brief:
    """The brief of one kind of journey in one period.

    kind: the only one of the facts' blueprints where left out. place: only journeys of that place. view: as one post or
    department answers for them. depth: quick leaves out what takes seconds (reefs, drivers, effects, focus, money).
    given, all optional (see `study.Given`): posts, owners: titles and holders by post code. reveal: vault tokens to redacted
    texts; without it nothing is quoted. previously: the `figures` published earlier for the same period, place and kind;
    those that changed are shown restated. names: titles of places, performers, origins by dimension and code. chosen:
    what was chosen to clear. index, claims: those of the period.

    Raises:
        LastMeterError: `brief.kind_unknown`, `brief.kind_open`, `brief.no_rules`.
    """
    kind = _kind(facts, kind)
    facts = facts.of_kind(kind)
    facts = facts if place is None else facts.where(place=place)
    seen = facts if view is None else seen_by(facts, view)
    study = Study(seen, period, Given(**given), facts, depth, view)
    said = spoken.headline(study)
    sections = [maker.of(study) for maker in all_sections()]
    return Brief(
        format=FORMAT, company=company, kind=kind, kind_title=study.kind_title, period=_period(study),
        place=place, place_title=naming.value_title(study.names, "place", place), view=view,
        depth=depth, at=facts.at, headline=said, warnings=spoken.warnings(study),
        figures={rate.code: rate.value for rate in study.rates}, sections=[made for made in sections if made],
    )


def _kind(facts: Facts, kind: str | None) -> str:
    """The kind that is meant; several and none named is a question, not a mistake."""
    known = sorted(facts.blueprints)
    if kind is None and len(known) == 1:
        return known[0]
    if kind is None and known:
        raise LastMeterError(
            "brief.kind_open", Title("这里有几种旅程，请选一种", "There are several kinds of journey: choose one"),
            Title("可选：{kinds}", "Choose from: {kinds}"), kinds=", ".join(known),
        )
    if kind not in known:
        raise LastMeterError(
            "brief.kind_unknown",
            Title("没有“{kind}”这种旅程", "There is no kind of journey “{kind}”"),
            Title("请先运行 lastmeter build，或检查 blueprints 目录", "Run lastmeter build first, or look into blueprints/"),
            kind=kind or "",
        )
    return kind


def brief_json(brief: Brief) -> str:
    """The brief as indented JSON ending in a newline: the same brief gives the same text."""
    return msgspec.json.format(msgspec.json.encode(brief).decode(), indent=2) + "\n"


def _period(study: Study) -> BriefPeriod:
    period = study.period
    return BriefPeriod(
        period.code, period.grain, period.first, period.last, words.period(period), study.previous_title(),
        study.next_title(),
    )
