"""What the watch says before it happens, and whether it was right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import narwhals.stable.v2 as nw
from django.db import transaction

from lastmeter.diagnosis import cohort
from lastmeter.diagnosis.risk import Foreseen, Usual, foresee, usual_remaining
from lastmeter.journeys.facts import Facts
from lastmeter.server import clock
from lastmeter.server.company import workspace
from lastmeter.server.watch.actions import portions
from lastmeter.server.watch.models import Foretold, Prediction
from lastmeter.workspace import Workspace

LEARN_EVERY = timedelta(hours=1)
_OUTCOMES = {"missed": "late", "kept": "kept", "open": ""}
_usual: dict[str, tuple[datetime, Usual]] = {}


def look_ahead(at: datetime) -> int:
    """Say which journeys will be late, and judge what was said before; how many are said to be late now."""
    said = 0
    with workspace() as ws:
        if not ws.blueprints or not (ws.facts_folder / "manifest.json").exists():
            return 0
        Foretold.objects.get_or_create(pk=1, defaults={"since": at})
        for kind in sorted({one.kind for one in ws.blueprints}):
            facts = ws.facts(kind)
            found = [one for one in foresee(facts, _learnt(ws, kind, at), at=at) if one.will_be_late]
            said += len(found)
            _say(kind, found, facts, at)
            _judge(kind, facts)
    return said


def forget_usual() -> None:
    """As after a restart."""
    _usual.clear()


def _learnt(ws: Workspace, kind: str, at: datetime) -> Usual:
    learnt = _usual.get(kind)
    if learnt is None or abs(at - learnt[0]) >= LEARN_EVERY * clock.speed():
        learnt = _usual[kind] = (at, usual_remaining(ws.facts(kind), at=at))
    return learnt[1]


def _say(kind: str, found: Sequence[Foreseen], facts: Facts, at: datetime) -> None:
    posts = {link.from_step: link.post for link in facts.blueprints[kind].links}
    with transaction.atomic():
        open_ones = {(one.journey, one.due_at): one for one in Prediction.objects.filter(kind=kind, outcome="")}
        now = {(one.journey, one.due_at): one for one in found}
        fresh = [_prediction(one, posts.get(one.step), at) for key, one in now.items() if key not in open_ones]
        Prediction.objects.bulk_create(fresh, ignore_conflicts=True)
        changed = []
        for key, known in open_ones.items():
            one = now.get(key)
            if one is not None:
                known.chance, known.step, known.reached_at = one.chance, one.step, one.reached_at
                known.expected_at, known.compared, known.post = one.expected_at, one.n, posts.get(one.step)
            if one is not None or known.holds:
                known.holds = one is not None
                changed.append(known)
        Prediction.objects.bulk_update(
            changed, ["chance", "step", "reached_at", "expected_at", "compared", "post", "holds"], batch_size=500)


def _prediction(one: Foreseen, post: str | None, at: datetime) -> Prediction:
    return Prediction(
        kind=one.kind, journey=one.journey, due_at=one.due_at, said_at=at, step=one.step, reached_at=one.reached_at,
        expected_at=one.expected_at, chance=one.chance, compared=one.n, place=one.place, performer=one.performer,
        brand=one.brand, post=post,
    )


def _judge(kind: str, facts: Facts) -> None:
    """Fill in what became of the journeys that were said to be late, by the fact tables alone."""
    waiting = list(Prediction.objects.filter(kind=kind, outcome=""))
    for portion in portions(waiting, 500):
        rows = facts.journeys.filter(nw.col("journey_id").is_in([one.journey for one in portion])).select(
            "journey_id", "promise", "due_at")
        became = {row["journey_id"]: row for row in cohort.rows(rows)}
        judged = []
        for one in portion:
            row = became.get(one.journey)
            # Another promise was made meanwhile, or none holds any more: neither right nor wrong.
            one.outcome = _OUTCOMES.get(row["promise"], "moot") if row and row["due_at"] == one.due_at else "moot"
            if one.outcome:
                judged.append(one)
        with transaction.atomic():
            Prediction.objects.bulk_update(judged, ["outcome"])
