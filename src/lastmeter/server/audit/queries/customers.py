"""One customer: found by key, phone or e-mail; what is held about it."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from lastmeter.journal import Snapshot
from lastmeter.journal.closure import CLOSURE, Thing, find_closure, naming
from lastmeter.journal.vault import is_token
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.audit.queries.rows import tokens_of
from lastmeter.server.audit.queries.tokens import objects_of, token_columns
from lastmeter.server.company import workspace
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import Reach, reach_of
from lastmeter.workspace import Workspace

MOST = 20
_NAMED = """list_prepend({'type': object_type, 'id': object_id}, coalesce(objects, []::STRUCT("type" VARCHAR, id VARCHAR)[]))"""


def find_customers(person: Person, value: str) -> list[str]:
    """Keys of the customers that go by this key, phone, e-mail or name, within the person's reach; at most `MOST`."""
    text = value.strip()
    if not text:
        return []
    with workspace() as ws:
        types = ws.person_types()
        tokens = tokens_of(text)
        keys = {text, *tokens}
        if tokens:
            with ws.journal.snapshot() as snapshot:
                keys |= {object_id for object_type, object_id in objects_of(snapshot, tokens) if object_type in types}
        return [key for key in sorted(keys) if _known(ws, reach_of(person), key)][:MOST]


def journeys_of(person: Person, customer: str, limit: int = 50) -> list[dict[str, Any]]:
    """The customer's journeys within the person's reach, latest first.

    Raises:
        LastMeterError: `customer.unknown`, also where there are some beyond the person's reach.
    """
    with workspace() as ws:
        rows = _journeys(ws, reach_of(person), customer, limit)
        if not rows and not (_reaches_all(person) and _described(ws, customer)):
            raise unknown()
        return rows


def everything(ws: Workspace, customer: str) -> tuple[dict[str, Any], list[str]]:
    """(All that is held about a customer: its objects, events with whole values and words; the tokens shown).

    Raises:
        LastMeterError: `customer.unknown`.
    """
    with ws.journal.snapshot() as snapshot:
        snapshot.define_events("every")
        objects = sorted(find_closure(snapshot.duck, "every", {Thing(kind, customer) for kind in ws.person_types()}).objects)
        events = _events(snapshot)
        if not events:
            raise unknown()
        columns = [f"attr_{name}" for name in token_columns(snapshot)]
        tokens = sorted(
            {event[column] for event in events for column in columns if event.get(column)}
            | {thing.id for thing in objects if is_token(thing.id)}
            | {each["id"] for event in events for each in event["objects"] if is_token(each["id"])}
        )
        values = snapshot.reveal(tokens, raw=True)
    return {
        "customer": values.get(customer, customer),
        "objects": [{"type": thing.type, "id": values.get(thing.id, thing.id)} for thing in objects],
        "events": [_shown(event, values) for event in events],
    }, tokens


def unknown() -> LastMeterError:
    """There is no such customer, or none within reach: the two look the same."""
    return LastMeterError(
        "customer.unknown", Title("找不到这位顾客", "There is no such customer"),
        Title("用单号、编号、电话或邮箱查找；可能已被删除，或不在您的品牌范围内",
              "Look by key, phone or e-mail; it may have been erased, or lie beyond your brands"),
    )


def _known(ws: Workspace, reach: Reach, key: str) -> bool:
    if _journeys(ws, reach, key, 1):
        return True
    return not (reach.brands or reach.performers) and _described(ws, key)


def _reaches_all(person: Person) -> bool:
    reach = reach_of(person)
    return not (reach.brands or reach.performers)


def _described(ws: Workspace, key: str) -> bool:
    """Whether any event names a person by that key."""
    with ws.journal.snapshot() as snapshot:
        snapshot.duck.execute("CREATE OR REPLACE TEMP TABLE wanted (object_type VARCHAR, object_id VARCHAR)")
        for kind in ws.person_types():
            snapshot.duck.execute("INSERT INTO wanted VALUES (?, ?)", [kind, key])
        snapshot.define_events("of_customer", objects="wanted")
        return bool(snapshot.duck.sql("SELECT 1 FROM of_customer LIMIT 1").fetchall())


def _journeys(ws: Workspace, reach: Reach, customer: str, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        reach.narrow(ws.facts()).journeys.filter(nw.col("customer") == customer)
        .select("journey_kind", "journey_id", "due_on", "state", "promise", "perfect", "counted", "flaw_count", "place", "brand")
        .sort("due_on", "journey_id", descending=True, nulls_last=True).head(limit)
        .collect(backend="pyarrow").to_native().to_pylist()
    )
    return rows


def _events(snapshot: Snapshot) -> list[dict[str, Any]]:
    found = snapshot.duck.sql(
        f"SELECT e.* EXCLUDE (objects), {_NAMED} AS objects FROM every AS e SEMI JOIN ({naming('every', CLOSURE)}) AS n "
        "USING (source, id) ORDER BY occurred_at NULLS LAST, source, id"
    )
    names = found.columns
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _shown(event: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    kept = {
        name.removeprefix("attr_"): values.get(value, value) if isinstance(value, str) else value
        for name, value in event.items() if value is not None and name not in {"batch", "revision", "voids", "objects"}
    }
    return kept | {"objects": [{"type": each["type"], "id": values.get(each["id"], each["id"])} for each in event["objects"]]}
