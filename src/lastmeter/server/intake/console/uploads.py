"""Uploaded files: how large they may be, what they may be called, where they lie until they are imported.

Limits hold before a byte is kept: the upload handler is asked first, also of who is not signed in.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

from lastmeter.connectors.kinds import kinds
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.environment import read

MOST_FILES = 50
LONGEST_NAME = 100
"""Characters, and bytes of `MOST_BYTES`, of what an uploaded file is called here."""
MOST_BYTES = 200
_FORBIDDEN = set('<>:"/\\|?*')


def limit_bytes() -> int:
    """How much one upload may hold."""
    return int(read("LASTMETER_UPLOAD_LIMIT_MB")) * 1024 * 1024


class GuardedUpload(FileUploadHandler):
    """Refuses what is too large, and every file of somebody who is not signed in; the view asks `refusal`."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Before the first byte of a file is kept."""
        super().new_file(*args, **kwargs)
        assert self.request is not None  # noqa: S101 - Django gives it
        person = getattr(self.request, "user", None)
        if person is None or not person.is_authenticated or _length(self.request) > limit_bytes():
            self.request.META["lastmeter.upload_refused"] = "1"
            raise StopUpload

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """The next handler keeps it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler has it."""


def _length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def demand_accepted(request: HttpRequest) -> None:
    """Refuse what the handler stopped.

    Raises:
        LastMeterError: `upload.too_large`.
    """
    request.FILES  # noqa: B018 - reads the form, where nobody has yet
    if request.META.get("lastmeter.upload_refused"):
        raise LastMeterError(
            "upload.too_large", Title("一次最多上传 {limit} MB", "One upload may hold {limit} MB at most"),
            Title("分几次上传，或先压缩成 .gz；更大的文件在服务器上用 lastmeter import 导入",
                  "Upload in several goes, or pack as .gz; import larger files on the server with lastmeter import"),
            limit=limit_bytes() // 1024 // 1024,
        )


def safe_name(name: str) -> str:
    """What an uploaded file is called here: its last part alone, no sign that a file system or a shell understands.

    Raises:
        LastMeterError: `upload.format`, for an ending that nothing here reads.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join("_" if sign in _FORBIDDEN or unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else sign for sign in last)
    kept = kept.strip(" .") or "file"
    stem, dot, ending = kept.partition(".")
    shown = _cut(stem, f"{dot}{ending[-19:]}") if _is_long(kept) else kept
    endings = tuple(end for kind in kinds().values() for end in kind.endings)
    if not shown.lower().removesuffix(".gz").endswith(endings):
        raise LastMeterError(
            "upload.format", Title("不认识“{file}”的格式", "The format of “{file}” is not known"),
            Title("可以读取：{endings}（也可以再加 .gz）", "Can be read: {endings} (also with .gz)"),
            file=shown, endings=", ".join(dict.fromkeys(endings)),
        )
    return shown


def folder_of(run: int) -> Path:
    """Where the uploads of a run lie."""
    return Path(settings.MEDIA_ROOT) / str(run)


def keep(run: int, files: Sequence[UploadedFile[Any]]) -> list[dict[str, Any]]:
    """Move uploads into the run's folder; name and size of each.

    Raises:
        LastMeterError: `import.no_files`, `upload.too_many`, `upload.format`.
    """
    if not files:
        raise LastMeterError("import.no_files", Title("没有给出文件", "No files were named"),
                             Title("选一个或几个要导入的文件", "Choose one or several files to import"))
    if len(files) > MOST_FILES:
        raise LastMeterError("upload.too_many", Title("一次最多 {n} 个文件", "{n} files at once at most"),
                             Title("分几次上传", "Upload them in several goes"), n=MOST_FILES)
    named = [(safe_name(file.name or ""), file) for file in files]
    folder = folder_of(run)
    folder.mkdir(parents=True, mode=0o700)
    kept = []
    for name, file in named:
        target = _free(folder, name)
        with target.open("xb") as out:
            for chunk in file.chunks():
                out.write(chunk)
        kept.append({"name": target.name, "bytes": target.stat().st_size})
    return kept


def paths(run: int, files: Sequence[dict[str, Any]]) -> list[Path]:
    """The uploads of a run, as its row names them."""
    return [folder_of(run) / safe_name(file["name"]) for file in files]


def remove(run: int) -> None:
    """Forget the uploads of a run."""
    shutil.rmtree(folder_of(run), ignore_errors=True)


def _free(folder: Path, name: str) -> Path:
    """Two files of one name are both kept."""
    target, number = folder / name, 1
    while target.exists():
        number += 1
        stem, dot, ending = name.partition(".")
        other = f"{stem}-{number}{dot}{ending}"
        target = folder / (_cut(stem, f"-{number}{dot}{ending[-19:]}") if _is_long(other) else other)
    return target


def _is_long(name: str) -> bool:
    return len(name) > LONGEST_NAME or len(name.encode()) > MOST_BYTES


def _cut(stem: str, rest: str) -> str:
    """Both, as much of the stem as there is room for: a name that is cut once is not cut again."""
    kept = stem[:max(0, LONGEST_NAME - len(rest))].encode()[:max(0, MOST_BYTES - len(rest.encode()))].decode(errors="ignore")
    return f"{kept.rstrip(' .')}{rest}"


def endings() -> str:
    """What a file chooser offers."""
    found = dict.fromkeys(ending for kind in kinds().values() for ending in kind.endings)
    return ",".join([*found, ".gz"])
