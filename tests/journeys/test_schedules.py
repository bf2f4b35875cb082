"""Whatever happens to the journal, the incremental tables equal a full build."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.journeys.real_ledger import RealLedger
from tests.journeys.schedules import FakeLedger, Schedule


@pytest.mark.parametrize("tens", range(6))
def test_sixty_schedules_equal_full_builds(tens: int, tmp_path: Path) -> None:
    incremental = 0
    for seed in range(tens * 10, tens * 10 + 10):
        schedule = Schedule(Random(seed), FakeLedger(), tmp_path / str(seed), verify_each=False).run(4)
        assert schedule.differences == 0, f"seed {seed}: {schedule.trail}"
        incremental += schedule.incremental
    assert incremental > 5


@pytest.mark.parametrize("fives", range(3))
def test_schedules_of_period_slices_equal_full_builds(fives: int, tmp_path: Path) -> None:
    incremental = 0
    for seed in range(2000 + fives * 5, 2005 + fives * 5):
        schedule = Schedule(Random(seed), FakeLedger(), tmp_path / str(seed), verify_each=False, sliced=True).run(4)
        assert schedule.differences == 0, f"seed {seed}: {schedule.trail}"
        incremental += schedule.incremental
    assert incremental > 2


@pytest.mark.slow
def test_many_schedules_of_period_slices_checked_after_every_build(tmp_path: Path) -> None:
    for seed in range(3000, 3060):
        schedule = Schedule(Random(seed), FakeLedger(), tmp_path / str(seed), sliced=True).run(8)
        assert schedule.differences == 0, f"seed {seed}: {schedule.trail}"


def test_a_few_schedules_of_a_real_journal(tmp_path: Path) -> None:
    for seed in range(3):
        ledger = RealLedger(tmp_path / f"journal{seed}")
        schedule = Schedule(Random(seed), ledger, tmp_path / f"facts{seed}", verify_each=False).run(5)
        assert schedule.differences == 0, f"seed {seed}: {schedule.trail}"


@pytest.mark.slow
def test_schedules_of_a_real_journal_checked_after_every_build(tmp_path: Path) -> None:
    for seed in range(1000, 1012):
        ledger = RealLedger(tmp_path / f"journal{seed}")
        schedule = Schedule(Random(seed), ledger, tmp_path / f"facts{seed}").run(8)
        assert schedule.differences == 0, f"seed {seed}: {schedule.trail}"
