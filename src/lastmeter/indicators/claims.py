"""The claims register: what advertising says, each claim with the indicator that must bear it out.

`claims.toml` in the workspace:

    [[claim]]
    code = "next_day"
    text = { zh = "次日达，说到做到", en = "Delivered next day, as promised" }
    channel = "homepage"             # where it is said
    since = 2025-03-01               # optional; until too: the claim runs from since to until, both included
    indicator = "promise_kept_rate"
    promised = 0.98                  # in the indicator's unit: at least so much where more is better, else at most
    kind = "order"                   # optional: of which journeys
    where = { place = "shanghai" }   # optional: only rows with these values of cohort columns

A claim is borne out if the whole 95 % interval keeps what was promised, not borne out if none of it does; else the data
cannot tell. Where the indicator has no figure (nothing counted, a rule not observed), nothing can be told either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from lastmeter.indicators.figure import Figure
from lastmeter.indicators.indicator import Indicator, owner_of
from lastmeter.indicators.measure import measure
from lastmeter.indicators.mistakes import Spot
from lastmeter.journeys.facts import DIMENSIONS, Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period
from lastmeter.kernel.titles import Title, title_of
from lastmeter.kernel.toml_file import read_toml

FILE_NAME = "claims.toml"
_REQUIRED = ("code", "text", "channel", "indicator", "promised")
_KNOWN = (*_REQUIRED, "since", "until", "kind", "where")

Verdict = Literal["borne_out", "not_borne_out", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of advertising and what must hold if it is true."""

    code: str
    text: Title
    channel: str
    indicator: str
    promised: float
    since: date | None = None
    until: date | None = None
    kind: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)

    def runs_in(self, period: Period) -> bool:
        """Whether it was said on any day of a period."""
        return (self.since or date.min) <= period.last and period.first <= (self.until or date.max)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A claim held against its figure in a period; `post` answers for the indicator, `unit` is what promised and value are in."""

    code: str
    text: Title
    channel: str
    indicator: str
    title: Title
    unit: str
    direction: str
    promised: float
    figure: Figure
    post: str | None
    verdict: Verdict


def load_claims(path: Path) -> list[Claim]:
    """The claims of a file as written; none where there is no file.

    Raises:
        LastMeterError: `toml.*` where it cannot be parsed; `indicator.unknown_key`, `.key_missing`, `.wrong_type`,
            `.bad_value` with the line.
    """
    if not path.exists():
        return []
    file = read_toml(path)
    for key in file.values:
        if key != "claim":
            raise Spot(file, ()).unknown_key(key, ("claim",))
    declared = file.values.get("claim", [])
    if not isinstance(declared, list) or not all(isinstance(each, dict) for each in declared):
        raise Spot(file, ()).wrong_type("claim", "[[claim]]")
    claims: list[Claim] = []
    for number, table in enumerate(declared):
        spot = Spot(file, ("claim", number))
        claim = _claim(table, spot)
        if claim.code in {other.code for other in claims}:
            raise spot.bad_value("code", [f"{claim.code}_2"])
        claims.append(claim)
    return claims


def check_claims(
    facts: Facts, claims: Iterable[Claim], indicators: Mapping[str, Indicator], period: Period
) -> list[Checked]:
    """Every claim that runs in the period, held against its indicator's figure there.

    Raises:
        LastMeterError: `claim.indicator_unknown`.
    """
    return [_checked(facts, claim, indicators, period) for claim in claims if claim.runs_in(period)]


def verdict_of(figure: Figure, promised: float, direction: str) -> Verdict:
    """What the interval says about a promised value; shares are compared to the millionth."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "cannot_tell"
    worse, better = (figure.low, figure.high) if direction == "up" else (-figure.high, -figure.low)
    asked = promised if direction == "up" else -promised
    if worse >= asked - 1e-6:
        return "borne_out"
    return "not_borne_out" if better < asked - 1e-6 else "cannot_tell"


def _checked(facts: Facts, claim: Claim, indicators: Mapping[str, Indicator], period: Period) -> Checked:
    indicator = indicators.get(claim.indicator)
    if indicator is None:
        raise LastMeterError(
            "claim.indicator_unknown",
            Title("宣传承诺“{claim}”要看的指标“{code}”不存在", "The claim “{claim}” names an indicator “{code}” that there is not"),
            Title("用 lastmeter indicators list 查看全部指标", "See them all with `lastmeter indicators list`"),
            claim=claim.code, code=claim.indicator,
        )
    chosen = facts.of_kind(claim.kind) if claim.kind else facts
    chosen = chosen.where(**claim.where) if claim.where else chosen
    (figure,) = measure(chosen, indicator, period=period)
    return Checked(
        code=claim.code, text=claim.text, channel=claim.channel, indicator=indicator.code, title=indicator.title,
        unit=indicator.unit, direction=indicator.direction, promised=claim.promised, figure=figure,
        post=owner_of(indicator, chosen), verdict=verdict_of(figure, claim.promised, indicator.direction),
    )


def _claim(table: Mapping[str, Any], spot: Spot) -> Claim:
    for key in table:
        if key not in _KNOWN:
            raise spot.unknown_key(key, _KNOWN)
    for key in _REQUIRED:
        if key not in table:
            raise spot.key_missing(key)
    for key, wanted in (("code", '"next_day"'), ("channel", '"homepage"'), ("indicator", '"promise_kept_rate"'), ("kind", '"order"')):
        if key in table and not (isinstance(table[key], str) and re.fullmatch(r"[\w.:-]+", table[key])):
            raise spot.wrong_type(key, wanted)
    text = table["text"]
    if not isinstance(text, dict) or set(text) != {"zh", "en"} or not all(isinstance(each, str) and each for each in text.values()):
        raise spot.wrong_type("text", '{ zh = "...", en = "..." }')
    if isinstance(table["promised"], bool) or not isinstance(table["promised"], int | float):
        raise spot.wrong_type("promised", "0.98")
    for key in ("since", "until"):
        if key in table and (not isinstance(table[key], date) or isinstance(table[key], datetime)):
            raise spot.wrong_type(key, "2025-03-01")
    return Claim(
        code=table["code"], text=title_of(text, table["code"]), channel=table["channel"], indicator=table["indicator"],
        promised=float(table["promised"]), since=table.get("since"), until=table.get("until"), kind=table.get("kind"),
        where=_where(table.get("where", {}), spot),
    )


def _where(wanted: Any, spot: Spot) -> Mapping[str, str]:
    if not isinstance(wanted, dict) or not all(isinstance(value, str) for value in wanted.values()):
        raise spot.wrong_type("where", '{ place = "shanghai" }')
    for column in wanted:
        if column not in DIMENSIONS:
            raise spot.at("where").unknown_key(column, DIMENSIONS)
    return dict(wanted)
