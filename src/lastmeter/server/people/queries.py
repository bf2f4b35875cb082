"""Who works here, who holds which post on a day, who answers for a post that nobody holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Q, QuerySet

from lastmeter.indicators import registry
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.company import find
from lastmeter.server.people.models import Holding, Invitation, Person
from lastmeter.workspace import Workspace
from lastmeter.workspace.config import Config, load_config


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post on a day: who holds it, who does by the settings alone (`declared`), and who answers for it in the console."""

    code: str
    title: Title
    areas: tuple[str, ...]
    holding: Holding | None
    accountable: Person | None
    declared: str | None = None

    @property
    def vacant(self) -> bool:
        """Whether nobody holds it, in the console or by the settings."""
        return self.holding is None and not self.declared


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """A department with its posts; the last one has no code: posts without a department."""

    code: str
    title: Title
    head: str | None
    posts: list[PostRow]


def today() -> date:
    """The company's local day."""
    return local_of_utc(clock.now(), zone_named(settings.COMPANY.company.zone)).date()


def config() -> Config:
    """The settings of the workspace as they are now. Read from the file: acts ask for them while they hold the write lock,
    when a journal must not be opened.
    """
    return load_config(settings.WORKSPACE)


def holdings_on(on: date) -> QuerySet[Holding]:
    """Who holds what on a local day."""
    return Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=on), since__lte=on).select_related("person")


def holder_of(post: str, on: date) -> Person | None:
    """Who holds the post on a local day; None where it stands vacant. Somebody who has left holds nothing."""
    found = holdings_on(on).filter(post=post, person__is_active=True).first()
    return found.person if found else None


def posts_of(person: Person, on: date) -> list[str]:
    """The codes of the posts that a person holds on a local day, in order."""
    return sorted(holdings_on(on).filter(person=person).values_list("post", flat=True))


def accountable(post: str, on: date, settings_of: Config | None = None) -> Person | None:
    """Who answers for the post: its holder, else the head of its department, else the first owner."""
    known = settings_of or config()
    found = holder_of(post, on)
    if found is None and (head := _head_of(known, post)) not in {None, post}:
        found = holder_of(str(head), on)
    return found or first_owner()


def first_owner() -> Person | None:
    """The owner who has been here longest."""
    return owners().first()


def owners() -> QuerySet[Person]:
    """The owners, the first one first."""
    return Person.objects.filter(role="owner", is_active=True).order_by("id")


def organisation(on: date) -> list[DepartmentRow]:
    """Departments with their posts, in the order of the settings; who holds them on that day."""
    known = config()
    held = {holding.post: holding for holding in holdings_on(on) if holding.person.is_active}
    rows = {
        post.code: PostRow(post.code, post.title.title(), post.areas, held.get(post.code),
                           held[post.code].person if post.code in held else accountable(post.code, on, known), post.person)
        for post in known.post
    }
    departments = [
        DepartmentRow(each.code, each.title.title(), each.head,
                      [rows[post.code] for post in known.post if post.department == each.code])
        for each in known.department
    ]
    loose = [rows[post.code] for post in known.post if post.department is None]
    return departments + ([DepartmentRow("", Title("不属于任何部门", "In no department"), None, loose)] if loose else [])


def history_of(post: str) -> list[Holding]:
    """Who held the post, latest first."""
    return list(Holding.objects.filter(post=post).select_related("person").order_by("-since"))


def open_invitations() -> QuerySet[Invitation]:
    """Links that still work."""
    return Invitation.objects.filter(
        used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=clock.now(), person__is_active=True
    ).select_related("person", "inviter").order_by("-created_at")


def brands() -> list[str]:
    """The brands by which a view can be limited: those that have a name, and those of journeys."""
    return find(("people.brands",), _brands).value


def brand_titles() -> dict[str, Title]:
    """What the brands are called, by code."""
    return config().names.titles().get("brand", {})


def area_titles() -> dict[str, Title]:
    """What the areas of the catalogue are called, by code."""
    return find(("people.areas",), lambda ws: {area.code: area.title for area in registry.areas(ws.folder / "indicators")}).value


def can_sign_in(person: Person) -> bool:
    """Whether the person has a password, or has come by single sign-on."""
    return person.is_active and (person.has_usable_password() or person.last_login is not None)


def nobody_can_sign_in() -> bool:
    """Whether no owner can: a new company, or one that locked itself out."""
    return not any(can_sign_in(owner) for owner in owners())


def _head_of(known: Config, post: str) -> str | None:
    department = known.departments().get(post)
    return next((each.head for each in known.department if each.code == department), None)


def _brands(ws: Workspace) -> list[str]:
    named = set(ws.config.names.brand)
    if read_manifest(ws.facts_folder) is None:
        return sorted(named)
    rows = ws.facts().journeys.select("brand").unique().collect(backend="pyarrow").to_native().to_pylist()
    return sorted(named | {row["brand"] for row in rows if row["brand"]})
