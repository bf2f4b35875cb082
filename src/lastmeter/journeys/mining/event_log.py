"""The events of one kind of object as an event log."""

from __future__ import annotations

from datetime import datetime

from lastmeter.journeys import sql
from lastmeter.journeys.snapshot import Snapshot

EVENTS = "log_events"


def define_log(snapshot: Snapshot, name: str, object_type: str, *, at: datetime | None = None) -> None:
    """Make the table `name` in the snapshot's DuckDB: the dated effective events that name an object of this type.

    An event that names an object twice, as its primary and beside, counts once for it.
    """
    snapshot.define_events(EVENTS, at=at)
    kind = sql.text(object_type)
    snapshot.duck.execute(
        f"""CREATE OR REPLACE TEMP TABLE {sql.quoted(name)} AS
        WITH named AS (
            SELECT object_id AS case_id, type, occurred_at, source, id FROM {EVENTS} WHERE object_type = {kind}
            UNION
            SELECT o.id, type, occurred_at, source, id
            FROM (SELECT unnest(objects) AS o, type, occurred_at, source, id FROM {EVENTS} WHERE objects IS NOT NULL) WHERE o.type = {kind})
        SELECT case_id, type AS activity, occurred_at AS happened,
            row_number() OVER (PARTITION BY case_id ORDER BY occurred_at, type, id, source) AS number
        FROM named WHERE occurred_at IS NOT NULL""")
