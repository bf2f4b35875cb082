"""Happenings for indicators: the table itself, and what of it concerns a journey."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from lastmeter.journeys.facts import HAPPENINGS, Facts, Frame

_TYPES: dict[str, type[nw.String | nw.Datetime | nw.Date | nw.Float64]] = {
    "VARCHAR": nw.String, "TIMESTAMP": nw.Datetime, "DATE": nw.Date, "DOUBLE": nw.Float64,
}


def happenings_of(facts: Facts, types: Sequence[str] = ()) -> Frame:
    """The happenings of some types, or all; none where nobody made the table."""
    if facts.happenings is None:
        empty = [nw.lit(None, _TYPES[kind]).alias(name) for name, kind in HAPPENINGS.items()]
        return facts.journeys.filter(nw.lit(value=False)).select(*empty)
    return facts.happenings.filter(nw.col("type").is_in(list(types))) if types else facts.happenings


def about_journeys(facts: Facts, *types: str) -> Frame:
    """The happenings of these types whose primary object makes a journey, with `journey_kind` and `journey_id`.

    A journey kind is made by the object type that its blueprint names, or by the type of its own name. A slice of a long
    journey is no object: nothing is counted as about it.
    """
    kinds = {getattr(blueprint, "object_type", kind): kind for kind, blueprint in sorted(facts.blueprints.items())}
    kind = nw.col("object_type")
    for object_type, name in kinds.items():
        kind = nw.when(nw.col("object_type") == object_type).then(nw.lit(name)).otherwise(kind)
    return happenings_of(facts, types).with_columns(kind.alias("journey_kind"), nw.col("object_id").alias("journey_id"))


def with_happenings(frame: Frame, facts: Facts, *types: str) -> Frame:
    """Adds to journeys, as `happened`, how many happenings of these types are about each; 0 where none."""
    keys = ["journey_kind", "journey_id"]
    counts = about_journeys(facts, *types).group_by(*keys).agg(nw.len().cast(nw.Int64).alias("happened"))
    return frame.join(counts, on=keys, how="left").with_columns(nw.col("happened").fill_null(0))
