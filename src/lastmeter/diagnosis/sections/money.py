"""What flaws may cost: who comes back after a perfect, and after a flawed, first journey."""

from __future__ import annotations

from lastmeter.diagnosis.money import Money
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import day, fill, full_day
from lastmeter.kernel.money import exponent
from lastmeter.kernel.titles import Title


class AtStake(Content, frozen=True, tag="money"):
    """Repeat rate and value after perfect against flawed first journeys.

    apart: whether the two can be told apart in who comes back, value_apart in what they spend; only then is `at_stake` a
    figure to speak of, in major units. `span` says which journeys were followed.
    """

    money: Money
    apart: bool
    value_apart: bool
    at_stake: float | None
    span: Title


@section(57, Title("牵涉多少钱", "The money at stake"))
def money(study: Study) -> tuple[AtStake, Title] | None:
    """An association, said so; nothing where too few customers can be compared."""
    if not study.is_full or study.view is not None:
        return None
    found = study.money
    if found is None:
        return None
    apart = found.repeat_gap.low > 0 or found.repeat_gap.high < 0
    value_apart = found.value_gap_minor.low > 0
    amount = found.at_stake_minor / 10 ** exponent(found.currency) if found.currency else None
    said = found.sentence if apart else fill(
        Title("{said}两者分不出差别。", "{said} The two cannot be told apart."), said=found.sentence,
    )
    return AtStake(found, apart, value_apart, amount if value_apart else None, cohort(found)), said


def cohort(found: Money) -> Title:
    """Which first journeys were followed."""
    return fill(Title("{first}至{last}到期的首次旅程。", "First journeys due {first} to {last}."),
                first=full_day(found.first), last=full_day(found.last) if found.first.year != found.last.year else day(found.last))
