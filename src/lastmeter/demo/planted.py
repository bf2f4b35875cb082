"""The truth about planted problems, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lastmeter.demo.company import DemoReport
from lastmeter.kernel.titles import Title


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted problem: journeys of `conditions` (dimension to value, as in the fact tables) break `rule` more often.

    `kind` is the kind of journey, `since` the first day on which a journey that starts can be hit. Of `journeys` of the
    segment since then that can be judged, `flawed` broke the rule, `flawed_without` would have without the problem (the
    same chances drawn). `size` is their difference as a share of the journeys; None where there is no journey.
    """

    code: str
    title: Title
    kind: str
    rule: str
    conditions: dict[str, str]
    since: date
    journeys: int
    flawed: int
    flawed_without: int

    @property
    def size(self) -> float | None:
        """The planted excess as a share of the segment's journeys."""
        return (self.flawed - self.flawed_without) / self.journeys if self.journeys else None


def planted_of(report: DemoReport) -> list[Planted]:
    """The planted problems of a company that was written."""
    return [
        Planted(
            code=entry["code"], title=Title(**entry["title"]), kind=entry.get("kind", "order"), rule=entry["rule"],
            conditions=dict(entry["segment"]), since=date.fromisoformat(entry["from"]), journeys=entry["journeys"],
            flawed=entry["flawed"], flawed_without=entry["flawed_without"],
        )
        for entry in report.truth
    ]
