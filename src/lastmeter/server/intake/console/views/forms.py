"""What forms send, read: instants in the company's zone, and answers that are files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from lastmeter.kernel.clock import parse_instant, zone_named
from lastmeter.kernel.titles import Title
from lastmeter.server.language import language_of


def toast(request: HttpRequest, said: Title, **places: Any) -> None:
    """Say on the next page what was done."""
    messages.success(request, said.say(language_of(request), **places))


def instant(text: str) -> datetime | None:
    """What a person typed, as a UTC instant; nothing for nothing.

    Raises:
        LastMeterError: of `kernel.clock.parse_instant`.
    """
    text = text.strip()
    return parse_instant(text, zone_named(settings.COMPANY.company.zone)) if text else None
