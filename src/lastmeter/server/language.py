"""The language in which a request is answered."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from lastmeter.kernel.titles import LANGS, Lang

LANGUAGE_COOKIE = "lm_lang"


def language_of(request: HttpRequest) -> Lang:
    """The person's own language, else what the browser chose before or asks for, else the company's first; found once a request."""
    found: Lang | None = getattr(request, "lang", None)
    return found or _found(request)


def _found(request: HttpRequest) -> Lang:
    user: Any = getattr(request, "user", None)
    wanted = [getattr(user, "lang", ""), request.COOKIES.get(LANGUAGE_COOKIE, "")]
    wanted += [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("Accept-Language", "").split(",")]
    wanted += settings.COMPANY.company.languages
    return next(lang for asked in wanted for lang in LANGS if lang == asked)
