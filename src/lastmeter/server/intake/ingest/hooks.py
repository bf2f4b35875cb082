"""Signed webhooks: Standard Webhooks by the source's secret; the body is a CloudEvent, or rows for the source's mapping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest
from standardwebhooks import Webhook, WebhookVerificationError

from lastmeter.connectors.mapping import Mapping as SourceMapping
from lastmeter.connectors.mapping import Table
from lastmeter.connectors.row_messages import flat, table_for
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.intake.ingest import formats, sources
from lastmeter.server.intake.ingest.door import Manner, Result, Row, door
from lastmeter.server.intake.models import LiveSource

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


def verify(request: HttpRequest, name: str, body: bytes) -> None:
    """Refuse what the source did not sign, or signed more than five minutes ago.

    Raises:
        LastMeterError: `intake.no_hook`, `intake.signature`.
    """
    source = LiveSource.objects.filter(name=name).first()
    if source is None or not source.secret:
        raise LastMeterError(
            "intake.no_hook", Title("没有这个 webhook 入口", "There is no such webhook"),
            Title("请所有者为该来源设置密钥", "Ask an owner to give the source a secret"),
        )
    headers = {name: request.headers.get(name, "") for name in HEADERS}
    for secret in (source.secret, source.secret_before):
        if secret and _is_signed(secret, body, headers):
            return
    raise LastMeterError(
        "intake.signature", Title("签名不对，或时间相差超过五分钟", "The signature is wrong, or more than five minutes old"),
        Title("检查密钥和双方的时钟", "Check the secret and both clocks"),
    )


def take(request: HttpRequest, name: str, body: bytes, at: datetime) -> list[Result]:
    """Take a verified body; one result an event, or a row that told none."""
    return take_text(name, body, at, table=request.GET.get("table"))


def take_text(name: str, body: bytes, at: datetime, *, table: str | None = None) -> list[Result]:
    """The same of a text: a CloudEvent, a row, or an array of either."""
    parts = _parts(body)
    manner = Manner(sources.known().reading, name, None, at)
    if all(b'"specversion"' in part for part in parts):
        found = [formats.stated(part) for part in parts]
        return [result for start in range(0, len(found), formats.SLICE)
                for result in door.many(found[start : start + formats.SLICE], manner, first=start)]
    cells = [cells_of(part) for part in parts]
    results = [result for part, row in zip(parts, cells, strict=True) if row is None
               for result in door.many([formats.stated(part)], manner)]
    rows = [Row(row, part) for part, row in zip(parts, cells, strict=True) if row is not None]
    mapping = sources.mapping_of(name)
    if mapping is None:
        return results + (door.refuse_rows(name, rows, no_mapping(name), at) if rows else [])
    return results + _through(mapping, name, rows, at, table)


def _through(mapping: SourceMapping, name: str, rows: Sequence[Row], at: datetime, table: str | None) -> list[Result]:
    """Each row by the table that it fits; those of one table share transactions."""
    results: list[Result] = []
    fitting: dict[str, tuple[Table, list[Row]]] = {}
    for row in rows:
        try:
            found, cells = table_and_cells(mapping, name, row.cells, table)
        except LastMeterError as error:
            results += door.refuse_rows(name, [row], error, at)
        else:
            fitting.setdefault(found.name, (found, []))[1].append(Row(cells, row.text))
    for found, those in fitting.values():
        for start in range(0, len(those), formats.SLICE):
            results += door.rows(name, mapping, those[start : start + formats.SLICE], found, at)
    return results


def table_and_cells(
    mapping: SourceMapping, name: str, cells: dict[str, str | None], table: str | None
) -> tuple[Table, dict[str, str | None]]:
    """The table that a row fits: as it is, or what stands under `data` in the envelope of a webhook.

    Raises:
        LastMeterError: `import.column_missing`, `import.table_unknown`, `import.table_ambiguous`.
    """
    try:
        return table_for(mapping, name, list(cells), table), cells
    except LastMeterError:
        inner = {key.removeprefix("data."): cell for key, cell in cells.items() if key.startswith("data.")}
        if not inner:
            raise
        return table_for(mapping, name, list(inner), table), inner


def _parts(body: bytes) -> list[bytes]:
    """The objects of an array, or the body itself."""
    if body.lstrip()[:1] != b"[":
        return [body]
    try:
        return [bytes(raw) for raw in _RAWS.decode(body)]
    except (msgspec.DecodeError, ValueError, RecursionError):
        return [body]


def cells_of(text: bytes) -> dict[str, str | None] | None:
    """A JSON object as the cells of a row; None for anything else."""
    try:
        value: Any = msgspec.json.decode(text)
        return flat(value) if isinstance(value, dict) else None
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _is_signed(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def no_mapping(name: str) -> LastMeterError:
    """The error for rows of a source that nobody has said how to read."""
    return LastMeterError(
        "intake.no_mapping", Title("来源“{source}”没有映射", "The source “{source}” has no mapping"),
        Title("写 sources/{source}.toml，再重放；或发送 CloudEvents",
              "Write sources/{source}.toml, then replay; or send CloudEvents"), source=name,
    )
