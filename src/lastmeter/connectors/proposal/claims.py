"""What a recogniser says of a column: its role, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.kernel.titles import Title

Role = Literal[
    "id", "time", "promise", "revision", "status", "score", "said", "money", "currency", "personal", "performer", "place",
    "channel", "zone", "attribute", "ignored", "unreadable",
]

# From here on a decision stands without a question mark.
SURE = 0.75

ROLE_TITLES: dict[str, Title] = {
    "id": Title("编号", "id"), "time": Title("时间", "time"), "promise": Title("承诺时间", "promise"),
    "revision": Title("版本", "revision"), "status": Title("状态", "status"), "score": Title("评分", "score"),
    "said": Title("顾客的话", "words said"), "money": Title("金额", "money"), "currency": Title("币种", "currency"),
    "personal": Title("个人信息", "personal"), "performer": Title("执行方", "performer"), "place": Title("地点", "place"),
    "channel": Title("渠道", "channel"), "zone": Title("时区", "time zone"), "attribute": Title("属性", "attribute"),
    "ignored": Title("不用", "left out"), "unreadable": Title("读不了", "cannot be read"),
}


@dataclass(frozen=True, slots=True)
class TimeShape:
    """How a column writes its times: `format` for `strptime` (None: ISO), their precision, whether they state an offset.
    `order_known` is false where day and month could be exchanged.
    """

    format: str | None
    precision: Literal["second", "minute", "hour", "day", "month"]
    has_offset: bool = False
    order_known: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """A role for a column. `kind` is what the role needs to be more exact: the object type of an id, the kind of a
    performer, the type of an attribute, the name of a promise; `scale` the highest score that could be given.
    """

    role: Role
    confidence: float
    reason: Title
    kind: str = ""
    time: TimeShape | None = None
    scale: int | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it needs nobody's eye."""
        return self.confidence >= SURE


Recogniser = Callable[[Table, Column], Claim | None]
"""What each file in `recognisers/` offers as `recognise`."""


def because(zh: str, en: str, **places: object) -> Title:
    """A reason with its places filled."""
    return Title(zh.format_map(places), en.format_map(places)) if places else Title(zh, en)
