"""In their words: what customers wrote about journeys that broke, redacted by whoever hands the texts in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import narwhals.stable.v2 as nw

from lastmeter.diagnosis import cohort
from lastmeter.journeys.facts import Facts
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title

Reveal = Callable[[Sequence[str]], Mapping[str, str]]
"""Vault tokens to redacted texts; a token that was erased is left out."""

_UNHAPPY = 0.5       # at most the middle of the scale
_LOOKED_AT = 80      # candidates whose text is asked for
_SHORTEST, _LONGEST = 16, 280
_TELLING, _READABLE = 40, 160


class Quote(msgspec.Struct, frozen=True):
    """One customer's words; `score` of `scale`, and the cause of the flaw that the journey had."""

    text: str
    score: float | None
    scale: float | None
    journey_id: str
    rule: str
    cause: Title


def quotes(
    facts: Facts, *, period: Period, causes: Mapping[str, Title], reveal: Reveal, most: int = 3
) -> list[Quote]:
    """Up to `most` quotes from unhappy customers whose journey broke one of the causes, in their order.

    The choice rests on cause, score and event id, never on tokens, which depend on the order of imports: one quote a
    cause in turn, well-told ones before one-liners, the lowest score first, then the smallest id.
    """
    candidates = _candidates(facts, period, list(causes))
    texts = reveal([row["said"] for row in candidates]) if candidates else {}
    queues: dict[str, list[Quote]] = {rule: [] for rule in causes}
    for row in sorted(candidates, key=lambda row: _told_well(texts.get(row["said"], ""))):
        text = " ".join(texts.get(row["said"], "").split())
        if _SHORTEST <= _length(text) <= _LONGEST:
            queues[row["rule"]].append(
                Quote(text, row["score"], row["scale"], row["journey_id"], row["rule"], causes[row["rule"]])
            )
    chosen: list[Quote] = []
    while len(chosen) < most and any(queues.values()):
        for queue in queues.values():
            _take_new(queue, chosen, most)
    return chosen


def _told_well(text: str) -> int:
    """0 for texts long enough to tell something and short enough to be read, 1 for others: a stable sort keeps ties."""
    return 0 if _TELLING <= _length(text) <= _READABLE else 1


def _length(text: str) -> int:
    """Signs of a text, Han characters twice: they say as much as two or three letters."""
    return len(text) + sum("\u4e00" <= sign <= "\u9fff" for sign in text)


def _take_new(queue: list[Quote], chosen: list[Quote], most: int) -> None:
    while queue and len(chosen) < most:
        quote = queue.pop(0)
        if all(quote.text != other.text and quote.journey_id != other.journey_id for other in chosen):
            chosen.append(quote)
            return


def _candidates(facts: Facts, period: Period, rules: Sequence[str]) -> list[dict[str, Any]]:
    if not rules:
        return []
    place = {rule: at for at, rule in enumerate(rules)}
    broken = facts.flaws.filter(cohort.due_in(period), nw.col("rule").is_in(list(rules))).select(
        "journey_id", "rule"
    ).unique(["journey_id", "rule"])
    said = facts.feedback.filter(
        cohort.due_in(period), ~nw.col("said").is_null(), nw.col("score_share") <= _UNHAPPY
    ).select("journey_id", "event_id", "said", "score", "scale", "score_share")
    place_in_line = nw.col("one").cum_sum().over("rule", order_by=["score_share", "event_id", "journey_id"])
    table = cohort.rows(
        said.join(broken, on="journey_id", how="inner")
        .with_columns(one=nw.lit(1)).with_columns(place_in_line=place_in_line)
        .filter(nw.col("place_in_line") <= _LOOKED_AT)
    )
    return sorted(table, key=lambda row: (place[row["rule"]], row["score_share"], row["event_id"], row["journey_id"]))
