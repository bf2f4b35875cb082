"""{% load devices %}  {{ session.user_agent|device|said:lang }}   Chrome on Windows."""

from __future__ import annotations

from django import template

from lastmeter.kernel.titles import Title
from lastmeter.server.people.devices import device_of

register = template.Library()


@register.filter
def device(user_agent: str | None) -> Title:
    """The device that a User-Agent header tells of."""
    return device_of(user_agent or "")
