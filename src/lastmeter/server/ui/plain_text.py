"""What a request says must be text that any database can hold: no NUL, no half of a character. Refused in one place, before
anything is looked up: PostgreSQL would fail on it, and so would whoever wrote the page that asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.ui import views

NOT_TEXT = LastMeterError(
    "server.not_text", Title("请求里有不能存为文字的字符", "The request holds a character that is no text"),
    Title("去掉地址或表单里的控制字符（如 %00）再试", "Take control characters such as %00 out of the address or the form, then try again"),
)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def is_text(said: object) -> bool:
    """Whether all texts in a value (of JSON) are text, keys too."""
    if isinstance(said, str):
        return _NO_TEXT.search(said) is None
    if isinstance(said, dict):
        return all(map(is_text, chain(said, said.values())))
    return all(map(is_text, said)) if isinstance(said, list) else True


class PlainTextMiddleware:
    """Refuses addresses, cookies and forms that are no text. Bodies of routes are looked at where they are parsed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        if is_text(request.path_info) and _are_texts(request.GET) and all(map(is_text, request.COOKIES.values())):
            return self.get_response(request)
        return views.mendable(request, NOT_TEXT, 400)

    def process_view(self, request: HttpRequest, view: Any, *_given: object) -> HttpResponse | None:
        """Look at a form: here, when its reader (of uploads, say) has been chosen, and not where a view reads its body itself."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False) or _are_texts(request.POST):
            return None
        return views.mendable(request, NOT_TEXT, 400)


def _are_texts(given: QueryDict) -> bool:
    texts: Iterable[object] = chain(given, *(values for _, values in given.lists()))
    return all(map(is_text, texts))
