"""One pass over a file's bytes before anything is imported: its digest, its encoding, whether it is whole."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from lastmeter.connectors.text_survey import LONGEST_LINE, TextSurvey, decoder_of
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

BLOCK = 1 << 20
# What stands for a line above `LONGEST_LINE` in the readable copy: broken both as CSV and as JSON.
LONG_LINE = b'"line"too long'
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
Container = Literal["text", "xml", "parquet", "zip", "ole", "sqlite"]
# How the files begin that are no text. OLE is the container of old and of encrypted Office files.
_CONTAINERS: dict[bytes, Container] = {
    _PARQUET: "parquet", b"PK\x03\x04": "zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole", b"SQLite format 3\x00": "sqlite",
}
# XML states its own encoding, and its parser finds what is wrong with it.
_XML_ENDINGS = (".xes", ".xml")
# Unpacking more than this, at such a rate, is an attack and no export.
_BOMB_BYTES, _BOMB_RATE = 512 * BLOCK, 250
@dataclass(frozen=True, slots=True)
class Survey:
    """What one look at a file's bytes tells. `digest` is the SHA-256 of the file as it lies on disk, `modified` its time in
    microseconds since 1970; `lines` counts line ends, for progress only; long lines are those above `LONGEST_LINE` bytes.
    In a text of which some lines do not fit its encoding, `bad_lines` counts them.
    """

    path: Path
    digest: str
    size: int
    modified: int
    encoding: str
    is_gzip: bool
    container: Container
    lines: int
    has_long_lines: bool
    bad_lines: int

    @property
    def is_parquet(self) -> bool:
        """Whether it is a Parquet file."""
        return self.container == "parquet"

    @property
    def is_text(self) -> bool:
        """Whether it is plain text, whose lines have been looked at."""
        return self.container == "text"

    def head(self, limit: int = BLOCK) -> str:
        """The beginning of a text file, decoded, without its byte order mark."""
        with open_bytes(self.path, is_gzip=self.is_gzip) as stream:
            data = stream.read(limit)
        return decoder_of(self.encoding).decode(data)


def survey(path: Path) -> Survey:
    """Look at a file once.

    Raises:
        LastMeterError: `import.file_missing`, `import.not_a_file`, `import.no_permission`, `import.file_empty`,
            `import.gzip_damaged`, `import.parquet_damaged`, `import.encoding_unknown`.
    """
    status = _status_of_file(path)
    try:
        with path.open("rb") as raw:
            start = raw.read(16)
            is_gzip = start[:2] == _GZIP
            container = _container(path, start)
            if container == "parquet":
                _require_parquet_end(path, raw, status.st_size)
        text = TextSurvey()
        digest = _digest(path)
        if container in ("text", "xml"):
            _look_through(path, text, container, is_gzip=is_gzip)
    except PermissionError:
        raise _failure("no_permission", path) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _failure("gzip_damaged", path) from None
    modified = status.st_mtime_ns // 1000
    return Survey(path, digest, status.st_size, modified, text.encoding, is_gzip, container, text.lines, text.has_long, text.bad_lines)


def _container(path: Path, start: bytes) -> Container:
    found = next((name for mark, name in _CONTAINERS.items() if start.startswith(mark)), None)
    is_xml = path.name.lower().removesuffix(".gz").endswith(_XML_ENDINGS)
    return found or ("xml" if is_xml else "text")


def _digest(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _look_through(path: Path, text: TextSurvey, container: Container, *, is_gzip: bool) -> None:
    """Every byte once, unpacked."""
    packed, unpacked = path.stat().st_size, 0
    with open_bytes(path, is_gzip=is_gzip) as stream:
        for block in _blocks(stream):
            unpacked += len(block)
            if unpacked > _BOMB_BYTES and unpacked > _BOMB_RATE * packed:
                raise _failure("bomb", path, rate=_BOMB_RATE)
            if container == "text":
                text.take(block)
    if not unpacked:
        raise _failure("file_empty", path)
    if container == "text" and (line := text.finish()):
        raise _failure("encoding_unknown", path, line=line)


def open_bytes(path: Path, *, is_gzip: bool) -> BinaryIO:
    """The file's bytes, unpacked."""
    return gzip.open(path, "rb") if is_gzip else path.open("rb")  # type: ignore[return-value]


def write_utf8(source: Survey, target: Path) -> None:
    """A copy in UTF-8 and unpacked, block by block, in which a line above `LONGEST_LINE` is only `LONG_LINE`."""
    decoder = decoder_of(source.encoding)
    with open_bytes(source.path, is_gzip=source.is_gzip) as stream, target.open("wb") as out:
        decoded = (decoder.decode(block).encode() for block in _blocks(stream))
        for block in _without_long_lines(decoded) if source.has_long_lines else decoded:
            out.write(block)
        out.write(decoder.decode(b"", final=True).encode())


def _without_long_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same lines, the long ones replaced; holds at most a line and a block at a time."""
    line = b""
    is_long = False
    for block in blocks:
        *ended, rest = block.split(b"\n")
        for end in ended:
            is_long = is_long or len(line) + len(end) > LONGEST_LINE
            yield LONG_LINE + b"\n" if is_long else line + end + b"\n"
            line, is_long = b"", False
        is_long = is_long or len(line) + len(rest) > LONGEST_LINE
        line = b"" if is_long else line + rest
    yield LONG_LINE + b"\n" if is_long else line


def _status_of_file(path: Path) -> os.stat_result:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise _failure("file_missing", path) from None
    except PermissionError:
        raise _failure("no_permission", path) from None
    if not stat.S_ISREG(status.st_mode):
        raise _failure("not_a_file", path)
    if status.st_size == 0:
        raise _failure("file_empty", path)
    return status


def _require_parquet_end(path: Path, raw: BinaryIO, size: int) -> None:
    raw.seek(max(0, size - 4))
    if size < 12 or raw.read(4) != _PARQUET:
        raise _failure("parquet_damaged", path)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


_FAILURES: dict[str, tuple[Title, Title]] = {
    "file_missing": (
        Title("找不到文件 {file}", "There is no file {file}"),
        Title("检查文件名和所在的文件夹", "Check the name and the folder"),
    ),
    "not_a_file": (
        Title("{file} 不是普通文件", "{file} is not an ordinary file"),
        Title("请给出文件本身；文件夹里的文件要一一列出", "Name the files themselves; list the files of a folder one by one"),
    ),
    "no_permission": (
        Title("没有读取 {file} 的权限", "No permission to read {file}"),
        Title("请文件的主人放开读取权限，或换一个用户运行", "Ask its owner for read permission, or run as another user"),
    ),
    "file_empty": (
        Title("文件 {file} 是空的", "The file {file} is empty"),
        Title("重新导出一次；没有数据就不必导入", "Export it again; if there is nothing to tell, leave it out"),
    ),
    "gzip_damaged": (
        Title("压缩文件 {file} 不完整或已损坏", "The gzip file {file} is cut off or damaged"),
        Title("重新下载或重新压缩；没有导入任何内容", "Download or pack it again; nothing was imported"),
    ),
    "bomb": (
        Title("压缩文件 {file} 展开后大得不正常（超过 {rate} 倍），没有读取",
              "The packed file {file} unpacks to something abnormally large (more than {rate} times) and was not read"),
        Title("确认文件来源；确实是正常导出的话，请解压后再导入",
              "Check where it comes from; if it is an honest export, unpack it and import that"),
    ),
    "parquet_damaged": (
        Title("Parquet 文件 {file} 不完整或已损坏", "The Parquet file {file} is cut off or damaged"),
        Title("重新下载或重新导出；没有导入任何内容", "Download or export it again; nothing was imported"),
    ),
    "encoding_unknown": (
        Title("{file} 第 {line} 行既不是 UTF-8 也不是 GB18030 编码", "{file}, line {line}: neither UTF-8 nor GB18030"),
        Title("用 UTF-8 编码另存后再导入", "Save it as UTF-8 and import again"),
    ),
}


def _failure(code: str, path: Path, **places: object) -> LastMeterError:
    message, hint = _FAILURES[code]
    return LastMeterError(f"import.{code}", message, hint, file=path.name, **places)


def parquet_damaged(path: Path) -> LastMeterError:
    """The error for a Parquet file whose inside does not hold together."""
    return _failure("parquet_damaged", path)
