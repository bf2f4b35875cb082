"""The bytes of a request: bounded before they are read, unpacked without ever growing beyond what is allowed.

A process has only so many bytes in hand at once. Who comes when that is used up is told to come again: memory never grows
with the number of senders.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import zstandard
from django.conf import settings
from django.http import HttpRequest

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.environment import read

_PIECE = 256 * 1024
_WINDOW = 8 * 1024 * 1024
RETRY_SECONDS = 2


class Hand:
    """How many bytes are in hand, of how many that may be."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Count bytes in.

        Raises:
            LastMeterError: `intake.busy` where they are too many now.
        """
        with self._lock:
            # Whoever is alone may have all: else a body as large as the limit could never come in.
            if self.held and self.held + count > self.most:
                raise busy()
            self.held += count

    def give(self, count: int) -> None:
        """Count bytes out."""
        with self._lock:
            self.held -= count


in_hand = Hand(int(read("LASTMETER_INTAKE_MEMORY_MB")) * 1024 * 1024)


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


@contextmanager
def body_of(request: HttpRequest) -> Iterator[bytes]:
    """The request's body, unpacked (gzip, zstd), while the block lasts.

    Raises:
        LastMeterError: `intake.too_large` (413), `intake.encoding` (415), `intake.packed` (400), `intake.busy` (429).
    """
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    stated = request.META.get("CONTENT_LENGTH") or ""
    length = int(stated) if stated.isdecimal() else None
    if length is not None and length > most:
        raise too_large(most)
    held = length if length is not None else _PIECE
    in_hand.take(held)
    try:
        source = request.environ["wsgi.input"] if hasattr(request, "environ") else request
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        parts: list[bytes] = []
        size = 0
        for piece in _unpacked(_pieces(source, length, most), encoding):
            size += len(piece)
            if size > most:
                raise too_large(most)
            if size > held:
                in_hand.take(len(piece))
                held += len(piece)
            parts.append(piece)
        yield parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        in_hand.give(held)


def _pieces(source: _Source, length: int | None, most: int) -> Iterator[bytes]:
    if length is not None:
        left = length
        while left > 0:
            piece = source.read(min(left, _PIECE) if length > _PIECE else left)
            if not piece:
                raise LastMeterError(
                    "intake.cut", Title("请求体不完整", "The request's body is cut short"), Title("重新发送", "Send it again"))
            left -= len(piece)
            yield piece
        return
    read_so_far = 0
    while piece := source.read(_PIECE):
        read_so_far += len(piece)
        if read_so_far > most:
            raise too_large(most)
        yield piece


def _unpacked(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    match encoding:
        case "" | "identity":
            yield from pieces
        case "gzip" | "x-gzip":
            yield from _gunzipped(pieces)
        case "zstd":
            yield from _unzstded(pieces)
        case _:
            raise LastMeterError(
                "intake.encoding", Title("不支持的 Content-Encoding", "This Content-Encoding is not supported"),
                Title("用 gzip、zstd 或不压缩", "Use gzip, zstd or none"),
            )


def _gunzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A little at a time, so that whoever counts can stop a bomb; members one after the other are one body."""
    unpacking: Any = zlib.decompressobj(wbits=31)
    ended = True
    try:
        for piece in pieces:
            while piece:
                ended = False
                out = unpacking.decompress(piece, _PIECE)
                if out:
                    yield out
                piece = unpacking.unconsumed_tail
                if unpacking.eof:
                    piece, unpacking, ended = unpacking.unused_data, zlib.decompressobj(wbits=31), True
    except zlib.error:
        raise _damaged() from None
    if not ended:
        raise _damaged()


class _Joined:
    """Pieces as a file, for a reader that asks for bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._left:
            self._left = next(self._pieces, b"")
        part, self._left = (self._left, b"") if size < 0 else (self._left[:size], self._left[size:])
        return part


def _unzstded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpacking = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    try:
        with unpacking.stream_reader(_Joined(pieces), read_across_frames=True) as reader:  # type: ignore[arg-type]
            while out := reader.read(_PIECE):
                yield out
    except zstandard.ZstdError:
        raise _damaged() from None


def too_large(most: int) -> LastMeterError:
    """The error for a body that is larger than the server takes, packed or unpacked."""
    return LastMeterError(
        "intake.too_large", Title("请求体超过 {mb} MB", "The request's body is larger than {mb} MB"),
        Title("分成几次发送", "Send it in parts"), mb=most // (1024 * 1024),
    )


def busy() -> LastMeterError:
    """The error for who comes while the process has its hands full."""
    return LastMeterError(
        "intake.busy", Title("正在处理的事件太多", "Too many events are being taken in"),
        Title("过 {seconds} 秒再发，什么都没有丢", "Send again in {seconds} s; nothing was stored of this request"), seconds=RETRY_SECONDS,
    )


def _damaged() -> LastMeterError:
    return LastMeterError(
        "intake.packed", Title("压缩的请求体解不开", "The packed body cannot be unpacked"),
        Title("检查 Content-Encoding 与内容是否一致", "Check that Content-Encoding says what the body is"),
    )
