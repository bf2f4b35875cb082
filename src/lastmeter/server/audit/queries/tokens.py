"""Vault tokens: their masked values, whose they are, and how far a person's view of them reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from lastmeter.journal import Snapshot
from lastmeter.journal.engine import identifier, literal
from lastmeter.journal.vault import is_token
from lastmeter.kernel.titles import Title
from lastmeter.server.company import find, served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, reach_of
from lastmeter.workspace import Workspace

ATTRIBUTES: dict[str, Title] = {
    "name": Title("姓名", "Name"), "phone": Title("电话", "Phone"), "email": Title("邮箱", "E-mail"),
    "address": Title("地址", "Address"), "said": Title("原话", "Words"), "identity": Title("账号", "Account"),
}
"""What attributes of customers are called; others go by their own name."""


@dataclass(frozen=True, slots=True)
class Personal:
    """A personal value of a customer: under which attribute, behind which token."""

    attribute: str
    token: str

    @property
    def title(self) -> Title:
        """What the attribute is called."""
        return ATTRIBUTES.get(self.attribute, Title(self.attribute, self.attribute))


def masked(tokens: Iterable[str]) -> dict[str, str]:
    """What stands behind tokens, masked; words redacted. Unknown and erased ones are left out."""
    return served.journal.reveal(tokens)


def personal_of(customer: str) -> list[Personal]:
    """The personal values of a customer, by the key under which journeys name it (or the token that is its key)."""
    return find(("audit.personal", customer), lambda ws: _personal_of(ws, customer)).value


def in_reach(person: Person, tokens: Sequence[str], *, kind: str = "", journey: str = "") -> bool:
    """Whether the person's view reaches all of these tokens: they belong to journeys of its brands or its own doing.

    kind, journey: where they stand, if that is known; then only this journey and its customer are looked at.
    """
    reach = reach_of(person)
    if not (reach.brands or reach.performers):
        return True
    with workspace() as ws, ws.journal.snapshot() as snapshot:
        if journey:
            return _stand_in_journey(ws, snapshot, reach, tokens, kind, journey)
        return all(_belong(ws, snapshot, reach, token) for token in tokens)


def token_columns(snapshot: Snapshot) -> list[str]:
    """The attributes whose values are tokens."""
    return sorted(name for name, kind in snapshot.attributes().items() if kind == "token")


def _personal_of(ws: Workspace, customer: str) -> list[Personal]:
    with ws.journal.snapshot() as snapshot:
        _wanted(snapshot, [(kind, customer) for kind in ws.person_types()])
        snapshot.define_events("of_customer", objects="wanted", primary=True)
        types = ", ".join(map(literal, ws.person_types()))
        found: dict[str, Personal] = {}
        if is_token(customer):
            found[customer] = Personal("identity", customer)
        for name in token_columns(snapshot):
            column = identifier("attr_" + name)
            rows = snapshot.duck.sql(
                f"SELECT DISTINCT {column} FROM of_customer WHERE object_type IN ({types}) AND {column} IS NOT NULL ORDER BY 1"
            ).fetchall()
            found |= {token: Personal(name, token) for (token,) in rows}
    with ws.journal.store.reading() as connection:
        told = ws.journal.vault.reveal(connection, found, kinds=("identity", "personal"))
    order = {name: place for place, name in enumerate(ATTRIBUTES)}
    return sorted((found[token] for token in told), key=lambda one: (order.get(one.attribute, len(order)), one.token))


def _stand_in_journey(
    ws: Workspace, snapshot: Snapshot, reach: Reach, tokens: Sequence[str], kind: str, journey: str
) -> bool:
    rows = (
        reach.narrow(ws.facts(kind)).journeys.filter(nw.col("journey_id") == journey).select("customer")
        .collect(backend="pyarrow").to_native().to_pylist()
    )
    if not rows:
        return False
    blueprint = ws.facts().blueprints[kind]
    object_id = journey.rpartition("/")[0] if blueprint.slice else journey
    customer = rows[0]["customer"]
    people = [(each, customer) for each in ws.person_types()] if customer else []
    _wanted(snapshot, [(blueprint.object_type, object_id), *people])
    snapshot.define_events("of_these", objects="wanted")
    held = {customer}
    # Of the customer only what describes it: the other orders of the same customer may be of another brand.
    own = f"(object_type = {literal(blueprint.object_type)} AND object_id = {literal(object_id)})"
    types = ", ".join(map(literal, ws.person_types()))
    for name in token_columns(snapshot):
        column = identifier("attr_" + name)
        held |= {row[0] for row in snapshot.duck.sql(
            f"SELECT DISTINCT {column} FROM of_these WHERE {own} OR object_type IN ({types})").fetchall()}
    return set(tokens) <= held


def _belong(ws: Workspace, snapshot: Snapshot, reach: Reach, token: str) -> bool:
    objects = objects_of(snapshot, [token])
    ids = {object_id for _, object_id in objects} | {token}
    near = reach.narrow(ws.facts()).journeys.filter(
        nw.col("journey_id").is_in(sorted(ids)) | nw.col("customer").is_in(sorted(ids))
    )
    return bool(near.select(nw.len().alias("n")).collect(backend="pyarrow").to_native().to_pylist()[0]["n"])


def objects_of(snapshot: Snapshot, tokens: Iterable[str]) -> list[tuple[str, str]]:
    """(type, id) of the primary objects of the events that hold one of the tokens."""
    listed = ", ".join(literal(token) for token in tokens if is_token(token)) or "NULL"
    snapshot.define_events("every")
    held = " OR ".join(f"{identifier('attr_' + name)} IN ({listed})" for name in token_columns(snapshot)) or "false"
    rows: list[tuple[str, str]] = snapshot.duck.sql(
        f"SELECT DISTINCT object_type, object_id FROM every WHERE {held} OR object_id IN ({listed}) ORDER BY ALL"
    ).fetchall()
    return rows


def _wanted(snapshot: Snapshot, objects: Sequence[tuple[str, str]]) -> None:
    snapshot.duck.execute("CREATE OR REPLACE TEMP TABLE wanted (object_type VARCHAR, object_id VARCHAR)")
    for row in objects:
        snapshot.duck.execute("INSERT INTO wanted VALUES (?, ?)", list(row))
