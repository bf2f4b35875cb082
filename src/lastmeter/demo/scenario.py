"""How a simulated company is declared: who and what there is, what happens, what goes wrong, what people say of it.

A company is a `Scenario` of one or more `Flow`s (visits; tenancies, faults and places). `simulator` draws any of them.
Times are hours unless a name says otherwise; all of them are on the company's own wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from lastmeter.demo.season import DAY_SECONDS
from lastmeter.kernel.titles import Lang, Title


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a dimension; `parent`: the value of the outer dimension that it belongs to; `price` in yuan."""

    code: str
    title: Title
    share: float = 1.0
    parent: str = ""
    price: float = 0.0


@dataclass(frozen=True, slots=True)
class Dimension:
    """By what journeys differ. `name` is the dimension of the fact tables, `column` that of the exports.

    Values with a parent are drawn within the value of `within`. `sway` is how much values differ in what goes wrong
    (the deviation of a logarithm), `kind` stands before a performer's code: `crew:north_1`.
    """

    name: str
    column: str
    values: tuple[Value, ...]
    within: str = ""
    sway: float = 0.10
    kind: str = ""

    def said(self, code: str) -> str:
        """The value as the fact tables hold it."""
        return f"{self.kind}:{code}" if self.kind else code

    def position(self, said: str) -> int:
        """Which value it is."""
        return [self.said(value.code) for value in self.values].index(said)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens `after` another act: `lead` hours and then about `hours` (lognormal of that `spread`).
    The first of a recurring act comes after `lead` and `every`.

    Of those journeys in which its anchor happened, `chance` have it, and `miss` of these lack it although it is owed.
    Both grow with the day's strain. `grudge` is how many stars its trouble costs.

    What counts as its trouble (the breach of `rule`) follows from what is declared: a `mishap` that occurs; an owed act
    that is missing when `before` is reached; one later than `limit` hours or than its `promise`; one that occurs fewer
    than `at_least` times; a recurring one (`every`, `until`) with a gap above `limit`.
    """

    code: str
    after: str
    hours: float
    spread: float = 0.4
    lead: float = 0.0
    chance: float = 1.0
    miss: float = 0.0
    rule: str = ""
    mishap: bool = False
    before: str = ""
    limit: float | None = None
    promise: str = ""
    grudge: float = 0.0
    working: bool = False
    """Hours, lead and limit are working time of the flow's calendar."""
    slots: tuple[float, ...] = ()
    """It happens at the next of these hours of the day."""
    hidden: bool = False
    """It is in no export: an appointment, or a lapse that shows in another act only."""
    stops: bool = False
    """Nothing happens after it: a cancellation."""
    times: tuple[float, ...] = (1.0,)
    """Weights of occurring once, twice, ...; the next follows after `every` hours."""
    every: float = 0.0
    at_least: int = 0
    until: str = ""
    """It recurs every `every` hours until this act, at most `most` times."""
    most: int = 1

    @property
    def width(self) -> int:
        """How often it can occur."""
        return self.most if self.until else len(self.times)


@dataclass(frozen=True, slots=True)
class Promise:
    """`hours` after `act` (a hidden appointment, say): by then; column `promised_<name>_by` of the exports."""

    name: str
    act: str
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Proof:
    """A column of the log that proves an act: `prefix` and the journey's number; empty where the hidden `lapse` occurred."""

    column: str
    act: str
    prefix: str
    lapse: str


@dataclass(frozen=True, slots=True)
class Price:
    """What is quoted and charged, by the price of a dimension's value; `over` is the hidden act of charging more."""

    dimension: str
    quoted: str
    charged: str
    over: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A planted problem: in the segment, since a day, `size` of the journeys are hit.

    Being hit follows from the act: a mishap occurs, a delayed one comes `hours` later (its own kind of hours), any
    other is left out. `segment` holds dimensions and values as the fact tables do.
    """

    code: str
    title: Title
    act: str
    rule: str
    segment: dict[str, str]
    since: date
    size: float
    hours: float = 0.0

    @property
    def since_seconds(self) -> int:
        """The first moment of the problem, local seconds from 1970."""
        return (self.since - date(1970, 1, 1)).days * DAY_SECONDS


Phrases = dict[Lang, dict[str, tuple[str, ...]]]
"""What customers say, by topic: `happy`, `fine`, `poor`, and the rules that can be broken."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of journey of a company.

    `name` is its object type (`visit`); files `visits.csv`, `visit_log.csv`, `visit_feedback.csv`. `share` is of all
    events of the company. `standing` ones begin on the first day and stay: places, and tenancies until they end.
    """

    name: str
    prefix: str
    share: float
    start: str
    dimensions: tuple[Dimension, ...]
    acts: tuple[Act, ...]
    problems: tuple[Problem, ...] = ()
    promises: tuple[Promise, ...] = ()
    proofs: tuple[Proof, ...] = ()
    price: Price | None = None
    phrases: Phrases = field(default_factory=dict)
    asked: float = 0.3
    """Share of journeys whose customer answers when asked."""
    answered_after: str = ""
    hours: tuple[float, ...] = (0, 0, 0, 0, 0, 0, 1, 2, 4, 6, 7, 6, 5, 5, 6, 6, 6, 5, 4, 4, 5, 5, 3, 1)
    """Weight of each hour of the day for the start."""
    weekend: float = 1.0
    """Demand of a Saturday or Sunday against that of a working day."""
    months: tuple[float, ...] = (1.0,) * 12
    """Demand by month."""
    wide: tuple[str, ...] = ()
    """Acts that stand as columns of the wide row instead of as rows of the log."""
    calendar: str = ""
    most: int = 0
    """If given, there are no more than so many: the places of a company."""
    standing: bool = False

    @property
    def plural(self) -> str:
        """The name of the file of its journeys."""
        return self.name.removesuffix("y") + "ies" if self.name.endswith("y") else f"{self.name}s"

    def dimension(self, name: str) -> Dimension:
        """The dimension of that name."""
        return next(one for one in self.dimensions if one.name == name)

    def act(self, code: str) -> Act:
        """The act of that code."""
        return next(one for one in self.acts if one.code == code)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A company. `holders`: who holds each post of the template of the same name."""

    name: str
    title: Title
    flows: tuple[Flow, ...]
    holders: dict[str, str]
    customers_a_journey: float = 0.4

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All planted problems."""
        return tuple(problem for flow in self.flows for problem in flow.problems)
