"""Does it come at a regular time."""

from __future__ import annotations

from lastmeter.diagnosis import regularity as found
from lastmeter.diagnosis.change import Change
from lastmeter.diagnosis.regularity import SameCustomer, Window
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import count, days, fill
from lastmeter.kernel.titles import Title


class Windows(Content, frozen=True, tag="windows"):
    """All journeys, the largest places and performers, and the same customer's journeys."""

    overall: Window
    change: Change
    rules_observed: int
    rules_total: int
    groups: dict[str, list[Window]]
    customer: SameCustomer


@section(
    50, Title("是否规律", "Does it come at a regular time"),
    Title("用时天数；条为 p10–p90，点为中位数；按量列出，不是排名", "days taken; bar p10–p90, dot median; by size, not ranked"),
)
def regularity(study: Study) -> tuple[Windows, Title] | None:
    """Spread of the duration by place and performer, and from one order of a customer to the next."""
    if study.view is not None:
        return None  # how long a journey takes is nobody's alone
    held = study.regularity
    if not held.overall.n or held.overall.spread is None:
        return None
    windows = Windows(
        held.overall, held.change, held.rules_observed, held.rules_total, held.groups, held.customer
    )
    return windows, _sentence(held)


def _sentence(held: found.Regularity) -> Title:
    overall = fill(
        Title("八成的旅程用 {p10}–{p90}，窗口宽 {spread}。", "Eight of ten take {p10} to {p90}, a window of {spread}."),
        p10=f"{held.overall.p10 or 0:.1f}".removesuffix(".0"), p90=days(held.overall.p90), spread=days(held.overall.spread),
    )
    customer = held.customer
    if customer.n < found.FEWEST or customer.median is None:
        return overall
    return fill(
        Title("{overall}同一位顾客前后两次旅程，一半相差不超过 {median}，一成相差超过 {p90}（n = {n}）。",
              "{overall} For one and the same customer, half of the journeys differ from the one before by up to {median}, "
              "one in ten by more than {p90} (n = {n})."),
        overall=overall, median=days(customer.median), p90=days(customer.p90), n=count(customer.n),
    )
