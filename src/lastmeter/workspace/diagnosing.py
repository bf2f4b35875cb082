"""What a workspace finds out about its flaws: Pareto, reefs, focus list, the money at stake, drivers, effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lastmeter.diagnosis.pareto import pareto
from lastmeter.journeys.facts import DIMENSIONS
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Lang, Title
from lastmeter.workspace import choices
from lastmeter.workspace.config import Config
from lastmeter.workspace.table import Table

if TYPE_CHECKING:
    from lastmeter.diagnosis.drivers import Drivers
    from lastmeter.diagnosis.effect import Effect
    from lastmeter.diagnosis.focus import Chosen, Focus
    from lastmeter.diagnosis.money import Money
    from lastmeter.diagnosis.reefs.reef import Reefs
    from lastmeter.journeys.facts import Facts

When = str | Period | None


class Diagnosing:
    """The diagnosing half of a `Workspace`, which gives what is declared here without a body."""

    folder: Path
    config: Config

    if TYPE_CHECKING:
        def facts(self, kind: str | None = None, *, place: str | None = None) -> Facts: ...  # noqa: D102
        def period(self, period: When, facts: Facts) -> Period: ...  # noqa: D102
        def post_titles(self) -> dict[str, Title]: ...  # noqa: D102
        def post_owners(self) -> dict[str, str]: ...  # noqa: D102
        def names(self) -> dict[str, dict[str, Title]]: ...  # noqa: D102
        @property
        def is_narrowed(self) -> bool: ...  # noqa: D102
        def _kind(self, kind: str | None) -> str: ...

    def pareto(
        self, kind: str | None = None, *, period: When = None, place: str | None = None, lang: Lang | None = None,
    ) -> Table:
        """Which flaws, what share, cumulative share and change."""
        lang = lang or self.config.company.languages[0]
        facts, chosen = self._facts_of(kind, period, place)
        causes = pareto(facts, period=chosen, posts=self.post_titles())
        rows = [
            {
                "rule": cause.rule, "title": cause.title.say(lang),
                "post": cause.post_title.say(lang) if cause.post_title else cause.post,
                "count": cause.count, "share": cause.share, "cumulative": cause.cumulative,
                "previous": cause.previous, "change": cause.change.text.say(lang),
            }
            for cause in causes
        ]
        return Table.of_rows(rows, "pareto")

    def find_reefs(
        self, kind: str | None = None, *, period: When = None, place: str | None = None,
        dimensions: Sequence[str] | None = None, seed: int = 0,
    ) -> Reefs:
        """Segments in which journeys break beyond chance; see `diagnosis.reefs.find_reefs`."""
        from lastmeter.diagnosis.reefs import find_reefs

        facts, chosen = self._facts_of(kind, period, place)
        return find_reefs(
            facts, period=chosen, dimensions=dimensions, seed=seed, posts=self.post_titles(), names=self.names()
        )

    def reefs(
        self, kind: str | None = None, *, period: When = None, place: str | None = None,
        dimensions: Sequence[str] | None = None, lang: Lang | None = None,
    ) -> Table:
        """The reefs as a table, what stands out most first: main effects, then interactions."""
        from lastmeter.workspace.focusing import reef_rows

        found = self.find_reefs(kind, period=period, place=place, dimensions=dimensions)
        return Table.of_rows(reef_rows([*found.main, *found.interactions], lang or self.config.company.languages[0]))

    def focus(self, kind: str | None = None, *, period: When = None, place: str | None = None) -> Focus:
        """The three or four things to clear now; see `diagnosis.focus.focus`."""
        from lastmeter.diagnosis.focus import focus
        from lastmeter.workspace.focusing import read_chosen

        facts, chosen = self._facts_of(kind, period, place)
        return focus(
            facts, period=chosen, reefs=self.find_reefs(kind, period=chosen, place=place),
            causes=pareto(facts, period=chosen, posts=self.post_titles()), chosen=read_chosen(self.folder),
            owners=self.post_owners(),
        )

    def focus_table(
        self, kind: str | None = None, *, period: When = None, place: str | None = None, lang: Lang | None = None,
    ) -> Table:
        """The focus list as a table."""
        from lastmeter.workspace.focusing import focus_rows

        return Table.of_rows(focus_rows(self.focus(kind, period=period, place=place), lang or self.config.company.languages[0]))

    def choose_focus(self, one: Chosen, *, kind: str | None = None, period: When = None) -> None:
        """Take a reef or a cause on; one chosen before is amended.

        Raises:
            LastMeterError: `focus.unknown`.
        """
        from lastmeter.workspace import focusing

        if one.code not in {other.code for other in focusing.read_chosen(self.folder)}:
            facts, chosen = self._facts_of(kind, period, None)
            causes = [cause.rule for cause in pareto(facts, period=chosen) if cause.count]
            reefs = [] if one.code in causes else [reef.code for reef in self.find_reefs(kind, period=chosen).all]
            focusing.check_code(one.code, [*reefs, *causes], chosen.code)
        focusing.choose(self.folder, one)

    def drop_focus(self, code: str) -> None:
        """Take an item off the focus list.

        Raises:
            LastMeterError: `focus.not_chosen`.
        """
        from lastmeter.workspace.focusing import drop

        drop(self.folder, code)

    def money_at_stake(self, kind: str | None = None, *, period: When = None, place: str | None = None) -> Money | None:
        """Repeat rate and value after perfect against flawed first journeys; see `diagnosis.money.money_at_stake`."""
        from lastmeter.diagnosis.money import money_at_stake

        facts, chosen = self._facts_of(kind, period, place)
        return money_at_stake(facts, period=chosen)

    def drivers(
        self, kind: str | None = None, *, period: When = None, place: str | None = None, use: Sequence[str] = (),
        asked_step: str | None = None,
    ) -> Drivers:
        """What moves the customers' score, from facts known when they were asked; see `diagnosis.drivers.drivers`.

        period: all answers where left out.
        """
        from lastmeter.diagnosis.drivers import drivers

        facts, chosen = self._facts_of(kind, period, place)
        return drivers(facts, period=chosen if period else None, use=use, asked_step=asked_step)

    def effect(
        self, kind: str | None = None, *, conditions: Mapping[str, str], since: str | Period | date,
        rule: str | None = None, until: str | Period | None = None,
    ) -> Effect:
        """What an action did to a segment since a period or day; see `diagnosis.effect.effect`."""
        from lastmeter.diagnosis.effect import effect
        from lastmeter.workspace.explaining import first_period, named_period

        facts = self.facts(self._kind(kind))
        first = first_period(since)
        for name, value in conditions.items():
            if name in DIMENSIONS:
                choices.check_held(facts, name, value, narrowed=self.is_narrowed)
        return effect(
            facts, conditions=conditions, since=first, rule=rule, until=named_period(until),
            grain=first.grain if isinstance(first, Period) else "month",
        )

    def _facts_of(self, kind: str | None, period: When, place: str | None) -> tuple[Facts, Period]:
        facts = self.facts(self._kind(kind))
        choices.check_held(facts, "place", place, narrowed=self.is_narrowed)
        facts = facts.where(place=place) if place is not None else facts
        return facts, self.period(period, facts)
