"""What the watch knows, as plain values: flaws by state, a journey's history, silent sources, the age of the fact tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import narwhals.stable.v2 as nw
from django.conf import settings
from django.db.models import Count, Q, QuerySet

from lastmeter.diagnosis import cohort
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.company import find, served
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, reach_of
from lastmeter.server.people.queries import posts_of
from lastmeter.server.watch.models import Act, Flaw, Foretold, Prediction, Silence, Source
from lastmeter.server.watch.silence import rhythm
from lastmeter.workspace import Workspace

State = Literal["open", "new", "known", "withdrawn"]
NEW_FOR = timedelta(hours=24)
"""So long a flaw that nobody took on is new."""
WITHDRAWN_FOR = timedelta(days=7)
RUNNING = ("link", "promise")
"""Primitives whose flaws go on until the step is reached: their excess is not known before."""
HIT_DAYS = 28


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to; `mine`: the posts that the person holds today."""

    state: State = "open"
    kind: str = ""
    rule: str = ""
    post: str = ""
    place: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many flaws there are within a person's reach; `withdrawn` in the last week, `late_found` among the open ones."""

    new: int
    known: int
    withdrawn: int
    late_found: int
    taken: int

    @property
    def open(self) -> int:
        """New and known ones."""
        return self.new + self.known


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that became of a flaw of a journey: raised, withdrawn, taken, released; by whom where it was a person."""

    at: datetime
    what: str
    flaw_id: str
    rule: str
    late_found: bool
    person: str
    note: str


@dataclass(frozen=True, slots=True)
class SilentSource:
    """A source that has told nothing `since`; `allowed` is how long it may be silent."""

    name: str
    since: datetime
    noticed_at: datetime
    allowed: timedelta | None

    @property
    def allowed_seconds(self) -> float | None:
        """The same in seconds."""
        return None if self.allowed is None else self.allowed.total_seconds()


@dataclass(frozen=True, slots=True)
class HitRate:
    """How good the forecasts of the last `HIT_DAYS` days were, of journeys whose promise ran out since the watch looks ahead.

    said: said to be late, and judged; hits: of those, late. late: all that were late; judged: all whose promise ran out.
    """

    said: int
    hits: int
    late: int
    judged: int
    lead_seconds: float | None

    @property
    def precision(self) -> float | None:
        """Of those said to be late, the share that was."""
        return self.hits / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """Of those that were late, the share that had been said to be."""
        return self.hits / self.late if self.late else None


@dataclass(frozen=True, slots=True)
class Wording:
    """What codes are called: kinds, rules by (kind, rule), steps by (kind, step), posts, places, performers, brands."""

    kinds: Mapping[str, Title]
    rules: Mapping[tuple[str, str], Title]
    steps: Mapping[tuple[str, str], Title]
    posts: Mapping[str, Title]
    names: Mapping[str, Mapping[str, Title]]


def built_at() -> datetime | None:
    """As of when the fact tables are; None before the first build."""
    built = read_manifest(served.folder / "facts")
    return built.at if built else None


def age() -> timedelta | None:
    """How old the fact tables are; None before the first build."""
    at = built_at()
    return None if at is None else max(timedelta(0), clock.now() - at)


def history(kind: str, journey: str) -> list[Entry]:
    """What became of the flaws of a journey, by time: raised, withdrawn, raised again, taken on by somebody."""
    acts = Act.objects.filter(flaw__kind=kind, flaw__journey=journey).select_related("flaw", "person").order_by("at", "pk")
    return [
        Entry(one.at, one.what, one.flaw_id, one.flaw.rule, one.flaw.late_found, str(one.person or ""), one.note) for one in acts
    ]


def history_of(flaw_id: str) -> list[Entry]:
    """The same, of one flaw."""
    acts = Act.objects.filter(flaw=flaw_id).select_related("flaw", "person").order_by("at", "pk")
    return [Entry(one.at, one.what, one.flaw_id, one.flaw.rule, one.flaw.late_found, str(one.person or ""), one.note) for one in acts]


def acts_after(number: int, *, limit: int = 500) -> list[tuple[int, Act]]:
    """Raised and withdrawn flaws with their numbers, those found late left out: whom to notify goes on from the last number."""
    acts = Act.objects.filter(pk__gt=number, what__in=("raised", "withdrawn"), flaw__late_found=False).select_related("flaw")
    return [(one.pk, one) for one in acts.order_by("pk")[:limit]]


def silent_sources() -> list[SilentSource]:
    """The sources that are silent now, the longest first."""
    declared = dict(Source.objects.values_list("name", "declared_minutes"))
    return [
        SilentSource(one.source, one.since, one.noticed_at, rhythm(one.source, declared.get(one.source)))
        for one in Silence.objects.filter(until=None).order_by("since")
    ]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A source: its watermark, when that last moved, how long it may be silent, as declared or as learnt; silent or not."""

    name: str
    watermark: datetime | None
    contact_at: datetime
    allowed: timedelta | None
    declared_minutes: int | None
    silent_since: datetime | None

    @property
    def declared_hours(self) -> float | None:
        """As declared, in hours."""
        return None if self.declared_minutes is None else round(self.declared_minutes / 60, 1)


def rhythms() -> list[Rhythm]:
    """Every source that the watch looks at."""
    silent = dict(Silence.objects.filter(until=None).values_list("source", "since"))
    return [
        Rhythm(one.name, one.watermark, one.contact_at, rhythm(one.name, one.declared_minutes), one.declared_minutes,
               silent.get(one.name))
        for one in Source.objects.order_by("name")
    ]


def wording() -> Wording:
    """What codes are called."""
    return find(("watch", "wording"), _wording).value


def _wording(ws: Workspace) -> Wording:
    newest = sorted(ws.blueprints, key=lambda one: one.effective_from)
    return Wording(
        kinds={one.kind: one.title for one in newest},
        rules={(one.kind, rule.code): rule.title for one in newest for rule in one.rules()},
        steps={(one.kind, step.code): step.title for one in newest for step in one.steps},
        posts=ws.post_titles(), names=ws.names(),
    )


def flaws(person: Person, asked: Asked) -> QuerySet[Flaw]:
    """The flaws that a person may see, narrowed as asked, latest raised first."""
    found = _narrowed(person, asked).filter(_in_state(asked.state, clock.now()))
    return found.select_related("taken_by").order_by("-raised_at", "-occurred_at", "flaw_id")


def _narrowed(person: Person, asked: Asked) -> QuerySet[Flaw]:
    """The flaws that a person may see, of every state, with all that is asked but the state."""
    found = within(Flaw.objects.all(), reach_of(person))
    for name in ("kind", "rule", "post", "place"):
        if value := getattr(asked, name):
            found = found.filter(**{name: value})
    return found.filter(post__in=_own_posts(person)) if asked.mine else found


def counts(person: Person, asked: Asked) -> Counts:
    """How many there are of what is asked, whatever its state."""
    now = clock.now()
    row = _narrowed(person, asked).aggregate(
        new=Count("pk", filter=_in_state("new", now)), known=Count("pk", filter=_in_state("known", now)),
        withdrawn=Count("pk", filter=_in_state("withdrawn", now)),
        late_found=Count("pk", filter=_in_state("open", now) & Q(late_found=True)),
        taken=Count("pk", filter=_in_state("open", now) & Q(taken_by__isnull=False)),
    )
    return Counts(**row)


def count_new(person: Person) -> int:
    """New flaws within a person's reach: for the navigation."""
    return within(Flaw.objects.all(), reach_of(person)).filter(_in_state("new", clock.now())).count()


def choices(person: Person, asked: Asked) -> dict[str, list[str]]:
    """The values that the flaws of a state have: kind, rule (of the chosen kind), post, place."""
    found = within(Flaw.objects.all(), reach_of(person)).filter(_in_state(asked.state, clock.now()))
    rows = list(found.values_list("kind", "rule", "post", "place").distinct())
    return {
        "kind": sorted({row[0] for row in rows}),
        "rule": sorted({row[1] for row in rows if asked.kind in ("", row[0])}),
        "post": sorted({row[2] for row in rows if row[2]}),
        "place": sorted({row[3] for row in rows if row[3]}),
    }


def at_risk(person: Person, asked: Asked) -> QuerySet[Prediction]:
    """Open journeys that will be late, within a person's reach, soonest due first."""
    found = within(Prediction.objects.filter(outcome="", holds=True), reach_of(person)).filter(due_at__gt=clock.now())
    for name in ("kind", "post", "place"):
        if value := getattr(asked, name):
            found = found.filter(**{name: value})
    if asked.mine:
        found = found.filter(post__in=_own_posts(person))
    return found.order_by("due_at", "-chance", "journey")


def hit_rate(person: Person, kind: str) -> HitRate:
    """How good the forecasts for a kind of journey were."""
    reach = reach_of(person)
    begun = Foretold.objects.filter(pk=1).first()
    at = built_at()
    if begun is None or at is None:
        return HitRate(0, 0, 0, 0, None)
    first = max(begun.since, at - timedelta(days=HIT_DAYS))
    judged = within(Prediction.objects.filter(kind=kind, outcome__in=("late", "kept"), due_at__gte=first, due_at__lte=at), reach)
    leads = sorted((one.due_at - one.said_at).total_seconds() for one in judged if one.outcome == "late")
    ran_out = find(("watch", "ran out", kind, first, reach), lambda ws: _ran_out(ws, kind, first, reach)).value
    return HitRate(len(judged), len(leads), ran_out["missed"], sum(ran_out.values()), leads[len(leads) // 2] if leads else None)


def _ran_out(ws: Workspace, kind: str, first: datetime, reach: Reach) -> dict[str, int]:
    """How many promises ran out since an instant, kept and missed."""
    facts = reach.narrow(ws.facts(kind))
    frame = facts.journeys.filter(
        nw.col("due_at") >= nw.lit(first), nw.col("due_at") <= nw.lit(facts.at), nw.col("promise").is_in(["kept", "missed"]))
    found = {row["promise"]: int(row["n"]) for row in cohort.rows(frame.group_by("promise").agg(n=nw.len()))}
    return {"kept": found.get("kept", 0), "missed": found.get("missed", 0)}


def within(found: QuerySet, reach: Reach) -> QuerySet:  # type: ignore[type-arg]
    """Rows of flaws or predictions within reach."""
    if reach.brands:
        found = found.filter(brand__in=reach.brands)
    if reach.performers:
        found = found.filter(performer__in=reach.performers)
    return found


def _own_posts(person: Person) -> Sequence[str]:
    return posts_of(person, local_of_utc(clock.now(), zone_named(settings.COMPANY.company.zone)).date())


def _in_state(state: State, now: datetime) -> Q:
    listed = Q(withdrawn_at__isnull=True, waits=False)
    fresh = Q(raised_at__gt=now - NEW_FOR, inherited=False, late_found=False, taken_by__isnull=True)
    match state:
        case "new":
            return listed & fresh
        case "known":
            return listed & ~fresh
        case "withdrawn":
            return Q(withdrawn_at__gt=now - WITHDRAWN_FOR)
        case "open":
            return listed
