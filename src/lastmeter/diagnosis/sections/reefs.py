"""Reefs: segments in which journeys break beyond chance."""

from __future__ import annotations

import msgspec

from lastmeter.diagnosis.reefs import sentences
from lastmeter.diagnosis.reefs.reef import Reef, Reefs
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import count, fill, journeys
from lastmeter.kernel.titles import Title

MOST = 4
FEWEST = 120


class ReefRow(msgspec.Struct, frozen=True):
    """A reef with the holder of its post."""

    reef: Reef
    owner: str | None


class ReefRows(Content, frozen=True, tag="reefs"):
    """Main effects and interactions, each the most to gain first, four at most; `more` were found besides."""

    main: list[ReefRow]
    interactions: list[ReefRow]
    more: int


@section(
    45, Title("暗礁：哪些旅程更容易断", "Reefs: where journeys break more than they should"),
    Title("倍数取自没有用来寻找的一半日子，95% 区间；多出的完美旅程是潜力，不是效果",
          "times expected, from the half of the days not searched, 95% interval; perfect journeys to gain: potential, not effect"),
)
def reefs(study: Study) -> tuple[ReefRows, Title] | None:
    """Single values and conjunctions in which a rule is broken beyond what period, place and each other explain."""
    if not study.is_full or not study.perfect.n:
        return None
    found = study.reefs
    main, interactions = (_rows(rows, study) for rows in (found.main, found.interactions))
    held = ReefRows(main, interactions, len(found.all) - len(main) - len(interactions))
    return held, told(found)


def told(found: Reefs) -> Title:
    """What the search found, in one sentence."""
    if found.all:
        first = max(found.all, key=lambda one: one.potential.journeys)
        one = Title("查看 {n} 类旅程、{rules} 条规则，只有一处断得超出偶然：{segment}，“{rule}”。",
                    "Of {n} segments and {rules} rules looked at, one breaks beyond chance: {segment}, “{rule}”.")
        several = Title("查看 {n} 类旅程、{rules} 条规则，{found} 处断得超出偶然；最大的是{segment}：“{rule}”。",
                        "Of {n} segments and {rules} rules looked at, {found} break beyond chance; the largest is {segment}: “{rule}”.")
        return fill(
            one if len(found.all) == 1 else several,
            n=count(found.segments), rules=count(found.rules), found=count(len(found.all)),
            segment=sentences.segment(first.conditions), rule=first.rule_title,
        )
    if found.due < FEWEST:
        return fill(
            Title("只有 {journeys}到期，太少，不找暗礁；请看更长的周期。",
                  "Only {journeys} fell due, too few to look for reefs: see a longer period."),
            journeys=journeys(found.due),
        )
    return fill(
        Title("查看 {n} 类旅程、{rules} 条规则，没有一处断得超出偶然。",
              "Of {n} segments and {rules} rules looked at, none breaks beyond chance."),
        n=count(found.segments), rules=count(found.rules),
    )


def _rows(found: list[Reef], study: Study) -> list[ReefRow]:
    gaining = sorted(found, key=lambda one: (-one.potential.journeys, one.p, one.code))
    return [ReefRow(one, study.owner(one.post)) for one in gaining[:MOST]]
