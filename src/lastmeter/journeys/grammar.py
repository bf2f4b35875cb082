"""What the sections of a blueprint are made of: field types with errors in both languages, and the base of every section.

A section is a frozen pydantic model; unknown keys are errors. The errors of `wrong` carry both languages; pydantic's
own are put into words by `problems`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope

_UNITS: dict[tuple[str, str], Literal["hours", "days", "working_hours", "working_days"]] = {
    ("", "hour"): "hours", ("", "day"): "days", ("working", "hour"): "working_hours", ("working", "day"): "working_days"}
CODE = re.compile(r"[a-z][a-z0-9_]*")
EVENT = re.compile(r"[A-Za-z0-9_.:-]+")


def wrong(code: str, zh: str, en: str, **places: str) -> PydanticCustomError:
    """A wrong value, in both languages; `problems` turns it into a `Problem`."""
    return PydanticCustomError(code, "{en}", {"zh": Title(zh, en).say("zh", **places),
                                              "en": Title(zh, en).say("en", **places)})


def _code(value: Any) -> Any:
    if isinstance(value, str) and not CODE.fullmatch(value):
        raise wrong("code_wrong", "“{value}”只能用小写字母、数字和下划线，并以字母开头",
                    "“{value}” may have lower-case letters, digits and underscores only, and starts with a letter", value=value)
    return value


def _events(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not all(
            isinstance(name, str) and EVENT.fullmatch(name) for name in names):
        raise wrong("event_wrong", "这里应写一个事件类型，或几个的列表，例如 \"order.paid\"",
                    'An event type or a list of them belongs here, such as "order.paid"')
    return tuple(dict.fromkeys(names))


def _codes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or not all(isinstance(name, str) for name in value):
        raise wrong("names_wrong", "这里应写名称的列表，例如 [\"photo\", \"sample_no\"]",
                    'A list of names belongs here, such as ["photo", "sample_no"]')
    return tuple(dict.fromkeys(_code(name) for name in value))


def _title(value: Any) -> Title:
    if isinstance(value, Title):
        return value
    if (not isinstance(value, dict) or set(value) != {"zh", "en"}
            or not all(isinstance(text, str) and text for text in value.values())):
        raise wrong("title_wrong", "标题要有中文和英文：{ zh = \"...\", en = \"...\" }",
                    'A title has Chinese and English: { zh = "...", en = "..." }')
    return Title(value["zh"], value["en"])


class Limit(NamedTuple):
    """How long a link may take: 48 elapsed hours, 3 local dates, 8 hours or 2 days of a calendar's working time."""

    amount: int
    unit: Literal["hours", "days", "working_hours", "working_days"]

    @property
    def seconds(self) -> float:
        """The limit in seconds, a day and a working day as 86,400."""
        return timedelta(**{self.unit.removeprefix("working_"): self.amount}).total_seconds()

    @property
    def is_working(self) -> bool:
        """Whether only a calendar's working time counts."""
        return self.unit.startswith("working_")

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.replace('_', ' ')}"


def _limit(value: Any) -> Any:
    if isinstance(value, Limit) or value is None:
        return value
    match = re.fullmatch(r"(\d{1,5}) (working )?(hour|day)s?", value) if isinstance(value, str) else None
    if not match or (match[2] and int(match[1]) == 0):
        raise wrong("limit_wrong", "读不懂的时限；写成“48 hours”、“3 days”、“8 working hours”或“2 working days”",
                    'Cannot read the limit; write "48 hours", "3 days", "8 working hours" or "2 working days"')
    return Limit(int(match[1]), _UNITS[(match[2] or "").strip(), match[3]])


def _time_span(value: Any) -> Any:
    span = _limit(value)
    if span is None or span.is_working or not span.amount:
        raise wrong("span_wrong", "读不懂的间隔；写成“14 days”或“48 hours”", 'Cannot read the interval; write "14 days" or "48 hours"')
    return span


Code = Annotated[str, BeforeValidator(_code)]
Codes = Annotated[tuple[str, ...], BeforeValidator(_codes)]
Text = Annotated[str, Field(min_length=1)]
Events = Annotated[tuple[str, ...], BeforeValidator(_events)]
Titled = Annotated[Title, BeforeValidator(_title)]
TimeSpan = Annotated[Limit, BeforeValidator(_time_span)]
OptionalLimit = Annotated[Limit | None, BeforeValidator(_limit)]

Columns = dict[str, str]
"""SQL expressions by the name of the column that they make."""

Levels = list[Columns]
"""Columns, level by level: each reads those before it. (An alias used within its own level would be expanded wherever it
is used, and planning would take longer than reading.)"""


class Mistake(NamedTuple):
    """What declarations of one primitive have wrong together: at which of them, which key, what, and how to mend it."""

    number: int
    key: str
    code: str
    said: Title
    hint: Title


class Section(BaseModel):
    """One table of a blueprint file: its keys are the model's fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, arbitrary_types_allowed=True)


class Declaration(Section):
    """One `[[...]]` of a primitive. Subclasses live in `primitives/`, one file each, and are found by listing it."""

    TABLE: ClassVar[str]
    """The name of its array of tables in the file, and of the primitive."""

    TITLE: ClassVar[Title]
    """What people call the primitive."""

    @classmethod
    def mistakes(cls, declared: Mapping[int, Declaration], *, sliced: bool) -> list[Mistake]:  # noqa: ARG003
        """What no declaration of this primitive shows by itself: `declared` are all of a blueprint, by number in the file;
        `sliced`: its journeys are periods.
        """
        return []

    def step_references(self) -> Mapping[str, str]:
        """Key in the file -> the code of the step that it names; checked against the blueprint's steps."""
        return {}

    def is_rule(self) -> bool:
        """Whether a journey can break it."""
        return False


class Rule(Declaration):
    """A declaration that a journey keeps or breaks. `post` is accountable for it.

    The SQL that it contributes: `aggregates` over the journey's events, `verdict` columns over those, and the rows
    of the flaws. Names of columns start with `scope.prefix(self)`, so that rules never meet.
    """

    REMEDY: ClassVar[Title] = Title("处理“{cause}”", "Deal with “{cause}”")
    """What to do about its flaws, in the imperative; `{cause}` is the rule's title."""

    code: Code
    title: Titled
    post: Text | None = None

    def is_rule(self) -> bool:
        """Whether a journey can break it."""
        return True

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """Groups of event types; the rule is observed if of each group some source declares at least one type."""
        raise NotImplementedError

    def needed_attributes(self) -> list[str]:
        """Attributes without which the rule cannot be judged at all."""
        return []

    def attributes_read(self) -> list[str]:
        """Every attribute that its SQL reads."""
        return self.needed_attributes()

    def titled_events(self) -> tuple[str, ...]:
        """Event types that are called as the rule is where a journey is told, if no step is made of them."""
        return ()

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:
        """Event types that could still avert the flaw: absence is judged up to the watermarks of their sources."""
        raise NotImplementedError

    def aggregates(self, scope: Scope) -> Columns:  # noqa: ARG002
        """Aggregates over the events of one journey (columns of `trace.HAPPENED`)."""
        return {}

    def unclear(self, scope: Scope) -> str | None:  # noqa: ARG002
        """A condition over the events of one journey: such a journey is read again by an exact scope. For rules whose
        aggregates are costly and seldom needed: they make lists of events only where `scope.exact`.
        """
        return None

    def verdict(self, scope: Scope) -> Levels:
        """Columns over the aggregates, each level over those before: `<prefix>_flaws`, `_undecided` (INTEGER) and
        `_pending` (TIMESTAMP: when the verdict may change without an event), beside what its own rows need.
        """
        raise NotImplementedError

    def flaw_rows(self, scope: Scope) -> str:
        """A SELECT of its flaws: `judged.*`, occurrence, anchor, occurred_at, occurred_on, link, excess_seconds.

        `occurrence` is the id of the event that is the flaw and `anchor` its source; '' where a journey can break the
        rule only once, so that an overdue link and the late one that it becomes are the same flaw.
        """
        raise NotImplementedError

    def once(self, scope: Scope, *, at: str, on: str, link: str = "NULL::VARCHAR", excess: str = "NULL::DOUBLE") -> str:
        """The flaw rows of a rule that a journey can break only once."""
        return (f"SELECT judged.*, '' AS occurrence, '' AS anchor, {at} AS occurred_at, {on} AS occurred_on, {link} AS link,"
                f" {excess} AS excess_seconds FROM judged WHERE {scope.prefix(self)}_flaws > 0")

    def each(self, scope: Scope) -> str:
        """The flaw rows of a rule whose flaws are the elements of the column `<prefix>_found`: structs with the `id` and
        `source` of the event that is the flaw, `moment`, `on` and `excess`.
        """
        return ("SELECT judged.*, flaw.id AS occurrence, flaw.source AS anchor, flaw.moment AS occurred_at,"
                ' flaw."on" AS occurred_on, NULL::VARCHAR AS link, flaw.excess AS excess_seconds'
                f" FROM (SELECT *, unnest({scope.prefix(self)}_found) AS flaw FROM judged) AS judged")


class OccurrenceRule(Rule):
    """A rule that each of certain events breaks, whenever it occurs: nothing averts it."""

    event: Events

    def titled_events(self) -> tuple[str, ...]:
        """What breaks it."""
        return self.event

    def flaw_events(self) -> tuple[str, ...]:
        """Event types of which each event may be a flaw by itself: kept in `happened`."""
        return self.event

    def breach(self, scope: Scope) -> str:
        """The condition that makes an event of `happened` a flaw."""
        return scope.is_type(self.event)

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:  # noqa: ARG002
        """The event, declared by a source that would tell of it."""
        return [self.event]

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing averts what has happened."""
        return ()

    def aggregates(self, scope: Scope) -> Columns:
        """How often it occurred."""
        return {f"{scope.prefix(self)}_count": f"count(*) FILTER ({self.breach(scope)})"}

    def verdict(self, scope: Scope) -> Levels:
        """The usual."""
        p = scope.prefix(self)
        return [{f"{p}_flaws": f"{p}_count::INTEGER", f"{p}_undecided": "0", f"{p}_pending": "NULL::TIMESTAMP"}]

    def flaw_rows(self, scope: Scope) -> str:
        """One for every occurrence, at its own time."""
        return ("SELECT judged.*, happened.id AS occurrence, happened.source AS anchor, happened.moment AS occurred_at,"
                ' happened."on" AS occurred_on, NULL::VARCHAR AS link, NULL::DOUBLE AS excess_seconds'
                f" FROM happened JOIN judged USING (journey_id) WHERE {self.breach(scope)}")
