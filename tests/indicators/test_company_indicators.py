"""Mei, who runs service, declares her own indicators in TOML; what she mistypes is shown with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.indicators.facts_factory import ENGINES, Engine, facts_of

from lastmeter.indicators import measure, registry
from lastmeter.kernel.errors import LastMeterError

MEI = """\
# Mei's
[[indicator]]
code = "app_missed_share"
title = { zh = "App 失约率", en = "Missed promises, app" }
meaning = { zh = "App 订单的失约占比。", en = "Share of app orders whose promise was missed." }
unit = "share"
direction = "down"
table = "journeys"
where = { counted = true, channel = ["app", "mini"], value_minor = { min = 1000, max = 5000 } }
hit = { promise = "missed" }
aggregation = "share"
owner = "logistics"
needs = ["promise"]

[[indicator]]
code = "known_brand_days"
title = { zh = "自有品牌送达天数", en = "Days, own brands" }
meaning = { zh = "自有品牌的送达天数中位数。", en = "Median days to arrival of own brands." }
unit = "days"
direction = "down"
table = "journeys"
value = "duration_seconds"
aggregation = "median"
owner = "rule:promise"
[indicator.where]
brand = { missing = false, not = ["other", "none"] }
due_on = { min = 2024-05-01 }
"""


def written(folder: Path, text: str) -> Path:
    (folder / "mei.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("engine", ENGINES)
def test_her_indicators_are_measured_like_any_other(engine: Engine, tmp_path: Path) -> None:
    folder = written(tmp_path, MEI)
    rows = [
        {"counted": True, "channel": channel, "value_minor": value, "promise": promise}
        for channel, value, promise in [
            ("app", 1000, "missed"), ("mini", 5000, "kept"), ("app", 2000, "kept"), ("app", 3000, "kept"),
            ("app", 999, "missed"), ("app", 5001, "missed"), ("web", 2000, "missed"), (None, 2000, "missed"),
            ("app", None, "missed"),
        ]
    ]
    (share,) = measure(facts_of(engine, journeys=rows), registry.get("app_missed_share", folder))
    assert (share.value, share.n) == (0.25, 4)
    days = [
        {"brand": brand, "due_on": due_on, "duration_seconds": taken * 86400.0}
        for brand, due_on, taken in [
            ("sun", date(2024, 5, 1), 2), ("moon", date(2024, 6, 1), 4), ("sun", date(2024, 4, 30), 90),
            ("other", date(2024, 6, 1), 90), ("none", date(2024, 6, 1), 90), (None, date(2024, 6, 1), 90),
        ]
    ]
    (median,) = measure(facts_of(engine, journeys=days), registry.get("known_brand_days", folder))
    assert (median.value, median.n) == (3.0, 2)


def test_a_folder_without_any_is_fine(tmp_path: Path) -> None:
    assert registry.all(tmp_path / "indicators") == registry.all()


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "hint"),
    [
        ('unit = "share"', 'units = "share"', "unknown_key", 6, "Did you mean “unit”?"),
        ('direction = "down"\n', "", "key_missing", 2, "Add direction"),
        ('unit = "share"', 'unit = "percent"', "bad_value", 6, "share, seconds, days"),
        ('aggregation = "share"', 'aggregation = "weighted_share"', "bad_value", 11, "median"),
        ('hit = { promise = "missed" }\n', "", "key_missing", 2, "Add hit"),
        ('hit = { promise = "missed" }', "hit = {}", "wrong_type", 10, "{ column = value }"),
        ('hit = { promise = "missed" }', 'hit = { promis = "missed" }', "unknown_column", 10, "“promise”"),
        ('hit = { promise = "missed" }', "hit = { promise = 3 }", "wrong_type", 10, "VARCHAR"),
        ("counted = true", "counted = 1", "wrong_type", 9, "BOOLEAN"),
        ("min = 1000", "minimum = 1000", "unknown_key", 9, "min, max, not, missing"),
        ("min = 1000", "min = true", "wrong_type", 9, "BIGINT"),
        ("due_on = { min = 2024-05-01 }", "due_on = { min = 2024-05-01T00:00:00 }", "wrong_type", 27, "DATE"),
        ("missing = false", "missing = 0", "wrong_type", 26, "true / false"),
        ('value = "duration_seconds"', 'value = "duration"', "unknown_column", 22, "“duration_seconds”"),
        ('value = "duration_seconds"', 'value = "place"', "unknown_column", 22, "duration_seconds"),
        ('table = "journeys"\nwhere', 'dated_by = "occurred"\ntable = "journeys"\nwhere', "bad_value", 8, "fulfilled"),
        ('code = "app_missed_share"', 'code = "App missed"', "bad_value", 3, "a-z"),
        ('needs = ["promise"]', 'needs = "promise"', "wrong_type", 13, '["promise"]'),
        ("# Mei's", "[settings]", "unknown_key", 1, "indicator"),
    ],
)
def test_mistakes_are_shown_with_line_and_mend(
    old: str, new: str, code: str, line: int, hint: str, tmp_path: Path
) -> None:
    assert old in MEI
    with pytest.raises(LastMeterError) as raised:
        registry.all(written(tmp_path, MEI.replace(old, new, 1)))
    assert raised.value.code == f"indicator.{code}"
    assert f"mei.toml line {line}:" in raised.value.message("en")
    assert f"mei.toml 第 {line} 行：" in raised.value.message("zh")
    assert hint in (raised.value.hint("en") or "")
    assert raised.value.hint("zh")


def test_one_code_is_declared_once(tmp_path: Path) -> None:
    with pytest.raises(LastMeterError) as raised:
        registry.all(written(tmp_path, MEI.replace("app_missed_share", "mean_score")))
    assert raised.value.code == "indicator.declared_twice"


def test_nothing_in_it_is_ever_evaluated(tmp_path: Path) -> None:
    text = MEI.replace('promise = "missed"', """promise = "__import__('os').system('touch pwned')" """)
    (indicator, _) = registry.all(written(tmp_path, text))[-2:]
    (figure,) = measure(facts_of("duckdb", journeys=[
        {"counted": True, "channel": "app", "value_minor": 2000, "promise": "missed"},
    ]), indicator)
    assert figure.value == 0.0
    assert not Path("pwned").exists()
