"""What the systems recorded of what happened: scans with gaps, the number of events, the planted problems in them."""

from __future__ import annotations

from datetime import date

import numpy as np

from lastmeter.demo.cast import CARRIERS, PROVINCES, WAREHOUSES, index_of
from lastmeter.demo.flow import HOUR, Orders
from lastmeter.demo.people import Flags
from lastmeter.demo.problems import BREAKING_PARCELS, SHORT_PROMISE, SLOW_HANDOVER, Truth
from lastmeter.demo.season import DAY_SECONDS, END, Floats
from lastmeter.demo.voice import Voices

HANDOVER_LIMIT_HOURS = 12
"""As in the template's blueprint."""

EVENT_OF_SCAN = {
    "picked": "order.picked", "packed": "order.packed", "handed_over": "order.handed_over",
    "line_haul_arrived": "parcel.line_haul_arrived", "out_for_delivery": "parcel.out_for_delivery",
    "notice_sent": "notice.out_for_delivery", "delivered": "parcel.delivered", "damaged": "parcel.damaged",
}
SCANS = tuple(EVENT_OF_SCAN)
SECOND_ATTEMPT = "second_attempt"
"""Key of the second start of a tour beside the scans' names in what `scans_of` gives."""

_LOST = {"picked": 0.004, "packed": 0.002, "line_haul_arrived": 0.02, "out_for_delivery": 0.004, "delivered": 0.0015}
_SILENT_CARRIER = "lark"
_SILENT_DAYS = (date(2025, 5, 12), date(2025, 5, 18))
"""A week in which this carrier's hubs recorded no arrivals."""

Scans = dict[str, Floats]


def scans_of(rng: np.random.Generator, orders: Orders) -> Scans:
    """Time of each scan by its name, one row an order; NaN where it was never made, was lost or is yet to come."""
    happened = {
        "picked": orders.picked, "packed": orders.packed, "handed_over": orders.handed_over,
        "line_haul_arrived": orders.arrived, "out_for_delivery": orders.out, "notice_sent": orders.noticed,
        "delivered": orders.delivered, "damaged": orders.damaged, SECOND_ATTEMPT: orders.out_again,
    }
    scans = {}
    for name, times in happened.items():
        lost = (rng.random(len(times)) < _LOST.get(name, 0.0)) | (times >= END)
        scans[name] = np.where(lost, np.nan, times)
    silent = (orders.carrier == index_of(CARRIERS, _SILENT_CARRIER)) & _between(orders.arrived, *_SILENT_DAYS)
    scans["line_haul_arrived"] = np.where(silent, np.nan, scans["line_haul_arrived"])
    return scans


def count_events(orders: Orders, scans: Scans, voices: Voices) -> dict[str, int]:
    """How many events of each type an import of this chunk's rows finds."""
    counts = {
        "order.placed": _number(orders.placed), "order.paid": _number(orders.paid),
        "order.cancelled": _number(orders.cancelled), "order.returned": _number(voices.returned),
        "review.answered": len(voices.review_of), "complaint.raised": len(voices.complaint_of),
    }
    counts |= {event_type: _number(scans[name]) for name, event_type in EVENT_OF_SCAN.items()}
    counts["parcel.out_for_delivery"] += _number(scans[SECOND_ATTEMPT])
    return counts


def tally(truth: Truth, orders: Orders, scans: Scans) -> None:
    """Add a chunk's orders to the truth about the planted problems."""
    packed, handed, delivered = scans["packed"], scans["handed_over"], scans["delivered"]
    at_warehouse = orders.warehouse == index_of(WAREHOUSES, SLOW_HANDOVER.value)
    truth.of(SLOW_HANDOVER).add(
        at_warehouse & (packed >= SLOW_HANDOVER.since_seconds) & _known(handed),
        handed - packed > HANDOVER_LIMIT_HOURS * HOUR,
        orders.handed_over_without - packed > HANDOVER_LIMIT_HOURS * HOUR,
    )
    in_province = orders.province == index_of(PROVINCES, SHORT_PROMISE.value)
    truth.of(SHORT_PROMISE).add(
        in_province & (orders.placed >= SHORT_PROMISE.since_seconds) & _known(delivered),
        delivered // DAY_SECONDS > orders.promised_day,
        delivered // DAY_SECONDS > orders.promised_day_without,
    )
    with_carrier = orders.carrier == index_of(CARRIERS, BREAKING_PARCELS.value)
    broken = _known(scans["damaged"])
    truth.of(BREAKING_PARCELS).add(
        with_carrier & (handed >= BREAKING_PARCELS.since_seconds), broken, broken & orders.damaged_without
    )


def _known(times: Floats) -> Flags:
    return ~np.isnan(times)


def _number(times: Floats) -> int:
    return int(np.count_nonzero(times < END))


def _between(times: Floats, first: date, last: date) -> Flags:
    day = np.floor(times / DAY_SECONDS)
    epoch = date(1970, 1, 1)
    return np.asarray((day >= (first - epoch).days) & (day <= (last - epoch).days))
