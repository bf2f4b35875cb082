"""Pages by cursor: `next` leads on; a row that arrives meanwhile neither repeats nor hides another."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.ui.plain_text import is_text

MOST = 1_000
USUAL = 100


def cursor_of(values: list[Any]) -> str:
    """What the last row of a page is sorted by, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def values_of(cursor: str, count: int) -> list[Any]:
    """What `cursor_of` wrote.

    Raises:
        LastMeterError: `api.cursor`.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, UnicodeError):
        values = None
    if not isinstance(values, list) or len(values) != count or not is_text(values) or not all(map(_is_small, values)):
        raise LastMeterError(
            "api.cursor", Title("读不懂的 cursor", "The cursor cannot be read"),
            Title("原样使用上一页给出的 next", "Use `next` of the page before as it is"),
        )
    return values


def _is_small(value: object) -> bool:
    """Whether a database can hold it, if it is a number."""
    return not isinstance(value, int) or abs(value) < 2**63
