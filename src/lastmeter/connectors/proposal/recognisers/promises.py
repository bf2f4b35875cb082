"""Promises: times that were named in advance, told by the column's name and by lying ahead of the others."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.connectors.proposal.time_shapes import shape_of
from lastmeter.journeys.discovery.vocabulary import act_in, mentions

_PROMISED = (
    "promised", "promise", "estimated", "estimate", "expected", "eta", "due", "deadline", "sla", "planned", "target", "scheduled",
    "limit", "latest", "zugesagt", "voraussichtlich", "geplant", "soll", "liefertermin", "fällig", "faellig", "frist", "spätestens",
    "承诺", "预计", "约定", "截止", "最迟", "最晚", "应送达", "应到", "计划", "要求送达", "期望", "时限",
)
# A promise that is named after no act of its own is one of arriving.
_NAMES = {"delivered": "delivery", "shipped": "shipping", "arrived": "arrival", "answered": "answer", "resolved": "resolution",
          "finished": "finish", "completed": "completion", "paid": "payment", "packed": "packing"}


def recognise(table: Table, column: Column) -> Claim | None:
    """A time column with the name of a promise."""
    word = mentions(column.name, _PROMISED)
    shape = shape_of(table, column) if word else None
    if word is None or shape is None:
        return None
    act = act_in(column.name)
    name = _NAMES.get(act.code, act.code) if act else "delivery"
    sure = 0.95 if shape.order_known else 0.6
    return Claim("promise", sure, because("列名里有“{word}”，是事先说好的时间", "Its name has “{word}”: a time named in advance",
        word=word),
                 kind=name, time=shape)
