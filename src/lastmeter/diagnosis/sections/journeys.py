"""Journeys that prove it."""

from __future__ import annotations

from lastmeter.diagnosis.examples import ExampleJourney, examples
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.kernel.titles import Title


class Journeys(Content, frozen=True, tag="journeys"):
    """Example journeys, two for each of the top causes, worst first."""

    rows: list[ExampleJourney]


@section(
    90, Title("用旅程作证", "Journeys that prove it"),
    Title("每个原因两例，从最严重的起", "two for each cause, worst first"),
)
def journeys(study: Study) -> Journeys | None:
    """Real journeys that broke the causes to act on."""
    rules = [cause.rule for cause in study.top_causes]
    usual = {row.link: row.usual for row in study.links.rows if row.usual is not None}
    found = examples(
        study.near, period=study.period, rules=rules, titles=study.rule_titles, usual=usual, passages=study.passages,
        names=study.names,
    )
    return Journeys(found) if found else None
