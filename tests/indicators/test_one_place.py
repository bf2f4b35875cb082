"""To add an indicator is to write one declaration; every declaration is documented, and none uses what engines differ in."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
from tests.indicators.facts_factory import ENGINES, example_facts

import lastmeter.indicators as room
from lastmeter.indicators import Indicator, measure, registry
from lastmeter.indicators.reference import reference
from lastmeter.kernel.titles import LANGS

DECLARATION = '''
import narwhals.stable.v2 as nw
from lastmeter.indicators.indicator import Example, Indicator
from lastmeter.kernel.titles import Title

INDICATORS = (
    Indicator(
        code="abandoned_share", title=Title("放弃率", "Abandoned share"),
        meaning=Title("到期的旅程中无人再管的占比。", "Of the journeys that fell due, the share that was given up."),
        unit="share", direction="down", table="journeys", population=nw.col("counted"), aggregation="share",
        hit=nw.col("state") == "abandoned", owner="logistics",
        example=Example(
            rows=({"counted": True, "state": "abandoned"}, {"counted": True, "state": "open"}), expected=0.5, n=2,
        ),
    ),
)
'''


def test_one_file_with_one_declaration_is_all_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "other_catalogue"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "endings.py").write_text(DECLARATION, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    (added,) = registry.declared_in(importlib.import_module("other_catalogue"))
    try:
        for engine in ENGINES:
            (figure,) = measure(example_facts(engine, added), added, by=["month"])
            assert figure.value == 0.5
        assert "放弃率" in reference([added], "zh")
        assert "Abandoned share `abandoned_share`" in reference([added], "en")
    finally:
        for name in [name for name in sys.modules if name.startswith("other_catalogue")]:
            del sys.modules[name]


def test_there_are_at_least_sixty_five() -> None:
    assert len(registry.all()) >= 65
    assert {"perfect_journey_rate", "customer_said_rate", "promise_kept_rate", "link_late_share"} <= {
        indicator.code for indicator in registry.all()
    }


@pytest.mark.parametrize("indicator", registry.all(), ids=lambda each: each.code)
def test_every_indicator_is_documented_in_both_languages(indicator: Indicator) -> None:
    assert re.search(r"[\u4e00-\u9fff]", indicator.title.zh)
    assert re.search(r"[\u4e00-\u9fff].*。$", indicator.meaning.zh)
    assert indicator.meaning.en.endswith(".")
    assert not re.search(r"[\u4e00-\u9fff]", indicator.title.en + indicator.meaning.en)
    assert indicator.example is not None
    assert (indicator.hit is None) == (indicator.aggregation not in ("share", "weighted_share", "value_share"))
    assert (indicator.value is None) == (indicator.aggregation in ("share", "weighted_share"))
    for lang in LANGS:
        text = reference([indicator], lang)
        assert f"`{indicator.code}`" in text
        assert indicator.meaning.say(lang) in text
        assert "KeyError" not in text


def test_the_reference_lists_all_of_them() -> None:
    for lang in LANGS:
        assert len(re.findall(r"^## ", reference(registry.all(), lang), re.MULTILINE)) == len(registry.all())


def test_no_expression_uses_what_engines_differ_in() -> None:
    banned = re.compile(
        r"weekday|strftime|to_string|time_zone|top_k|unpivot|join_asof|\.unique\(|perfect\"\)\.mean|\beval\(|\bexec\("
    )
    found = [
        f"{path.name}:{number}"
        for path in Path(room.__file__).parent.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if banned.search(line) and "np.unique" not in line
    ]
    assert found == []
