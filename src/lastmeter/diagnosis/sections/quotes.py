"""In their words."""

from __future__ import annotations

from lastmeter.diagnosis import quotes as chosen
from lastmeter.diagnosis.quotes import Quote
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study, titles_of
from lastmeter.kernel.titles import Title


class Quotes(Content, frozen=True, tag="quotes"):
    """A few customers' own words, redacted."""

    rows: list[Quote]


@section(80, Title("顾客原话", "In their words"), Title("已遮去个人信息", "personal details removed"))
def quotes(study: Study) -> Quotes | None:
    """What customers wrote about journeys that broke."""
    if study.given.reveal is None:
        return None
    found = chosen.quotes(
        study.near, period=study.period, causes=titles_of(study.present_causes), reveal=study.given.reveal
    )
    return Quotes(found) if found else None
