"""Which journeys may have changed since the last build.

    events        those that any touched event names
    deadlines     those with a deadline in (old horizon, new horizon] of the sources it waits for
    descriptions  those whose dimensions read an object of which something else is described now

Everything else that a row depends on (a blueprint, what sources declare, a horizon that falls) calls for a full build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lastmeter.journeys import sql
from lastmeter.journeys.fact_files import Manifest, held
from lastmeter.journeys.months import months_of
from lastmeter.journeys.reading import Plan
from lastmeter.journeys.related import described_sql
from lastmeter.journeys.slices import object_of_slice


def why_full(plan: Plan, old: Manifest | None) -> str:
    """Why an incremental build is not possible; '' if it is."""
    if old is None:
        return "first"
    if old.readings != plan.readings():
        return "reading"
    if plan.snapshot.manifest_number < old.journal:
        return "journal"
    horizons = plan.horizons()
    if any(before and (not (now := horizons.get(needs)) or now < before) for needs, before in old.horizons.items()):
        return "horizon"
    if old.described_next and old.described_next <= plan.at:
        return "description"
    return ""


def find_dirty(plan: Plan, folder: Path, old: Manifest) -> int:
    """Make the tables `dirty_members` (journey_kind, object_id), objects whose journeys may have changed, and `dirty`
    (journey_kind, journey_id), the rows that no longer hold; before them `touched`, `told` and `changed_objects`.

    All slices of an object are read again together. How many objects.
    """
    duck = plan.snapshot.duck
    plan.snapshot.define_touched("touched", since=old.journal)
    _resolve_descriptions(plan, folder, old)
    kinds = ", ".join(f"({sql.text(kind)}, {sql.text(name)})" for kind, name in plan.object_types().items())
    passed = " OR ".join(
        f"(needs = {sql.text(needs)} AND due_at <= {sql.instant(horizon)})"
        for needs, horizon in plan.horizons().items() if horizon
    )
    owner = _owner(plan)
    duck.execute(f"""
        CREATE OR REPLACE TEMP TABLE dirty_members AS
        SELECT DISTINCT journey_kind, object_id
        FROM touched JOIN (VALUES {kinds}) AS kinds (journey_kind, object_type) USING (object_type)
        UNION
        SELECT journey_kind, {owner} FROM {held(folder, old, 'deadlines')} WHERE {passed or 'false'}
        UNION
        SELECT journey_kind, {owner} FROM {held(folder, old, 'reaches')}
        SEMI JOIN (SELECT * FROM changed_objects WHERE otherwise) USING (object_type, object_id)
    """)
    duck.execute("CREATE OR REPLACE TEMP TABLE dirty AS SELECT journey_kind, object_id AS journey_id FROM dirty_members")
    if sliced := _sliced(plan):
        duck.execute(f"DELETE FROM dirty WHERE journey_kind IN {sql.texts(sliced)}")
        duck.execute(f"""
            INSERT INTO dirty SELECT journey_kind, journey_id
            FROM (SELECT journey_kind, journey_id, {owner} AS object_id FROM {held(folder, old, 'journeys')}
                WHERE journey_kind IN {sql.texts(sliced)}) SEMI JOIN dirty_members USING (journey_kind, object_id)
        """)
    row = duck.execute("SELECT count(*) FROM dirty_members").fetchone()
    return int(row[0]) if row else 0


def _sliced(plan: Plan) -> list[str]:
    return [kind for kind, scopes in plan.scopes.items() if scopes[0].blueprint.slice]


def _owner(plan: Plan) -> str:
    """SQL of the object of a journey."""
    if not _sliced(plan):
        return "journey_id"
    return f"CASE WHEN journey_kind IN {sql.texts(_sliced(plan))} THEN {object_of_slice('journey_id')} ELSE journey_id END"


def read_dirty(plan: Plan, folder: Path, old: Manifest, name: str) -> int:
    """Make `name`: the effective events of dirty journeys, from the months that they have any in; how many rows they had."""
    duck = plan.snapshot.duck
    kinds = ", ".join(f"({sql.text(kind)}, {sql.text(name)})" for kind, name in plan.object_types().items())
    duck.execute(f"""
        CREATE OR REPLACE TEMP TABLE dirty_objects AS
        SELECT DISTINCT object_type, object_id
        FROM dirty_members JOIN (VALUES {kinds}) AS kinds (journey_kind, object_type) USING (journey_kind)
    """)
    bits, first, last, rows = duck.execute(f"""
        SELECT bit_or(month_bits), min(first_month), max(last_month), count(*)
        FROM {held(folder, old, 'journeys')} SEMI JOIN dirty USING (journey_kind, journey_id)
    """).fetchall()[0]
    months = {*months_of(bits or 0, first, last), *_touched_months(plan, "dirty_objects")}
    plan.snapshot.define_events(name, months=months, objects="dirty_objects")
    return int(rows)


def _touched_months(plan: Plan, objects: str) -> Iterable[str]:
    rows = plan.snapshot.duck.execute(
        f"SELECT DISTINCT month FROM touched SEMI JOIN {objects} USING (object_type, object_id)").fetchall()
    return {month for (month,) in rows if month and re.fullmatch(r"\d{4}-\d{2}", month)}


def _resolve_descriptions(plan: Plan, folder: Path, old: Manifest) -> None:
    """Make `told`, what is described of touched objects now, and `changed_objects`, those with other rows than before.

    `otherwise` says that a value differs, not only the months in which descriptions lie.
    """
    duck = plan.snapshot.duck
    types = plan.described_types()
    duck.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched_objects AS
        SELECT DISTINCT object_type, object_id FROM touched WHERE object_type IN {sql.texts(types)}
    """)
    before = f"{held(folder, old, 'described')} SEMI JOIN touched_objects USING (object_type, object_id)"
    duck.execute(f"CREATE OR REPLACE TEMP TABLE told_before AS SELECT * FROM {before}")
    bits = duck.execute("SELECT bit_or(month_bits) FROM told_before").fetchall()[0][0]
    months = {*months_of(bits or 0, *old.described_months), *_touched_months(plan, "touched_objects")}
    plan.snapshot.define_events("descriptions", months=months, objects="touched_objects")
    now = described_sql(plan.facts_read(), "descriptions", plan.at, plan.attributes())
    same = "object_type, object_id, told"
    duck.execute(f"""
        CREATE OR REPLACE TEMP TABLE told AS
        SELECT * FROM ({now}) SEMI JOIN touched_objects USING (object_type, object_id)
    """)
    duck.execute(f"""
        CREATE OR REPLACE TEMP TABLE changed_objects AS
        SELECT object_type, object_id, bool_or(otherwise) AS otherwise FROM (
            SELECT object_type, object_id, true AS otherwise FROM (
                (SELECT {same} FROM told EXCEPT SELECT {same} FROM told_before)
                UNION ALL (SELECT {same} FROM told_before EXCEPT SELECT {same} FROM told))
            UNION ALL
            SELECT object_type, object_id, false AS otherwise FROM (
                (SELECT * FROM told EXCEPT SELECT * FROM told_before)
                UNION ALL (SELECT * FROM told_before EXCEPT SELECT * FROM told))
        ) GROUP BY object_type, object_id
    """)
