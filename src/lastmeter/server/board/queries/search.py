"""Search: pages, acts, orders, customers, indicators, saved views, by what a person types; within what the person may see."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from lastmeter.journal.vault import KINDS, canonical_identity, ending_of
from lastmeter.journeys.fact_files import MANIFEST
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.audit.queries.customers import find_customers
from lastmeter.server.board import endings
from lastmeter.server.board.models import SavedView
from lastmeter.server.board.queries.states import STATES
from lastmeter.server.company import find, served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, may, reach_of
from lastmeter.server.ui.navigation import for_person
from lastmeter.workspace import Workspace

ORDERS, CUSTOMERS, OTHERS = 8, 8, 5
SHORTEST = 2
"""Fewer characters than this name no order: every order would begin so."""
LIST = "/journeys/list/"
_FOUR = re.compile(r"[0-9]{4}")
_ID = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9][A-Za-z0-9._/-]{0,79}")
_BEYOND = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do: its title, the page where it is done, the act that allows it."""

    title: Title
    page: str
    act: str


ACTS = (
    Act(Title("导入文件", "Import a file"), "sources", "import"),
    Act(Title("选聚焦项", "Choose a focus"), "focus", "focus.choose"),
    Act(Title("发布简报", "Publish a brief"), "brief", "brief.publish"),
    Act(Title("改蓝图", "Edit a blueprint"), "blueprints", "blueprint.edit"),
    Act(Title("邀请员工", "Invite a person"), "people", "people.edit"),
    Act(Title("查找顾客", "Find a customer"), "customers", "customer.see"),
    Act(Title("我的账户", "My account"), "account", "self"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what it is called, what stands beside it, where it leads, the keys that lead there too."""

    title: Title | str
    address: str
    note: Title | str = ""
    icon: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """Things of one kind, and whether there are more of it than are shown."""

    title: Title
    hits: list[Hit] = field(default_factory=list)
    has_more: bool = False


def may_stand_in_address(text: str) -> bool:
    """Whether a text names nobody, by its look: nothing, the last digits of a phone, an id; no phone, e-mail address or name."""
    return not text or (_ID.fullmatch(text) is not None and ending_of(text) is None)


def search(person: Person, text: str, lang: Lang, *, thorough: bool) -> list[Hits]:
    """What is meant by a text, in groups, best first; nothing typed: all pages. thorough: also what takes a second, an
    e-mail address or a name, unless the text names something of the console.
    """
    wanted = text.strip()[:200]
    named = [
        Hits(Title("页面", "Pages"), _pages(person, wanted)),
        Hits(Title("可做的事", "Acts"), _acts(person, wanted)),
        Hits(Title("指标", "Indicators"), _indicators(person, wanted)),
        Hits(Title("保存的视图", "Saved views"), _views(person, wanted)),
    ]
    known = any(group.hits for group in named)
    groups = [
        _first(Title("旅程", "Journeys"), _orders(person, wanted), ORDERS),
        _first(Title("顾客", "Customers"), _customers(person, wanted, thorough=thorough and not known), CUSTOMERS),
        *named,
    ]
    return [group for group in groups if group.hits]


def _first(title: Title, hits: list[Hit], most: int) -> Hits:
    return Hits(title, hits[:most], has_more=len(hits) > most)


def _named(title: Title, wanted: str) -> bool:
    return all(part in f"{title.zh} {title.en}".lower() for part in wanted.lower().split())


def _pages(person: Person, wanted: str) -> list[Hit]:
    return [
        Hit(place.title, reverse(place.name), icon=place.icon, keys=("G", place.key.upper()) if place.key else ())
        for _, places in for_person(person) for place in places if _named(place.title, wanted)
    ]


def _acts(person: Person, wanted: str) -> list[Hit]:
    found = []
    for act in ACTS:
        if may(person, act.act) and _named(act.title, wanted):
            try:
                found.append(Hit(act.title, reverse(act.page), icon="next"))
            except NoReverseMatch:
                continue
    return found


def _indicators(person: Person, wanted: str) -> list[Hit]:
    if not wanted or not may(person, "see.indicators"):
        return []
    catalogue = find(("catalogue",), lambda ws: ws.catalogue).value
    found = [one for one in catalogue.values() if _named(one.title, wanted) or wanted.lower() == one.code]
    return [Hit(one.title, reverse("indicator", args=[one.code]), icon="indicators") for one in found[:OTHERS]]


def _views(person: Person, wanted: str) -> list[Hit]:
    if not wanted:
        return []
    rows = SavedView.objects.filter(Q(owner=person) | Q(shared=True), deleted_at=None, name__icontains=wanted)[:OTHERS]
    return [Hit(row.name, row.address, icon="bookmark") for row in rows]


def _built() -> bool:
    """Whether there are fact tables: an empty company finds pages and acts all the same."""
    return (served.folder / "facts" / MANIFEST).exists()


def _orders(person: Person, wanted: str) -> list[Hit]:
    """Journeys whose id is, or begins with, the text: the exact one first; one more than is shown."""
    if len(wanted) < SHORTEST or not may(person, "see.journeys") or not _built():
        return []
    with workspace() as ws:
        journeys = reach_of(person).narrow(ws.facts()).journeys
        begins = (nw.col("journey_id") >= wanted) & (nw.col("journey_id") < wanted + _BEYOND)
        rows = journeys.filter(begins).select("journey_kind", "journey_id", "state").sort("journey_id").head(ORDERS + 1)
        found = rows.collect(backend="pyarrow").to_native().to_pylist()
    return [
        Hit(row["journey_id"], reverse("journey", args=[row["journey_kind"], row["journey_id"]]), note=STATES[row["state"]],
            icon="journeys")
        for row in found
    ]


def _customers(person: Person, wanted: str, *, thorough: bool) -> list[Hit]:
    """Customers by key; for who may reveal personal data also by a phone's last four digits, a whole phone, e-mail or name.
    Only who has journeys within the person's reach is found.
    """
    if len(wanted) < SHORTEST or not may(person, "see.journeys") or not _built():
        return []
    keys, things = {wanted}, set[str]()
    if may(person, "reveal"):
        things = {key for _, key in _by_phone(wanted)}
        if thorough and not _FOUR.fullmatch(wanted):
            keys |= set(find_customers(person, wanted))
    with workspace() as ws:
        found = _with_journeys(ws, reach_of(person), keys | things, things)
    return [_customer_hit(row) for row in found]


def _by_phone(wanted: str) -> list[tuple[str, str]]:
    if _FOUR.fullmatch(wanted):
        return endings.owners_of(wanted)
    if ending_of(wanted) is None:
        return []
    vault = served.journal.vault
    spelt = {wanted, canonical_identity(wanted)}
    with served.journal.store.reading() as connection:
        tokens = vault.find_hashes(connection, [vault.hash_of(kind, one) for kind in KINDS for one in spelt]).values()
    return [owner for token in tokens for owner in endings.owners_of_token(token)]


def _with_journeys(ws: Workspace, reach: Reach, customers: Collection[str], journeys: Collection[str]) -> list[dict[str, Any]]:
    """Customers with these keys or of these journeys: kind, customer and how many journeys of theirs are within reach."""
    known = reach.narrow(ws.facts()).journeys.filter(~nw.col("customer").is_null())
    wanted = nw.col("customer").is_in(sorted(customers))
    if journeys:
        wanted = wanted | nw.col("journey_id").is_in(sorted(journeys))
    rows = known.filter(wanted).group_by("journey_kind", "customer").agg(n=nw.len(), last=nw.col("started_at").max())
    found: list[dict[str, Any]] = rows.collect(backend="pyarrow").to_native().to_pylist()
    return sorted(found, key=lambda row: (str(row["last"]), row["customer"]), reverse=True)[:CUSTOMERS + 1]


def _customer_hit(row: dict[str, Any]) -> Hit:
    address = f"{LIST}?{urlencode({'kind': row['journey_kind'], 'customer': row['customer']})}"
    n = int(row["n"])
    return Hit(row["customer"], address, note=Title(f"{n} 个旅程", "1 journey" if n == 1 else f"{n} journeys"), icon="people")
