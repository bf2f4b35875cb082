"""A journey whose every field was filled by somebody who means harm."""

from __future__ import annotations

from datetime import datetime, timedelta

from lastmeter.journal.event import Event, ObjectRef
from lastmeter.server.company import served, workspace

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(\"http://x\")"
ORDER = f"A'\"&<b>{SCRIPT}"
PHONE = "13800138000"
SAID = f"{SCRIPT} 请打 {PHONE} 给我"


def plant(at: datetime, *, order: str = ORDER, customer: str = f"C{SCRIPT}") -> str:
    """Record the journey, build the facts as of `at`, and give the id of the order."""
    journal = served.journal
    with journal.store.writing() as connection:
        token = journal.vault.tokens(connection, "said", [SAID])[0]
    began = at - timedelta(days=20)
    refs = (ObjectRef("order", order), ObjectRef("customer", customer))

    def event(type_: str, hours: float, **more: object) -> Event:
        return Event(source="shop", id=f"{type_}:{order}", type=type_, occurred_at=began + timedelta(hours=hours), objects=refs,
                     **more)  # type: ignore[arg-type]

    events = [
        event("order.placed", 0, place=FORMULA, channel=SCRIPT), event("order.paid", 1), event("order.picked", 2),
        event("order.packed", 3, place=SCRIPT),
        event("order.handed_over", 40, performer=f"<img src=x onerror=alert(2)>{SCRIPT}"),
        event("review.answered", 60, attributes={"score": 1.0, "scale": 5.0, "said": token}),
    ]
    journal.record(events, recorded_at=at)
    with workspace() as ws:
        ws.build(at=at)
    return order
