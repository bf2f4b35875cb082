"""Words and figures in templates, in the reader's language.

{% say "旅程" "Journeys" %}   {% say "{n} 个旅程" "{n} journeys" n=count %}   {{ title|said:lang }}   {{ share|percent }}
{% icon "search" %}   {% verdict "bad" "信号" "signal" %}   {% when event.at %}
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from lastmeter.diagnosis import words
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Lang, Title

register = template.Library()
SHAPES = {
    "good": "M5 .5a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z", "warn": "M5 .8 9.600 9H.4z",
    "bad": "M5 .3 9.700 5 5 9.700.3 5z", "noise": "M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
}


def _lang(context: template.Context) -> Lang:
    return "zh" if context.get("lang") == "zh" else "en"


@register.simple_tag(takes_context=True)
def say(context: template.Context, zh: str, en: str, **places: Any) -> str:
    """One text in the reader's language with its places filled; places that are Titles speak the language too."""
    lang = _lang(context)
    filled = {name: value.say(lang) if isinstance(value, Title) else value for name, value in places.items()}
    return Title(zh, en).say(lang, **filled)


@register.simple_tag(takes_context=True)
def told(context: template.Context, title: Title | None, **places: Any) -> str:
    """A `Title` in the reader's language."""
    return title.say(_lang(context), **places) if title else words.DASH


@register.filter
def said(title: Title | str | None, lang: str) -> str:
    """A `Title` in a language; a text as it is; a dash for nothing."""
    if title is None:
        return words.DASH
    return title.say("zh" if lang == "zh" else "en") if isinstance(title, Title) else title


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """0.786 as 78.6%."""
    return words.percent(share, digits)


@register.filter
def count(number: float | None) -> str:
    """48,210."""
    return words.DASH if number is None else words.count(number)


@register.simple_tag
def between(low: float | None, high: float | None) -> str:
    """78.2–79.0%."""
    return words.percent_range(low, high)


@register.simple_tag(takes_context=True)
def duration(context: template.Context, seconds: float | None, unit: str | None = None) -> str:
    """6.4 h, 2 days."""
    return words.duration(seconds, unit).say(_lang(context))


@register.simple_tag(takes_context=True)
def when(context: template.Context, moment: datetime | date | None, form: str = "short") -> str:
    """A UTC instant in the company's zone, or a date. short: 22 Oct 20:40; day: 22 Oct; full: 22 October 2026 20:40."""
    if moment is None:
        return words.DASH
    lang = _lang(context)
    if not isinstance(moment, datetime):
        return (words.full_day if form == "full" else words.day)(moment).say(lang)
    local = local_of_utc(moment, zone_named(settings.COMPANY.company.zone))
    shown = (words.full_day if form == "full" else words.day)(local.date()).say(lang)
    return shown if form == "day" else f"{shown} {local:%H:%M}"


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite; size s, l or nothing. Hidden from screen readers: a word stands beside it."""
    return format_html('<svg class="i {}" viewBox="0 0 16 16" aria-hidden="true"><use href="{}lm/icons.svg#{}"/></svg>',
                       size, settings.STATIC_URL, name)


@register.simple_tag(takes_context=True)
def verdict(context: template.Context, tone: str, zh: str | Title, en: str = "", **places: Any) -> SafeString:
    """Shape, word and colour of a change or state: good, warn, bad, noise."""
    title = zh if isinstance(zh, Title) else Title(zh, en)
    return format_html('<span class="verdict {}"><svg viewBox="0 0 10 10" aria-hidden="true"><path d="{}"/></svg>{}</span>',
                       tone, SHAPES[tone], title.say(_lang(context), **places))


@register.filter
def markup(drawing: object) -> SafeString:
    """A drawing of `lastmeter.charts`, which has escaped what it was given; anything else is escaped here."""
    return mark_safe(str(drawing)) if hasattr(drawing, "__html__") else conditional_escape(str(drawing))  # noqa: S308


@register.simple_tag(takes_context=True)
def address(context: template.Context, **changes: Any) -> str:
    """The page's address with some parameters changed (None removes one): {% address page=2 %}."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag(takes_context=True)
def drop(context: template.Context, name: str) -> str:
    """The page's address without a parameter, from its first page on: {% drop "rule" %}."""
    return address(context, **{name: None, "page": None})


@register.filter
def at(found: Mapping[str, Any], key: str | None) -> Any:
    """What a mapping holds under a key that is a variable; None where it holds nothing."""
    return found.get(key) if key is not None else None
