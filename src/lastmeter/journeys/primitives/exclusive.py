"""Exclusive stretches: never two at once, such as two couriers with one parcel.

A stretch runs from a start event to the next end event of the same performer; the end is not part of it. Tested on
intervals: a flaw only if two stretches of different performers surely overlap, undecided if they possibly do. An event
without a performer may be anybody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lastmeter.journeys.event_value import EventValue
from lastmeter.journeys.grammar import Code, Columns, Events, Levels, Rule
from lastmeter.journeys.intervals import ALWAYS, NEVER, exists, key, occurrences
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Exclusive(Rule):
    """From `start` to `end` only one at a time, told apart `by` performer (or place, channel, an attribute).

    A start that falls into another's stretch is one flaw, however many others it overlaps.
    """

    TABLE: ClassVar[str] = "exclusive"
    TITLE: ClassVar[Title] = Title("不得同时", "never two at once")
    REMEDY: ClassVar[Title] = Title("不要再“{cause}”：先结束一个，再开始下一个", "End one before the next begins: “{cause}”")

    start: Events
    end: Events
    by: Code = "performer"

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:  # noqa: ARG002
        """Starts and ends: without the ends every stretch would seem to last."""
        return [self.start, self.end]

    def needed_attributes(self) -> list[str]:
        """The attribute that tells them apart."""
        return EventValue(self.by).attributes

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """An end that is not known yet."""
        return self.end

    def aggregates(self, scope: Scope) -> Columns:
        """Starts and ends with whose they are."""
        p, whose = scope.prefix(self), {"who": EventValue(self.by).sql(scope)}
        read = "" if scope.exact else " AND false"
        return {f"{p}_starts": occurrences(scope.is_type(self.start) + read, whose),
                f"{p}_ends": occurrences(scope.is_type(self.end) + read, whose)}

    def unclear(self, scope: Scope) -> str:
        """Where starts are not surely all of one performer."""
        who, starts = EventValue(self.by).sql(scope), f"FILTER ({scope.is_type(self.start)})"
        same = f"count({who}) {starts} = count(*) {starts} AND min({who}) {starts} = max({who}) {starts}"
        return f"(count(*) {starts} > 1 AND NOT ({same}))"

    def verdict(self, scope: Scope) -> Levels:
        """`_runs`, the stretches; `_found`, those that surely overlap an earlier one, judged; beside the usual."""
        p, horizon = scope.prefix(self), scope.horizon(self)
        before = f"{key('a')} < {key('s')}"
        sure = f"a.who <> s.who AND {before} AND greatest(a.hi, s.hi) < least(a.sure_end, s.sure_end)"
        possible = (f"NOT coalesce(a.who = s.who, false) AND {before}"
                    " AND greatest(a.lo, s.lo) < least(a.last_end, s.last_end)")
        clash = f"list_filter({p}_runs, lambda a: {sure})"
        since = f"list_min(list_transform({clash}, lambda a: greatest(a.until, s.until)))"
        both = f"list_transform({p}_runs, lambda s: {{'id': s.id, 'source': s.source, 'moment': s.moment, 'on': s.\"on\"," \
               f" 'excess': NULL::DOUBLE, 'since': {since}, 'possible': {exists(f'{p}_runs', possible, 'a')}}})"
        return [
            {f"{p}_runs": self._runs(p)},
            {f"{p}_all": both},
            {f"{p}_found": f"list_filter({p}_all, lambda s: s.since <= {horizon})",
             f"{p}_undecided": f"len(list_filter({p}_all, lambda s: s.since IS NULL AND s.possible))::INTEGER",
             f"{p}_pending": f"list_min(list_transform(list_filter({p}_all,"
                             f" lambda s: s.since > coalesce({horizon}, {ALWAYS})), lambda s: s.since))"},
            {f"{p}_flaws": f"len({p}_found)::INTEGER"},
        ]

    def _runs(self, p: str) -> str:
        """Each start with `sure_end`, until when it surely runs, and `last_end`, by when it surely has ended."""
        ended = "x.hi > s.lo AND (x.who = s.who OR x.who IS NULL OR s.who IS NULL)"
        surely = "x.hi > s.lo AND x.lo >= s.hi AND x.who = s.who"
        sure_end = f"list_min(list_transform(list_filter({p}_ends, lambda x: {ended}), lambda x: x.lo))"
        last_end = f"list_min(list_transform(list_filter({p}_ends, lambda x: {surely}), lambda x: x.hi))"
        return (f"list_transform({p}_starts, lambda s: {{'id': s.id, 'source': s.source, 'moment': s.moment, 'on': s.\"on\","
                f" 'until': s.until, 'lo': s.lo, 'hi': s.hi, 'who': s.who, 'sure_end': coalesce({sure_end}, {NEVER}),"
                f" 'last_end': coalesce({last_end}, {NEVER})}})")

    def flaw_rows(self, scope: Scope) -> str:
        """One for every start that surely fell into another's stretch, at its own time."""
        return self.each(scope)
