"""Tables out: CSV, JSON and Parquet, streamed from an Arrow reader to a file or a stream."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

Format = Literal["csv", "json", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
# A spreadsheet runs a text cell that begins so as a formula; a leading apostrophe makes it text.
_FORMULA = r"^[=+\-@\t\r]"


def format_of(path: Path) -> Format:
    """The format that a file's ending asks for.

    Raises:
        LastMeterError: `export.format_unknown`.
    """
    ending = path.suffix.lower().lstrip(".")
    for known in FORMATS:
        if ending == known:
            return known
    raise LastMeterError(
        "export.format_unknown",
        Title("不知道“{ending}”是什么格式", "“{ending}” is not a known format"),
        Title("可以用：{formats}", "Known are: {formats}"), ending=ending, formats=", ".join(FORMATS),
    )


def write(rows: pa.Table | pa.RecordBatchReader, form: Format, target: Path | BinaryIO) -> int:
    """Write all rows; how many. A file appears whole or not at all; a stream is left open.

    CSV is UTF-8 with a byte order mark in files (spreadsheets need it), its text cells safe from being run as formulas;
    JSON is one array of objects; nested values are JSON text in CSV.

    Raises:
        LastMeterError: `export.unwritable` if the place cannot be written.
    """
    writers: dict[Format, Callable[[pa.RecordBatchReader, BinaryIO], int]] = {
        "csv": _csv, "json": _json, "parquet": _parquet,
    }
    reader = rows.to_reader() if isinstance(rows, pa.Table) else rows
    if not isinstance(target, Path):
        return writers[form](reader, target)
    with whole_file(target) as stream:
        if form == "csv":
            stream.write(b"\xef\xbb\xbf")
        return writers[form](reader, stream)


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A stream into a temporary neighbour that takes the target's name once it is complete.

    Raises:
        LastMeterError: `export.unwritable`.
    """
    with whole_path(target) as draft, draft.open("wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def whole_path(target: Path) -> Iterator[Path]:
    """The path of a temporary neighbour that takes the target's name once it is complete; see `whole_file`."""
    draft = target.with_name(f".{target.name}.part")
    draft.unlink(missing_ok=True)
    try:
        yield draft
        draft.replace(target)
    except OSError as error:
        raise LastMeterError(
            "export.unwritable",
            Title("写不了文件 {file}：{why}", "Cannot write {file}: {why}"),
            Title("检查文件夹是否存在、有没有权限、磁盘是否已满",
                  "Does the folder exist, may you write there, is the disk full?"),
            file=target.name, why=error.strerror or "",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _csv(reader: pa.RecordBatchReader, stream: BinaryIO) -> int:
    rows = 0
    with pa_csv.CSVWriter(stream, _text_schema(reader.schema)) as writer:
        for batch in reader:
            columns = [_csv_cells(column) for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=_text_schema(reader.schema)))
            rows += batch.num_rows
    return rows


def _csv_cells(column: pa.Array) -> pa.Array:
    if pa.types.is_nested(column.type):
        return pa.array([None if value is None else _json_text(value) for value in column.to_pylist()], pa.string())
    if not _is_text(column.type):
        return column
    text = column.cast(pa.string())
    return pc.if_else(pc.match_substring_regex(text, _FORMULA), pc.binary_join_element_wise("'", text, ""), text)


def _text_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of the CSV: names made safe as well, texts and nested values as strings."""
    return pa.schema([
        (f"'{field.name}" if field.name[:1] in tuple("=+-@\t\r") else field.name,
         pa.string() if _is_text(field.type) or pa.types.is_nested(field.type) else field.type)
        for field in schema
    ])


def _is_text(kind: pa.DataType) -> bool:
    return any(check(kind) for check in (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_dictionary))


def _json(reader: pa.RecordBatchReader, stream: BinaryIO) -> int:
    rows = 0
    for batch in reader:
        for row in batch.to_pylist():
            stream.write(b"[\n" if rows == 0 else b",\n")
            stream.write(_json_text(row).encode())
            rows += 1
    stream.write(b"\n]\n" if rows else b"[]\n")
    return rows


def _json_text(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, default=_json_value, allow_nan=False)


def _plain(value: Any) -> Any:
    """Numbers that JSON cannot hold become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _json_value(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _parquet(reader: pa.RecordBatchReader, stream: BinaryIO) -> int:
    rows = 0
    with pa_parquet.ParquetWriter(stream, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows
