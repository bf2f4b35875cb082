"""From claims to a mapping: which events the rows of a table tell of, and what each event carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lastmeter.connectors import cells_sql
from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.event_names import EventNames
from lastmeter.connectors.proposal.joins import Join
from lastmeter.connectors.proposal.keys import Key
from lastmeter.connectors.proposal.names import code_of, singular
from lastmeter.connectors.proposal.reading import Column, Table, slug, unused
from lastmeter.connectors.proposal.table_plan import EventPlan, TablePlan
from lastmeter.journeys.discovery.vocabulary import ENDINGS, act_in, thing, thing_in, words_of

_MOST_ATTRIBUTES = 40


class Planner:
    """Plans the events of one table. One use: `plan`."""

    def __init__(self, table: Table, claims: Mapping[str, Claim], key: Key, joins: Sequence[Join], kinds: Mapping[tuple[str, str],
        str]) -> None:
        self.table = table
        self.claims = claims
        self.key = key
        self.joins = {join.column: join for join in joins if join.table == table.name}
        self.kinds = kinds
        self.plan_ = TablePlan(table, key, claims, "")

    def plan(self) -> TablePlan:
        """The events of the table."""
        objects = self._objects()
        times = self._of("time")
        self.plan_.object = next(iter(objects))
        self.names = EventNames(self.table, self.plan_.object, times)
        activity = self._activity(objects, times)
        if activity is not None:
            self._log(objects, times, activity)
        elif self._is_description(times):
            self._description(objects, times)
        else:
            self._rows(objects, times)
        self._leave_out()
        self._doubts()
        return self.plan_

    def _of(self, role: str) -> list[Column]:
        return [column for column in self.table.columns if self.claims[column.name].role == role]

    def _objects(self) -> dict[str, tuple[str, bool]]:
        """Object type to (column, personal). The first is whose events they are: a parent that many rows share comes before
        a line's own id, and what runs its course before who is served.
        """
        found: dict[str, Column] = {}
        known_performers = [column for column in self._of("performer") if column.name in self.joins]
        for column in [*self._of("id"), *known_performers]:
            kind = self.kinds.get((self.table.name, column.name)) or self.claims[column.name].kind
            if kind in found:
                kind = slug("_".join(words_of(column.name))) or f"{kind}_{len(found)}"
                kind = kind.removesuffix("_id") or kind
            found.setdefault(kind, column)
        if not found:
            column = self._stand_in()
            found[self._own_kind()] = column
        order = sorted(found, key=lambda kind: (self._weight(kind, found[kind]), self.table.columns.index(found[kind])))
        return {kind: (found[kind].name, (known := thing(kind)) is not None and known.part == "customer") for kind in order}

    def _stand_in(self) -> Column:
        """The column that names the object where none is an id: the key's first."""
        column = self.key.columns[0]
        self.plan_.unsure.append((column.name, 0.3, because("没有一列像对象的编号，暂用“{column}”",
            "No column looks like an object's id; “{column}” stands in",
                                                            column=column.name)))
        return column

    def _weight(self, kind: str, column: Column) -> int:
        known = thing(kind)
        is_key = column in self.key.columns
        part = known.part if known else "course" if is_key else "other"
        refers = column.name in self.joins
        if part == "course":
            return 0 if is_key and not self._is_line(column) else 1
        if part == "feedback":
            return 2
        if is_key and len(self.key.columns) == 1:
            return 1
        return {"customer": 4, "goods": 5}.get(part, 6 if refers else 7)

    def _is_line(self, column: Column) -> bool:
        return len(self.key.columns) > 1 and column.distinct <= 0.2 * self.table.rows and column.is_integer

    def _own_kind(self) -> str:
        known = thing_in(self.table.name)
        return known.code if known else singular(self.table.name)

    def _activity(self, objects: Mapping[str, tuple[str, bool]], times: Sequence[Column]) -> Column | None:
        """The column of activities of an event log: the rows of one object differ in it."""
        if not times or len(times) > 3:
            return None
        owner = self.table.column(next(iter(objects.values()))[0])
        if owner.filled == 0 or self.table.rows < 1.1 * owner.distinct:
            return None
        varied = []
        for column in self._of("status"):
            pairs = self.table.distinct((owner, column))
            if pairs >= 1.1 * owner.distinct:
                varied.append((pairs, column))
        return max(varied, key=lambda one: one[0])[1] if varied else None

    def _is_description(self, times: Sequence[Column]) -> bool:
        """A list of customers, products, sellers: it describes objects, and at most says since when they are known."""
        known = thing(self.plan_.object)
        return len(times) <= 1 and known is not None and known.part in ("customer", "goods", "performer") and len(self.key.columns) == 1 \
            and self.kinds.get((self.table.name, self.key.columns[0].name)) == self.plan_.object

    # The three layouts

    def _log(self, objects: dict[str, tuple[str, bool]], times: Sequence[Column], activity: Column) -> None:
        at = max(times, key=lambda column: (column.filled, -self.table.columns.index(column)))
        self.plan_.layout = because("事件记录：每行一个事件，种类在“{column}”列", "An event log: one event a row, its type in “{column}”",
            column=activity.name)
        for number, value in enumerate(activity.values, 1):
            event = EventPlan(self.names.of_value(value, number), at, self.claims[at.name], dict(objects),
                {activity.name: [value]})
            self._carry(event, [column for column in times if column is not at])
            event.attributes["activity"] = {"column": activity.name, "type": "text"}
            self.plan_.events.append(event)

    def _description(self, objects: dict[str, tuple[str, bool]], times: Sequence[Column]) -> None:
        self.plan_.layout = because("每行描述一个“{kind}”", "Each row describes one {kind}", kind=self.plan_.object)
        at = times[0] if times else None
        event = EventPlan("object.described", at, self.claims[at.name] if at else None, dict(objects), undated=at is not None)
        self._carry(event, [])
        self.plan_.events.append(event)

    def _rows(self, objects: dict[str, tuple[str, bool]], times: Sequence[Column]) -> None:
        """One event for each time of the row, in the order in which they usually happen."""
        if not times:
            self.plan_.layout = because("没有时间列：每行一个时间未知的事件", "No column holds a time: one event of unknown time a row")
            event = EventPlan(self.names.once(f"{self.names.family}.{self.names.recorded()}"), None, None, dict(objects))
            self._carry(event, [])
            self.plan_.events.append(event)
        else:
            self.plan_.layout = because("每行一个对象，{n} 个时间列各是一个事件",
                "One object a row; each of {n} time columns is an event", n=len(times))
            for number, column in enumerate(self._in_time(times), 1):
                kind = self.names.of_column(column, number, alone=len(times) == 1)
                event = EventPlan(kind, column, self.claims[column.name], dict(objects) if number == 1 else self._primary(objects))
                self.plan_.events.append(event)
            self._carry(self._bearer(), [])
        self._endings(objects)

    def _bearer(self) -> EventPlan:
        """The event that carries what the row knows: the last where customers answer, else the first that always happens."""
        if self._of("score") or (self._of("said") and self.names.own_part() == "feedback"):
            return next((event for event in reversed(self.plan_.events) if event.type.endswith(("answered", "raised"))),
                self.plan_.events[-1])
        always = [event for event in self.plan_.events if event.at is not None and event.at.filled == self.table.rows]
        return always[0] if always else self.plan_.events[0]

    def _endings(self, objects: dict[str, tuple[str, bool]]) -> None:
        """Statuses that no time column tells of, as cancelled orders without a time: events of unknown time."""
        covered = {event.type.rpartition(".")[2] for event in self.plan_.events}
        for column in self._of("status"):
            for value in column.values:
                act = act_in(value)
                if act and any(act.code in acts for acts in ENDINGS.values()) and act.code not in covered:
                    covered.add(act.code)
                    event = EventPlan(self.names.once(f"{self.plan_.object}.{act.code}"), None, None, self._primary(objects),
                                      {column.name: [one for one in column.values if act_in(one) is act]})
                    event.notes["at"] = because("数据里没有它发生的时间", "The data does not say when")
                    self.plan_.events.append(event)

    @staticmethod
    def _primary(objects: Mapping[str, tuple[str, bool]]) -> dict[str, tuple[str, bool]]:
        first = next(iter(objects))
        return {first: objects[first]}

    # What an event carries

    def _carry(self, event: EventPlan, other_times: Sequence[Column]) -> None:
        names: set[str] = {*_RESERVED, "activity"}
        places = sorted(self._of("place"), key=lambda column: (column.distinct < 2, -column.filled_share, column.distinct))
        performers = sorted(self._of("performer"), key=lambda column: (-column.filled_share, -column.distinct))
        for position, column in enumerate(self.table.columns):
            claim = self.claims[column.name]
            name = code_of(column, position)
            if name in _RESERVED:
                name = f"{name}_value"
            if claim.role == "place" and column is places[0]:
                event.place = f"{{{column.name}}}"
            elif claim.role == "performer" and column is performers[0]:
                event.performer = f"{claim.kind}:{{{column.name}}}"
            elif claim.role == "channel" and event.channel is None:
                event.channel = f"{{{column.name}}}"
            elif claim.role == "zone":
                event.zone_column = column.name
            elif claim.role == "score" and "score" not in event.attributes:
                event.attributes["score"] = {"column": column.name, "type": "number"}
                event.attributes["scale"] = {"value": claim.scale, "type": "number"}
            elif claim.role == "said":
                longest = max(self._of("said"), key=lambda one: (one.typical, one.longest))
                event.attributes["said" if column is longest else unused(name, names)] = {"column": column.name, "type": "said"}
            elif claim.role == "personal":
                event.attributes[unused(name, names)] = {"column": column.name, "type": "personal"}
            elif claim.role == "money":
                currency = next((one.name for one in self._of("currency")), None)
                extra = {"currency": {"column": currency}} if currency else {}
                event.attributes[unused(name, names)] = {"column": column.name, "type": "money", **extra}
            elif claim.role in ("place", "performer", "channel", "score") or (claim.role == "status" and column.name not in event.when):
                event.attributes[unused(name, names)] = {"column": column.name, "type": "number" if claim.role == "score" else "text"}
            elif claim.role == "attribute" and len(event.attributes) < _MOST_ATTRIBUTES:
                event.attributes[unused(name, names)] = {"column": column.name, "type": claim.kind}
            elif claim.role == "promise" and event.at is not None:
                self._promise(event, column, claim)
            elif claim.role == "promise" or column in other_times:
                self._time_attribute(event, column, claim, unused(name, names))
            elif claim.role == "revision":
                self.plan_.revision = column.name

    @staticmethod
    def _promise(event: EventPlan, column: Column, claim: Claim) -> None:
        name = claim.kind
        while name in event.promises:
            name = f"{name}_{slug(column.name) or len(event.promises)}"
        event.promises[name] = {"column": column.name, **_written(claim)}

    @staticmethod
    def _time_attribute(event: EventPlan, column: Column, claim: Claim, name: str) -> None:
        kind = "date" if claim.time and claim.time.precision == "day" else "time"
        extra = {"format": claim.time.format} if claim.time and claim.time.format else {}
        event.attributes[name] = {"column": column.name, "type": kind, **extra}

    def _in_time(self, times: Sequence[Column]) -> list[Column]:
        """Time columns in the order in which they happen: each stands behind those that it mostly follows; a tie keeps the
        order of the file.
        """
        def later(one: Column, two: Column) -> int:
            first, second = (cells_sql.clock(column.cell, shape.format if (shape := self.claims[column.name].time) else None, "second")
                             for column in (one, two))
            return self.table.count(f"count(*) FILTER ({first} > {second}) - count(*) FILTER ({first} < {second})")

        wins = {column.name: sum(later(column, other) > 0 for other in times if other is not column) for column in times}
        return sorted(times, key=lambda column: (wins[column.name], self.table.columns.index(column)))

    # What is said about it all

    def _leave_out(self) -> None:
        read = {column.name for column in self.key.columns} | ({self.plan_.revision} if self.plan_.revision else set())
        for event in self.plan_.events:
            read |= {where for where, _ in event.objects.values()} | set(event.when) | ({event.at.name} if event.at else set())
            read |= {str(entry["column"]) for entry in [*event.attributes.values(), *event.promises.values()] if "column" in entry}
            read |= {column.name for column in self.table.columns for text in (event.place, event.performer, event.channel,
                event.zone_column)
                     if text and (f"{{{column.name}}}" in text or text == column.name)}
            read |= {column.name for column in self._of("currency") if any("currency" in entry for entry in event.attributes.values())}
        for column in self.table.columns:
            if column.name not in read:
                self.plan_.left[column.name] = self.claims[column.name].reason

    def _doubts(self) -> None:
        if self.key.confidence < 0.75:
            self.plan_.unsure.append((", ".join(column.name for column in self.key.columns), self.key.confidence, self.key.reason))
        for column in self.table.columns:
            claim = self.claims[column.name]
            if claim.confidence < 0.6 and claim.role == "attribute" and column.distinct <= 1:
                continue
            if not claim.is_sure or claim.role == "unreadable":
                self.plan_.unsure.append((column.name, claim.confidence, claim.reason))


_RESERVED = frozenset({"score", "scale", "said"})


def _written(claim: Claim) -> dict[str, object]:
    """Precision and format of a time, as the mapping says them."""
    found: dict[str, object] = {}
    if claim.time and claim.time.precision != "second":
        found["precision"] = claim.time.precision
    if claim.time and claim.time.format:
        found["format"] = claim.time.format
    return found
