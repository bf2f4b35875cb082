"""Excel workbooks: a table a sheet, called `orders.xlsx#Sheet1`. Values as they were last calculated; macros never run."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from lastmeter.connectors.kinds import SourceKind
from lastmeter.connectors.marks import marked
from lastmeter.connectors.sheet_header import LOOKED_AT, Header, Merge, find_header
from lastmeter.connectors.spool import Spool
from lastmeter.connectors.survey import BLOCK, Survey
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_ENDINGS = (".xlsx", ".xlsm")
# Above this a number of Excel is rounded, and an id written as one is lost.
_EXACT = 2**53
_BOMB_BYTES, _BOMB_RATE = 4096 * BLOCK, 400
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_LONGEST_TAG = 200
_MERGES_KEPT = 10_000

_FAILURES: dict[str, tuple[Title, Title]] = {
    "xlsx_damaged": (
        Title("Excel 文件 {file} 不完整或已损坏", "The Excel file {file} is cut off or damaged"),
        Title("用 Excel 打开并另存一次；没有导入任何内容", "Open it in Excel and save it again; nothing was imported"),
    ),
    "xlsx_bomb": (
        Title("Excel 文件 {file} 展开后大得不正常，没有读取",
              "The Excel file {file} unpacks to something abnormally large and was not read"),
        Title("确认文件来源；确实是正常导出的话，请另存为 CSV（UTF-8）",
              "Check where it comes from; if it is an honest export, save it as CSV (UTF-8)"),
    ),
    "xlsx_entities": (
        Title("Excel 文件 {file} 内部带有文档类型或实体声明，为安全起见不读取",
              "The Excel file {file} declares a document type or entities inside; for safety it is not read"),
        Title("Excel 自己不会写这样的文件；请用 Excel 打开并另存", "Excel itself writes no such files; open it there and save it again"),
    ),
    "xlsx_no_table": (
        Title("{file} 里没有带表头的工作表", "{file} has no sheet with a header row"),
        Title("每张表要有一行写明各列的名字", "A sheet needs one row that names its columns"),
    ),
    "xls_old": (
        Title("{file} 是旧式 .xls 文件，或设了密码", "{file} is an old .xls file, or protected by a password"),
        Title("用 Excel 打开（输入密码），另存为不加密的 .xlsx 或 CSV（UTF-8）",
              "Open it in Excel (with the password) and save it as .xlsx without one, or as CSV (UTF-8)"),
    ),
}


def _failure(code: str, source: Survey) -> LastMeterError:
    message, hint = _FAILURES[code]
    return LastMeterError(f"import.{code}", message, hint, file=source.path.name)


@contextmanager
def _open(source: Survey, scratch: Path) -> Iterator[dict[str, Spool]]:
    if source.container == "ole":
        raise _failure("xls_old", source)
    try:
        with zipfile.ZipFile(source.path) as packed:
            _require_harmless(packed, source)
        found = _sheets(source, scratch)
    except (zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, IndexError, EOFError, AttributeError):
        # what openpyxl raises for a file that does not hold together; its texts may quote cells
        raise _failure("xlsx_damaged", source) from None
    if not found:
        raise _failure("xlsx_no_table", source)
    yield found


def _require_harmless(packed: zipfile.ZipFile, source: Survey) -> None:
    """No bombs, no document types: what could grow while it is read."""
    members = packed.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > _BOMB_BYTES or (unpacked > 64 * BLOCK and unpacked > _BOMB_RATE * source.size):
        raise _failure("xlsx_bomb", source)
    for member in members:
        if member.filename.endswith((".xml", ".rels")):
            with packed.open(member) as stream:  # a document type stands before the first element
                if re.search(rb"<!\s*(DOCTYPE|ENTITY)", stream.read(4096), re.IGNORECASE):
                    raise _failure("xlsx_entities", source)


def _sheets(source: Survey, scratch: Path) -> dict[str, Spool]:
    """The sheets that have a header, by name; hidden ones too, for exports hide nothing on purpose."""
    import openpyxl  # type: ignore[import-untyped]  # loaded where it is used: that takes longer than a small import

    book = openpyxl.load_workbook(source.path, read_only=True, data_only=True, keep_links=False, keep_vba=False)
    found: dict[str, Spool] = {}
    try:
        for number, sheet in enumerate(book.worksheets):
            sheet.reset_dimensions()  # what a file says of its size may be wrong
            rows = sheet.iter_rows()
            head = [row for _, row in zip(range(LOOKED_AT), rows, strict=False)]
            with zipfile.ZipFile(source.path) as packed:
                merges = _merges(packed, sheet._worksheet_path)
            header = find_header([[cell.value for cell in row] for row in head], merges)
            if header is None or not any(header.names):
                continue
            _require_different(header, source, sheet.title)
            spool = Spool(scratch / f"{source.digest}-{number}", [name for name in header.names if name])
            for row in [*head[header.last_row:]]:
                _add(spool, row, header)
            for row in rows:
                _add(spool, row, header)
            found[sheet.title] = spool.close()
    finally:
        book.close()
    return found


def _require_different(header: Header, source: Survey, sheet: str) -> None:
    twice = next((name for name in header.names if name and header.names.count(name) > 1), None)
    if twice is not None:
        raise LastMeterError(
            "import.column_twice",
            Title("{file} 里有两列都叫“{column}”", "{file} has two columns named “{column}”"),
            Title("给其中一列改名后再导入", "Rename one of them and import again"),
            file=f"{source.path.name}#{sheet}", column=twice,
        )


def _merges(packed: zipfile.ZipFile, member: str) -> list[Merge]:
    """The merged areas of a sheet; they stand behind its cells, so its text is gone through once."""
    found: list[Merge] = []
    rest = b""
    with packed.open(member.lstrip("/")) as stream:
        while block := stream.read(BLOCK):
            text = rest + block
            for letters, row, last_letters, last_row in _MERGE.findall(text):
                found.append(Merge(int(row), _number(letters), int(last_row), _number(last_letters)))
            rest = text[-_LONGEST_TAG:]
            if len(found) > _MERGES_KEPT:
                break
    return [merge for merge in dict.fromkeys(found) if merge.first_row <= LOOKED_AT]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _add(spool: Spool, row: Sequence[Any], header: Header) -> None:
    cells = {}
    number = 0
    for cell, name in zip(row, header.names, strict=False):
        if cell.value is None:
            continue
        number = cell.row
        if name:
            cells[name] = _shown(cell)
    if any(cells.values()):
        spool.add(number, cells)


def _shown(cell: Any) -> str | None:
    """A cell as a CSV would hold it; what cannot be restored is marked."""
    value = cell.value
    if cell.data_type == "e":
        return marked("cell_error", str(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if abs(value) >= _EXACT:
            return marked("number_rounded", f"{value:.15G}")
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        has_clock = value.time() != time() or bool(re.search("[hHsS]", cell.number_format or ""))
        return value.isoformat(" ") if has_clock else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value).strip() or None


KIND = SourceKind(
    "xlsx", Title("Excel 工作簿", "Excel workbook"), _ENDINGS,
    lambda source: source.container in ("zip", "ole") and source.path.suffix.lower() in (*_ENDINGS, ".xls"), _open,
)
