"""Every declaration works out its own hand-computed example, on both engines."""

from __future__ import annotations

import pytest
from tests.indicators.facts_factory import ENGINES, Engine, example_facts

from lastmeter.indicators import Indicator, measure, registry

ALL = registry.all()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("indicator", ALL, ids=lambda each: each.code)
def test_the_example_of_every_indicator_comes_out_as_computed_by_hand(indicator: Indicator, engine: Engine) -> None:
    assert indicator.example is not None
    (figure,) = measure(example_facts(engine, indicator), indicator)
    assert figure.n == indicator.example.n
    if indicator.example.expected is None:
        assert figure.value is None
    else:
        assert figure.value == pytest.approx(indicator.example.expected, rel=1e-12)
