"""Tables as files: CSV whose cells no spreadsheet runs as formulas; who took what is in the audit."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.http import FileResponse, HttpRequest

from lastmeter.connectors.export import write
from lastmeter.server.audit.actions import record
from lastmeter.server.people.access import person_of
from lastmeter.server.people.permissions import demand

ROWS_AT_ONCE = 50_000


def csv_answer(
    request: HttpRequest, what: str, rows: pa.Table | pa.RecordBatchReader, *, act: str = "export", object_id: str = "", **about: Any,
) -> FileResponse:
    """All rows as a CSV file named after `what` (and `object_id`). They are written before the answer begins, so that a
    request holds the facts no longer than it reads them; `about` (codes and counts) goes into the audit under `act`.

    Raises:
        LastMeterError: `people.not_allowed`.
    """
    person = person_of(request)
    demand(person, "export")
    name = f"{what}-{object_id}.csv" if object_id else f"{what}.csv"
    with tempfile.TemporaryDirectory(prefix="lastmeter-") as folder:
        path = Path(folder) / name
        count = write(rows, "csv", path)
        record(person, act, object_type=what, object_id=object_id, rows=count, **about)
        stream = path.open("rb")  # the file goes with the folder, its bytes with the last reader
    return FileResponse(stream, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
