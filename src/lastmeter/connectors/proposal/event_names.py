"""What the events of a table are called."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.connectors.proposal.names import singular
from lastmeter.connectors.proposal.reading import Column, Table, slug, unused
from lastmeter.connectors.proposal.time_shapes import TIME_WORDS
from lastmeter.journeys.discovery.vocabulary import act_in, thing_in, words_of


class EventNames:
    """Gives event types, each once; `object` is the type of object whose events they are, `times` the columns of times."""

    def __init__(self, table: Table, kind: str, times: Sequence[Column]) -> None:
        self.table = table
        self.object = kind
        self.times = times
        self._taken: set[str] = set()

    def once(self, wanted: str) -> str:
        """The type that is wanted, numbered if it is taken."""
        return unused(wanted, self._taken)

    @property
    def family(self) -> str:
        """The first half of event types: a row of reviews tells of a review, whosever journey it belongs to."""
        known = thing_in(self.table.name)
        return known.code if known and known.part == "feedback" else self.object

    def own_part(self) -> str:
        """What kind of thing the table is named after: feedback, course, customer ..., empty if it is none that is known."""
        known = thing_in(self.table.name)
        return known.part if known else ""

    def of_column(self, column: Column, number: int, *, alone: bool) -> str:
        """The type of the event that a time column tells of; `number` is its place in time, `alone` if it is the only one."""
        act = act_in(column.name)
        rest = [word for word in words_of(column.name) if word not in TIME_WORDS]
        known = thing_in(column.name)
        if known:
            rest = [word for word in rest if word not in known.spellings or (act and word in act.spellings)]
        told = [word for word in rest if not (act and word in act.spellings)]
        if act and (not slug("_".join(told)) or not self._shares_act(column, act.code)):
            return self.once(f"{self.family}.{act.code}")
        code = slug("_".join([act.code, *told])) if act else slug("_".join(rest))
        if not code or (alone and not act):
            code = self.recorded()
        if number > 1 and code == "recorded":
            code = f"time_{number}"
        return self.once(f"{self.family}.{code}")

    def _shares_act(self, column: Column, code: str) -> bool:
        return any(other is not column and (act := act_in(other.name)) is not None and act.code == code for other in self.times)

    def recorded(self) -> str:
        """What a row without a better word tells of: a review was answered, a complaint raised, a line of an order recorded."""
        known = thing_in(self.table.name)
        if known and known.part == "feedback":
            return "answered" if known.code == "review" else "raised"
        own = "_".join(word for word in words_of(singular(self.table.name)) if word not in (self.object,
            f"{self.object}s") and word.isascii())
        is_line = slug(own) and self.object in (*words_of(self.table.name), singular(self.table.name))
        return f"{slug(own)}_recorded" if is_line else "recorded"

    def of_value(self, value: str, number: int) -> str:
        """The type of the events of an activity."""
        act = act_in(value)
        own = slug(value)
        if act and (not own or (len(words_of(value)) <= 2 and all(word in act.spellings for word in words_of(value) if word.isascii()))):
            return self.once(f"{self.object}.{act.code}")
        return self.once(f"{self.object}.{own or (act.code if act else f'step_{number}')}")
