"""How a change is shown, and where a number leads.

{% load findings %}   {% change rate.change %}   {{ rate.change|tone }}   {% to "/pareto/" rule=cause.rule %}
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from lastmeter.diagnosis import words
from lastmeter.diagnosis.change import Change
from lastmeter.kernel.titles import Title
from lastmeter.server.board.filters import Filters
from lastmeter.server.ui.templatetags.words import verdict

register = template.Library()
_TONES = {"worse": "bad", "better": "good"}
_TOLD = Title("较上期 {by}；{verdict}", "{by} on the period before; {verdict}")


@register.filter
def tone(change: Change | None) -> str:
    """The tone of a verdict: good or bad where the chart confirms the change, else noise."""
    return _TONES.get(change.direction, "noise") if change is not None and change.is_signal else "noise"


@register.simple_tag(takes_context=True)
def change(context: template.Context, change: Change | None, share: bool = False) -> SafeString:
    """The verdict of a chart on the last change; of a share with how much it moved since the period before."""
    if change is None:
        return SafeString("")
    text = change.text
    if share and change.from_previous is not None:
        text = words.fill(_TOLD, by=words.points(change.from_previous), verdict=change.text)
    return verdict(context, tone(change), text)


@register.simple_tag(takes_context=True)
def to(context: template.Context, path: str, **changes: Any) -> str:
    """The address of another page about the same kind, period and filters; a change of None leaves one out."""
    filters: Filters = context["filters"]
    return filters.to(path, **changes)


@register.simple_tag(takes_context=True)
def here(context: template.Context, **changes: Any) -> str:
    """The address of this page with something changed."""
    filters: Filters = context["filters"]
    return filters.here(**changes)


@register.filter
def short(code: str) -> str:
    """A long machine-made id by its first eight signs."""
    return words.short_id(code)


@register.filter
def points(difference: float | None) -> Title:
    """A difference of two shares with its sign: −2.9 pts."""
    return words.same(words.DASH) if difference is None else words.points(difference)
