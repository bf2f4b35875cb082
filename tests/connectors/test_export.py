"""Tables out: whole, streamed, and harmless to whoever opens them in a spreadsheet."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lastmeter.connectors.export import Format, format_of, write
from lastmeter.kernel.errors import LastMeterError

TABLE = pa.table({
    "order": ["A-1", "=1+2", None, '林晓 said "hi", then left'],
    "days": [-1, 2, 3, None],
    "on": [date(2024, 3, 3), None, None, None],
    "at": pa.array([datetime(2024, 3, 3, 9), None, None, None], pa.timestamp("us")),
    "share": [0.5, float("nan"), None, -2.0],
    "objects": [[{"type": "seller", "id": "s1"}], None, [], None],
})


@pytest.mark.parametrize("evil", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_cell_can_run_as_a_formula(evil: str) -> None:
    out = io.BytesIO()
    table = pa.table({"note": [evil], "kind": pa.array([evil]).dictionary_encode(), evil: pa.array([evil], pa.string_view())})
    write(table.to_reader(), "csv", out)
    header, row = out.getvalue().decode().split("\n", 1)
    assert header == f'"note","kind","\'{evil}"'
    assert row == ",".join([f'"\'{evil}"'] * 3) + "\n"


def test_csv_leaves_numbers_as_they_are() -> None:
    out = io.BytesIO()
    assert write(TABLE.to_reader(), "csv", out) == 4
    assert out.getvalue().decode().splitlines() == [
        '"order","days","on","at","share","objects"',
        '"A-1",-1,2024-03-03,2024-03-03 09:00:00.000000,0.5,"[{""type"": ""seller"", ""id"": ""s1""}]"',
        '"\'=1+2",2,,,nan,',
        ',3,,,,"[]"',
        '"林晓 said ""hi"", then left",,,,-2,',
    ]


def test_csv_files_open_in_spreadsheets(tmp_path: Path) -> None:
    write(TABLE, "csv", tmp_path / "orders.csv")
    assert (tmp_path / "orders.csv").read_bytes().startswith(b'\xef\xbb\xbf"order"')


def test_json_is_one_array(tmp_path: Path) -> None:
    write(TABLE.to_reader(max_chunksize=1), "json", tmp_path / "orders.json")
    rows = json.loads((tmp_path / "orders.json").read_text("utf-8"))
    assert rows[0] == {"order": "A-1", "days": -1, "on": "2024-03-03", "at": "2024-03-03T09:00:00", "share": 0.5,
                       "objects": [{"type": "seller", "id": "s1"}]}
    assert (rows[1]["order"], rows[1]["share"], len(rows)) == ("=1+2", None, 4)


@pytest.mark.parametrize(("form", "empty"), [("csv", b'"a"\n'), ("json", b"[]\n")])
def test_nothing_is_something_too(form: Format, empty: bytes) -> None:
    out = io.BytesIO()
    assert write(pa.table({"a": pa.array([], pa.string())}), form, out) == 0
    assert out.getvalue() == empty


def test_parquet_is_exact(tmp_path: Path) -> None:
    table = TABLE.drop_columns(["share"])
    write(table.to_reader(max_chunksize=1), "parquet", tmp_path / "orders.parquet")
    assert pq.read_table(tmp_path / "orders.parquet").equals(table)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> object:
        yield TABLE.to_batches()[0]
        raise RuntimeError("the source broke off")

    target = tmp_path / "orders.csv"
    target.write_text("the old one")
    with pytest.raises(RuntimeError):
        write(pa.RecordBatchReader.from_batches(TABLE.schema, broken()), "csv", target)
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]
    assert target.read_text() == "the old one"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(LastMeterError) as refused:
        write(TABLE, "csv", tmp_path / "nowhere" / "orders.csv")
    assert refused.value.code == "export.unwritable"
    assert refused.value.message("zh").startswith("写不了文件 orders.csv：")
    assert refused.value.hint("en") == "Does the folder exist, may you write there, is the disk full?"


def test_a_full_disk_is_said_to_be_full() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(OSError, match="No space left"), full.open("wb", buffering=0) as stream:
        write(TABLE, "json", stream)


def test_the_format_follows_the_ending() -> None:
    assert [format_of(Path(f"x.{ending}")) for ending in ("csv", "JSON", "parquet")] == ["csv", "json", "parquet"]
    with pytest.raises(LastMeterError) as refused:
        format_of(Path("x.xlsx"))
    assert (refused.value.message("en"), refused.value.hint("en")) == (
        "“xlsx” is not a known format", "Known are: csv, json, parquet")
