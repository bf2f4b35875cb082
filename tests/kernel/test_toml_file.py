"""Somebody edits a blueprint by hand; an error must point at the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.toml_file import nearest, read_toml

TEXT = '''# a comment [not.a.table]
[source]
name = "shop"          # line 3
note = """
[looks.like.a.table]
key = 1
"""

[[table]]
name = "orders"
files = [
  "a = b",
  "*.csv",
]
[[table.event]]
type = "order.paid"
[table.event.attributes]
weight = { column = "w", type = "number" }
[[table.event]]
type = "order.placed"
[[table]]
"quoted key" = 1
a.b = 2
'''


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(TEXT, encoding="utf-8")
    file = read_toml(path)
    assert file.line_of("source", "name") == 3
    assert file.line_of("table", 0, "files") == 11
    assert file.line_of("table", 0, "event", 0, "type") == 16
    assert file.line_of("table", 0, "event", 0, "attributes", "weight", "type") == 18
    assert file.line_of("table", 0, "event", 1, "type") == 20
    assert file.line_of("table", 1, "quoted key") == 22
    assert file.line_of("table", 1, "a", "b") == 23
    assert ("looks", "like", "a", "table") not in file.lines


def test_a_missing_key_points_at_its_table(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(TEXT, encoding="utf-8")
    assert read_toml(path).line_of("table", 0, "event", 1, "at") == 19


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_toml(path).values == {"a": 1}


@pytest.mark.parametrize(("content", "code"), [(b"a = \n", "toml.syntax"), (b"a = '\xff'", "toml.encoding")])
def test_what_cannot_be_read_says_so_in_both_languages(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "shop.toml"
    path.write_bytes(content)
    with pytest.raises(LastMeterError) as caught:
        read_toml(path)
    assert caught.value.code == code
    assert "shop.toml" in caught.value.message("zh")
    assert "shop.toml" in caught.value.message("en")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LastMeterError, match=r"no file .*shop\.toml"):
        read_toml(tmp_path / "shop.toml")


def test_the_word_that_was_meant() -> None:
    assert nearest("lnik", ["link", "step"]) == "link"
    assert nearest("zzz", ["link", "step"]) is None
