"""The navigation: groups, places, and which act each needs; a role that may not see a page does not see its entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lastmeter.kernel.titles import Title
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import may


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: `name` is that of its URL, `key` the letter after G that leads there."""

    name: str
    title: Title
    icon: str
    act: str
    key: str = ""


GROUPS: tuple[tuple[Title, tuple[Place, ...]], ...] = (
    (Title("看懂", "Understand"), (
        Place("board", Title("总览", "Board"), "board", "see.board", "b"),
        Place("journeys", Title("旅程", "Journeys"), "journeys", "see.journeys", "j"),
        Place("flaws", Title("瑕疵", "Flaws"), "flaws", "see.flaws", "f"),
        Place("pareto", Title("帕累托", "Pareto"), "pareto", "see.diagnosis", "p"),
        Place("reefs", Title("暗礁", "Reefs"), "reefs", "see.diagnosis", "r"),
        Place("drivers", Title("驱动因素", "Drivers"), "drivers", "see.diagnosis", "d"),
        Place("indicators", Title("指标", "Indicators"), "indicators", "see.indicators", "i"),
    )),
    (Title("行动", "Act"), (
        Place("focus", Title("聚焦项", "Focus"), "focus", "see.focus", "o"),
        Place("brief", Title("简报", "Brief"), "brief", "see.brief", "e"),
    )),
    (Title("设置", "Set up"), (
        Place("sources", Title("数据源", "Sources"), "sources", "see.sources", "s"),
        Place("blueprints", Title("蓝图", "Blueprints"), "blueprints", "see.blueprints", "l"),
        Place("people", Title("员工", "People"), "people", "see.people", "m"),
        Place("webhooks", Title("Webhook", "Webhooks"), "link", "webhook.edit", "w"),
        Place("audit", Title("审计", "Audit"), "audit", "see.audit", "a"),
    )),
)
PHONE = ("board", "journeys", "flaws")
"""The first three places of the tab bar on a phone; the fourth searches, the fifth leads to all others."""


COUNTS: dict[str, Callable[[Person], int]] = {}
"""By the name of an entry: how many things there somebody must act on. An app fills in its own when it is ready."""


def counts_of(person: Person, places: Iterable[Place]) -> dict[str, int]:
    """The counts to show beside these entries, those that are not zero."""
    found = {place.name: COUNTS[place.name](person) for place in places if place.name in COUNTS}
    return {name: count for name, count in found.items() if count}


def for_person(person: Person) -> list[tuple[Title, list[Place]]]:
    """The groups and entries that the person may see."""
    seen = [(title, [place for place in places if may(person, place.act)]) for title, places in GROUPS]
    return [(title, places) for title, places in seen if places]
