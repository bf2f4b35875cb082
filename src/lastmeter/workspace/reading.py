"""What a workspace reads out of its fact tables: journeys, links, flaws, feedback, indicators, index and claims."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from lastmeter.indicators import Figure, Indicator, measure, registry
from lastmeter.indicators.claims import Checked
from lastmeter.indicators.index import Index
from lastmeter.journal import Journal
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.periods import Period, parse_period
from lastmeter.kernel.titles import Lang
from lastmeter.workspace import choices, periods, scores
from lastmeter.workspace.diagnosing import Diagnosing
from lastmeter.workspace.table import Table
from lastmeter.workspace.timeline import JourneyView, view_journey

CHOICES = {
    "state": ["unstarted", "open", "completed", "cancelled", "returned", "abandoned"],
    "promise": ["kept", "missed", "open", "undecided", "none"],
}


class Reading(Diagnosing):
    """The reading part of a `Workspace`, which gives what is declared here without a body."""

    if TYPE_CHECKING:
        @property
        def journal(self) -> Journal: ...  # noqa: D102

    def journeys(
        self, kind: str | None = None, *, period: str | Period | None = None, flaw: str | None = None,
        flawed: bool | None = None, **equal: str | None,
    ) -> Table:
        """Journeys, latest due first; `equal` narrows on columns: place, performer, state, promise, customer."""
        facts = self.facts(self._kind(kind))
        for name, known in CHOICES.items():
            choices.check(name, equal.get(name), known)
        choices.check("flaw", flaw, [rule.code for rule in facts.blueprints[self._kind(kind)].rules()])
        frame = due_in(facts.journeys, period)
        for column, value in equal.items():
            frame = frame.filter(nw.col(column) == value) if value is not None else frame
        if flawed is not None:
            frame = frame.filter(nw.col("counted") & (nw.col("perfect") != flawed))
        if flaw is not None:
            with_flaw = facts.flaws.filter(nw.col("rule") == flaw).select("journey_id").unique()
            frame = frame.join(with_flaw, on="journey_id", how="semi")
        return Table(frame.sort("due_on", "journey_id", descending=[True, False], nulls_last=True), "journeys")

    def links(self, kind: str | None = None, *, period: str | Period | None = None) -> Table:
        """The links that journeys entered."""
        return Table(due_in(self.facts(self._kind(kind)).links, period), "links")

    def flaws(self, kind: str | None = None, *, period: str | Period | None = None) -> Table:
        """The flaws of journeys."""
        return Table(due_in(self.facts(self._kind(kind)).flaws, period), "flaws")

    def feedback(self, kind: str | None = None, *, period: str | Period | None = None) -> Table:
        """What customers said, by score."""
        return Table(due_in(self.facts(self._kind(kind)).feedback, period), "feedback")

    def journey(self, journey_id: str, *, kind: str | None = None) -> JourneyView:
        """One journey with its events, limits, promise and flaws.

        Raises:
            LastMeterError: `journey.unknown`.
        """
        with self.journal.snapshot() as snapshot:
            kind = self._kind(kind)
            return view_journey(snapshot, self.facts(kind), kind, journey_id, self.post_titles(), self.names())

    def period(self, period: str | Period | None, facts: Facts) -> Period:
        """The period that is meant; left out: the latest month that is mature and not nearly empty."""
        if period is None:
            return periods.latest(facts)
        return parse_period(period) if isinstance(period, str) else period

    @cached_property
    def catalogue(self) -> dict[str, Indicator]:
        """All indicators by code: the catalogue's and the company's own."""
        return {indicator.code: indicator for indicator in registry.all(self.folder / "indicators")}

    def indicators(self, *, lang: Lang | None = None) -> Table:
        """Every indicator: code, title, unit, direction, owner."""
        lang = lang or self.config.company.languages[0]
        rows = [
            {"code": code, "title": indicator.title.say(lang), "unit": indicator.unit,
             "direction": indicator.direction, "meaning": indicator.meaning.say(lang)}
            for code, indicator in sorted(self.catalogue.items())
        ]
        return Table.of_rows(rows)

    def figures(
        self, code: str, *, by: Sequence[str] = (), period: str | Period | None = None, place: str | None = None,
        kind: str | None = None,
    ) -> list[Figure]:
        """The figures of an indicator; see `indicators.measure`."""
        chosen = parse_period(period) if isinstance(period, str) else period
        return measure(self.facts(self._kind(kind), place=place), self.catalogue.get(code, code), by=by, period=chosen)

    def indicator(self, code: str, **choice: Any) -> Table:
        """The figures of an indicator as a table: keys, value, n, interval, coverage, mature."""
        table = scores.figure_rows(self.figures(code, **choice), choice.get("by", ()))
        return Table(nw.from_native(table).lazy(), "figures")

    def compare(self, code: str, *, by: str, **choice: Any) -> Table:
        """Groups side by side: who differs from the others beyond chance, and what to expect of each; nobody is ranked."""
        figures = self.figures(code, by=[by], **choice)
        return Table(nw.from_native(scores.compared(self.catalogue[code], figures, by)).lazy())

    def index(self, *, period: str | Period | None = None) -> Index:
        """The CX index of a period, its parts, crossed red lines and what moved it; see `indicators.index`."""
        facts = self.facts()
        return scores.index_of(facts, self.config.index.standard(), self.catalogue, self.period(period, facts))

    def claims(self, *, period: str | Period | None = None) -> list[Checked]:
        """What advertising says, held against its indicators' figures of a period; see `indicators.claims`."""
        facts = self.facts()
        return scores.claims_of(facts, self.folder, self.catalogue, self.period(period, facts))


def due_in(frame: Frame, period: str | Period | None) -> Frame:
    """Only rows of journeys that fall due in a period."""
    if period is None:
        return frame
    chosen = parse_period(period) if isinstance(period, str) else period
    return frame.filter(nw.col("due_on").is_between(nw.lit(chosen.first), nw.lit(chosen.last)))
