"""What the web server calls."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lastmeter.server.settings")
_django: Callable[..., Any] = get_wsgi_application()
# Every view is loaded before the first request, which else would wait for all of them.
get_resolver().url_patterns  # noqa: B018 - looking loads them
# What is loaded now stays: the collector need not look through it again and again while events come in by the thousand.
gc.collect()
gc.freeze()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """An answer that is there whole is handed over whole: the web server need not come back for its pieces, thread by thread."""
    answer = _django(environ, start_response)
    if getattr(answer, "streaming", True):
        return answer  # type: ignore[no-any-return]
    with closing(answer):
        return [answer.getvalue()]
