"""What a laundry's posters say, held against what it does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.indicators.facts_factory import ENGINES, Engine, facts_of

from lastmeter.indicators import Figure, registry
from lastmeter.indicators.claims import check_claims, load_claims, verdict_of
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import parse_period

CATALOGUE = {indicator.code: indicator for indicator in registry.all()}
POSTERS = """\
[[claim]]
code = "on_time"
text = { zh = "说到做到", en = "Always on time" }
channel = "poster"
indicator = "promise_kept_rate"
promised = 0.7
since = 2024-03-01
until = 2024-05-31

[[claim]]
code = "north"
text = { zh = "北城也准时", en = "On time in the north, too" }
channel = "leaflet:north"
indicator = "promise_kept_rate"
promised = 0.99
where = { place = "north" }

[[claim]]
code = "fast"
text = { zh = "两天送回", en = "Back in two days" }
channel = "app"
indicator = "order_to_arrival_p90"
promised = 2
"""


def posters(folder: Path, text: str = POSTERS) -> Path:
    path = folder / "claims.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_borne_out_not_borne_out_and_cannot_be_told(engine: Engine, tmp_path: Path) -> None:
    facts = facts_of(engine, journeys=[
        {"counted": True, "promise": "kept" if number % 10 else "missed", "place": "north" if number % 2 else "south",
         "due_on": date(2024, 5, 1 + number % 28), "fulfilled_at": None}
        for number in range(400)
    ])
    claims = load_claims(posters(tmp_path))
    on_time, north, fast = check_claims(facts, claims, CATALOGUE, parse_period("2024-05"))
    assert (on_time.figure.value, on_time.figure.n, on_time.verdict) == (0.9, 400, "borne_out")
    assert (north.figure.value, north.figure.n) == (1.0, 200), "every tenth is missed, and those are in the south"
    assert north.verdict == "cannot_tell", "of 200 none was missed: 99 % is likely, not shown"
    assert (fast.figure.value, fast.verdict, fast.unit) == (None, "cannot_tell", "days")
    june = check_claims(facts, claims, CATALOGUE, parse_period("2024-06"))
    assert [claim.code for claim in june] == ["north", "fast"], "the poster was taken down"


@pytest.mark.parametrize(("low", "high", "promised", "direction", "verdict"), [
    (0.95, 0.99, 0.95, "up", "borne_out"), (0.90, 0.94, 0.95, "up", "not_borne_out"), (0.90, 0.97, 0.95, "up", "cannot_tell"),
    (1.5, 2.0, 2.0, "down", "borne_out"), (2.1, 3.0, 2.0, "down", "not_borne_out"), (1.5, 3.0, 2.0, "down", "cannot_tell"),
    (None, None, 2.0, "down", "cannot_tell"),
])
def test_the_interval_decides(low: float | None, high: float | None, promised: float, direction: str, verdict: str) -> None:
    figure = Figure(code="x", keys={}, value=0.96, n=50, population=50, low=low, high=high)
    assert verdict_of(figure, promised, direction) == verdict


@pytest.mark.parametrize(("old", "new", "code", "line"), [
    ("[[claim]]", "[[claims]]", "indicator.unknown_key", 1),
    ('channel = "poster"\n', "", "indicator.key_missing", 1),
    ("promised = 0.7", 'promised = "much"', "indicator.wrong_type", 6),
    ("until = 2024-05-31", "until = 2024-05-31T00:00:00", "indicator.wrong_type", 8),
    ('{ place = "north" }', '{ village = "north" }', "indicator.unknown_key", 16),
    ('code = "north"', 'code = "on_time"', "indicator.bad_value", 11),
    ('{ zh = "说到做到", en = "Always on time" }', '"Always on time"', "indicator.wrong_type", 3),
])
def test_mistakes_are_shown_with_their_line(old: str, new: str, code: str, line: int, tmp_path: Path) -> None:
    assert old in POSTERS
    with pytest.raises(LastMeterError) as raised:
        load_claims(posters(tmp_path, POSTERS.replace(old, new) if old == "[[claim]]" else POSTERS.replace(old, new, 1)))
    assert raised.value.code == code
    assert f"claims.toml line {line}:" in raised.value.message("en")


def test_no_file_is_no_claim_and_an_unknown_indicator_is_a_mistake(tmp_path: Path) -> None:
    assert load_claims(tmp_path / "claims.toml") == []
    claims = load_claims(posters(tmp_path, POSTERS.replace("order_to_arrival_p90", "miracles")))
    with pytest.raises(LastMeterError) as raised:
        check_claims(facts_of("polars"), claims, CATALOGUE, parse_period("2024-06"))
    assert raised.value.code == "claim.indicator_unknown"
