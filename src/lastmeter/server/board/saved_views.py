"""Saved views: a page with its filters under a name, one's own or shared. The acts that write them are here."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.http import url_has_allowed_host_and_scheme

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.board.models import SavedView
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand

LONGEST_NAME, LONGEST_ADDRESS = 80, 2000


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as it is offered; `own`: the person may delete it."""

    id: int
    name: str
    address: str
    shared: bool
    own: bool


def views_of(person: Person, path: str) -> list[View]:
    """The views of a page that the person saved or that others share, by name."""
    rows = SavedView.objects.filter(
        Q(owner=person) | Q(shared=True), deleted_at=None, address__startswith=f"{path}?",
    )
    return [View(row.pk, row.name, row.address, row.shared, row.owner_id == person.pk) for row in rows]


def deleted_view(person: Person, number: str | None) -> SavedView | None:
    """The person's own view of that number, if it is deleted: what an undo would bring back."""
    if not number or not number.isdecimal():
        return None
    return SavedView.objects.filter(pk=int(number[:18]), owner=person, deleted_at__isnull=False).first()


def save_view(person: Person, name: str, address: str, *, shared: bool) -> SavedView:
    """Keep a page's address under a name; one's own of the same name and page is replaced.

    Raises:
        LastMeterError: `people.not_allowed`, `view.name`, `view.address`.
    """
    demand(person, "view.save")
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise LastMeterError(
            "view.name", Title("视图要有名称，最多 {most} 个字", "A view needs a name of at most {most} characters"),
            Title("换一个名称再保存", "Choose another name and save again"), most=LONGEST_NAME,
        )
    local = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    if not local or "?" not in address or len(address) > LONGEST_ADDRESS:
        raise LastMeterError(
            "view.address", Title("这个地址不能保存为视图", "This address cannot be saved as a view"),
            Title("从带筛选的列表页保存", "Save it from a list with filters"),
        )
    with transaction.atomic():
        # There may be two of a name: one that was restored after another had taken its place.
        same = SavedView.objects.filter(owner=person, name=name, deleted_at=None, address__startswith=f"{address.partition('?')[0]}?")
        view = same.order_by("-saved_at", "-pk").first() or SavedView(owner=person, name=name)
        view.address, view.shared, view.saved_at = address, shared, clock.now()
        view.save()
        record(person, "view.save", object_type="view", object_id=str(view.pk), shared=shared)
    return view


def delete_view(person: Person, number: int) -> SavedView:
    """Take one's own view away; `restore_view` brings it back.

    Raises:
        LastMeterError: `people.not_allowed`, `view.unknown`.
    """
    demand(person, "view.save")
    with transaction.atomic():
        view = _own(person, number, deleted=False)
        view.deleted_at = clock.now()
        view.save(update_fields=["deleted_at"])
        record(person, "view.delete", object_type="view", object_id=str(view.pk))
    return view


def restore_view(person: Person, number: int) -> SavedView:
    """Bring one's own deleted view back.

    Raises:
        LastMeterError: `people.not_allowed`, `view.unknown`.
    """
    demand(person, "view.save")
    with transaction.atomic():
        view = _own(person, number, deleted=True)
        view.deleted_at = None
        view.save(update_fields=["deleted_at"])
        record(person, "view.restore", object_type="view", object_id=str(view.pk))
    return view


def _own(person: Person, number: int, *, deleted: bool) -> SavedView:
    view = SavedView.objects.filter(pk=number, owner=person, deleted_at__isnull=not deleted).first()
    if view is None:
        raise LastMeterError(
            "view.unknown", Title("没有这个视图", "There is no such view"),
            Title("它可能已被删除，或属于别人", "It may have been deleted, or belong to somebody else"),
        )
    return view
