"""What a request holds: CloudEvents structured, binary or in a batch, our own form, NDJSON of either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec
from django.http import HttpRequest

from lastmeter.connectors.messages import CLOUDEVENT, COMPACT, CloudEvent, Compact, decode, is_cloudevent, unreadable
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.intake.ingest.door import Stated

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
JSON = "application/json"
SLICE = 2_000
"""So many events of a request share a transaction."""
_HEADER = "HTTP_CE_"
_CLOUDEVENTS = msgspec.json.Decoder(list[CloudEvent])
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()
_TYPED: dict[str, type] = {"revision": int, "voids": bool}


def media_type(request: HttpRequest) -> str:
    """The content type without its parameters."""
    return str(request.META.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()


def is_single(request: HttpRequest, body: bytes) -> bool:
    """Whether the request holds one event, so that its status tells what became of it."""
    kind = media_type(request)
    if kind in {BATCH, *LINES}:
        return False
    return f"{_HEADER}SPECVERSION" in request.META or kind == STRUCTURED or body.lstrip()[:1] != b"["


def one(request: HttpRequest, body: bytes) -> Stated:
    """The event of a request that holds one.

    Raises:
        LastMeterError: `intake.content_type`.
    """
    kind = media_type(request)
    if kind != STRUCTURED and f"{_HEADER}SPECVERSION" in request.META:
        return _binary(request, body, kind)
    if kind not in {STRUCTURED, JSON}:
        raise content_type()
    return stated(body)


def slices(request: HttpRequest, body: bytes) -> Iterator[list[Stated]]:
    """The events of a request that holds many, some thousands at a time.

    Raises:
        LastMeterError: `intake.content_type`, `intake.batch`.
    """
    kind = media_type(request)
    if kind in {BATCH, JSON}:
        yield from _batch(body)
    elif kind in LINES:
        yield from _lines(body)
    else:
        raise content_type()


def stated(text: bytes) -> Stated:
    """One event's JSON."""
    try:
        return Stated(decode(text), text)
    except LastMeterError as error:
        return Stated(error, text)


def content_type() -> LastMeterError:
    """The error for a body whose content type says nothing of events."""
    return LastMeterError(
        "intake.content_type", Title("不支持的 Content-Type", "This Content-Type is not supported"),
        Title("用 {types}，或 ce-* 头（二进制模式）", "Use {types}, or ce-* headers (binary mode)"),
        types=", ".join((STRUCTURED, BATCH, LINES[0])),
    )


def _batch(body: bytes) -> Iterator[list[Stated]]:
    try:
        raws = _RAWS.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise LastMeterError(
            "intake.batch", Title("批量的请求体须是一个 JSON 数组", "The body of a batch must be one JSON array"),
            Title("整个请求没有写入；改正后重新发送", "Nothing of the request was stored; mend it and send it again"),
        ) from None
    try:
        whole: list[CloudEvent] | None = _CLOUDEVENTS.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        whole = None
    for start in range(0, len(raws), SLICE):
        part = raws[start : start + SLICE]
        if whole is None:
            yield [stated(bytes(raw)) for raw in part]
        else:
            yield list(map(Stated, whole[start : start + SLICE], part))


def _lines(body: bytes) -> Iterator[list[Stated]]:
    """Lines are decoded together where all of a slice are well; else each by itself."""
    lines = [line for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line and not line.isspace()]
    for start in range(0, len(lines), SLICE):
        part = lines[start : start + SLICE]
        decoder: Any = CLOUDEVENT if is_cloudevent(part[0]) else COMPACT
        try:
            messages: list[CloudEvent | Compact] = list(map(decoder.decode, part))
        except (msgspec.DecodeError, ValueError, RecursionError):
            yield [stated(line) for line in part]
        else:
            yield list(map(Stated, messages, part))


def _binary(request: HttpRequest, body: bytes, kind: str) -> Stated:
    """The attributes stand in ce-* headers, percent-encoded; the body is the data."""
    found: dict[str, Any] = {
        name.removeprefix(_HEADER).lower(): unquote(value) for name, value in request.META.items() if name.startswith(_HEADER)
    }
    text = msgspec.json.encode({**found, **({"data": _data(body)} if body else {})})
    try:
        for name, wanted in _TYPED.items():
            if name in found:
                found[name] = _number(found[name]) if wanted is int else found[name].lower() == "true"
        if body:
            if not (kind == JSON or kind.endswith("+json")):
                raise content_type()
            found["data"] = _ANY.decode(body)
        return Stated(msgspec.convert(found, CloudEvent), text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return Stated(unreadable(error), text)


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _data(body: bytes) -> Any:
    try:
        return _ANY.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _text(body)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
