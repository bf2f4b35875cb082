"""What forms send, read: instants in the company's zone, and answers that are files."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from lastmeter.connectors.export import write
from lastmeter.kernel.clock import parse_instant, zone_named
from lastmeter.kernel.titles import Lang, Title


def lang_of(request: HttpRequest) -> Lang:
    """The reader's language."""
    return "zh" if getattr(request, "lang", "en") == "zh" else "en"


def toast(request: HttpRequest, said: Title, **places: Any) -> None:
    """Say on the next page what was done."""
    messages.success(request, said.say(lang_of(request), **places))


def instant(text: str) -> datetime | None:
    """What a person typed, as a UTC instant; nothing for nothing.

    Raises:
        LastMeterError: of `kernel.clock.parse_instant`.
    """
    text = text.strip()
    return parse_instant(text, zone_named(settings.COMPANY.company.zone)) if text else None


def csv_answer(name: str, columns: dict[str, list[Any]]) -> HttpResponse:
    """A table as a CSV file: with a byte order mark, its text cells safe from being run as formulas."""
    out = BytesIO()
    out.write(b"\xef\xbb\xbf")
    write(pa.table(columns), "csv", out)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
