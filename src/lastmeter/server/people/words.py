"""The reader's language in a view."""

from __future__ import annotations

from django.http import HttpRequest

from lastmeter.kernel.titles import Lang


def language_of(request: HttpRequest) -> Lang:
    """What `ui.middleware.LanguageMiddleware` found out."""
    return "zh" if getattr(request, "lang", "zh") == "zh" else "en"
