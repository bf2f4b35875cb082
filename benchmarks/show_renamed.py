"""The same orders with every column renamed, rows shuffled, split into 12 files, imported in random order, some twice:
the brief must be the same to the byte. `make show-renamed ARGS="--seed 3"`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lastmeter.diagnosis.brief import brief_json
from lastmeter.workspace import Workspace
from orders import exports, new_workspace, real_data, say

FILES = 12
TWICE = 4
AT = datetime(2026, 1, 1)


def brief_of(folder: Path, imports: list[list[Path]]) -> bytes:
    """The brief of a workspace after these imports, each a batch of its own."""
    with Workspace.open(folder) as ws:
        for files in imports:
            ws.import_files(files, at=AT, as_of=AT)
        ws.build(at=AT)
        return b"".join(brief_json(ws.brief(period=period)).encode() for period in (None, "2018-03", "2018-Q1"))


def renamed(column: str, rng: random.Random) -> str:
    """Another name of the same column."""
    return f"c{rng.randrange(10**6):06d}_{column[::-1]}"


def rewrite(mapping: Path, names: dict[str, str]) -> None:
    """The mapping for the renamed columns: quoted names, names in templates, and keys of conditions."""
    text = mapping.read_text(encoding="utf-8")
    for old, new in names.items():
        text = text.replace(f'"{old}"', f'"{new}"').replace("{" + old + "}", "{" + new + "}")
        text = re.sub(rf"(when = \{{ ){old}( =)", rf"\g<1>{new}\g<2>", text)
    mapping.write_text(text, encoding="utf-8")


def scramble(files: list[Path], folder: Path, rng: random.Random) -> tuple[list[Path], dict[str, str]]:
    """The renamed, shuffled pieces, and the new name of each column."""
    folder.mkdir()
    names: dict[str, str] = {}
    pieces = [2 if position < FILES - len(files) else 1 for position in range(len(files))]
    rng.shuffle(pieces)
    made = []
    for file, count in zip(files, pieces, strict=True):
        table = pq.read_table(file)
        for column in table.column_names:
            names.setdefault(column, renamed(column, rng))
        order = list(range(table.num_rows))
        rng.shuffle(order)
        table = table.take(pa.array(order)).rename_columns([names[column] for column in table.column_names])
        for part in range(count):
            made.append(folder / f"{rng.randrange(10**9)}.parquet")
            pq.write_table(table.take(pa.array(range(part, table.num_rows, count))), made[-1])
    return made, names


def main() -> None:
    """Print {files, differences, ...}."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    rng = random.Random(parser.parse_args().seed)
    files = exports(real_data("olist"))
    with tempfile.TemporaryDirectory() as scratch:
        plain, other = Path(scratch) / "plain", Path(scratch) / "renamed"
        new_workspace(plain, "olist")
        expected = brief_of(plain, [files])
        say(["brief of the files as they are:", len(expected), "bytes"])
        new_workspace(other, "olist")
        pieces, names = scramble(files, Path(scratch) / "pieces", rng)
        rewrite(other / "sources" / "shop.toml", names)
        order = pieces + rng.sample(pieces, TWICE)
        rng.shuffle(order)
        found = brief_of(other, [[piece] for piece in order])
    differences = sum(a != b for a, b in zip(expected, found, strict=False)) + abs(len(expected) - len(found))
    print(json.dumps({"files": len(pieces), "imports": len(order), "columns": len(names), "brief_bytes": len(expected),
                      "differences": differences}))


if __name__ == "__main__":
    main()
