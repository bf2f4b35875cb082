"""What can be wrong with an act on people."""

from __future__ import annotations

from collections.abc import Sequence

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.people.models import Person


def last_owner() -> LastMeterError:
    """Nobody would be left who can invite and appoint."""
    return LastMeterError(
        "people.last_owner", Title("这是最后一位能登录的所有者", "This is the last owner who can sign in"),
        Title("先让另一个人成为所有者", "Make somebody else an owner first"),
    )


def taken(name: str) -> LastMeterError:
    """A user name or address that somebody has; `name` says which of the two."""
    return LastMeterError(
        "people.taken", Title("这个{what}已经有人用了", "This {what} is taken"),
        Title("在员工列表里找到此人，或换一个", "Find the person in the list, or choose another"), what=name,
    )


def invalid(what: Title) -> LastMeterError:
    """A field that cannot be what was written."""
    return LastMeterError("people.invalid", what, Title("改正后再提交", "Mend it and send the form again"))


def demand_within(actor: Person, brands: Sequence[str]) -> None:
    """Refuse to give anybody a wider view than one's own.

    Raises:
        LastMeterError: `people.beyond_own_reach`.
    """
    if actor.brands and (not brands or not set(brands) <= set(actor.brands)):
        raise LastMeterError(
            "people.beyond_own_reach",
            Title("不能给出超出自己品牌范围的权限", "You cannot give a wider reach of brands than your own"),
            Title("只选自己范围内的品牌", "Choose among your own brands"),
        )
