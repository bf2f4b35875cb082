"""Erased is gone: 1,000 canary values in names, phones, texts and rejected rows, searched for byte by byte.

    python benchmarks/show_erasure.py [--seed N] [--people N]

A shop imports orders, reviews and rows that cannot be read, builds, briefs and exports. Every second person is erased,
then purged; the same files come again. Then every file of the workspace is searched, and Parquet files once more with
their columns decompressed. On PostgreSQL the tables are searched, and its own files to say what its log still holds.
The last line is one JSON object; `held_before` shows that the search would find them.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from tests.durability.tracing import open_folder
from tests.postgres import PostgresServer

from lastmeter.journal import erasure
from lastmeter.journal.engine import open_duckdb
from lastmeter.workspace import Workspace

AT = datetime(2018, 6, 1)
FIRST = datetime(2018, 1, 1, 9)

MAPPING = """
[source]
name = "canary"
title = { zh = "订单", en = "Orders" }
zone = "Asia/Shanghai"
currency = "CNY"
watermark = "last_time"

[[table]]
name = "orders"
key = ["order_id"]

[[table.event]]
type = "order.placed"
at = "placed_at"
objects = { order = "order_id", customer = { column = "phone", personal = true } }

[table.event.attributes]
receiver = { column = "name", type = "personal" }
amount = { column = "amount", type = "money" }

[[table.event]]
type = "review.answered"
at = "reviewed_at"
objects = { review = "order_id", order = "order_id" }

[table.event.attributes]
score = { column = "stars", type = "number" }
scale = { value = 5, type = "number" }
said = { column = "comment", type = "said" }
"""


class Person:
    """Somebody with four canaries: a name, a phone, words, and words in a row that cannot be read."""

    def __init__(self, number: int, chance: random.Random) -> None:
        tag = f"{number:04d}{chance.randrange(10**6):06d}"
        self.number = number
        self.name = f"Canary名{tag}"
        self.phone = f"1{3 + number % 7}{chance.randrange(10**9):09d}"
        self.words = f"canary-words-{tag} 请打 {self.phone}"
        self.rejected = f"canary-rejected-{tag}"

    @property
    def canaries(self) -> list[str]:
        """What must not be found; the words without the phone in them."""
        return [self.name, self.phone, self.words.split(" ")[0], self.rejected]


def write_orders(path: Path, people: list[Person], chance: random.Random) -> None:
    """Two orders a person, and a row with an unreadable time."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "placed_at", "phone", "name", "amount", "reviewed_at", "stars", "comment"])
        for person in people:
            for turn in range(2):
                placed = FIRST + timedelta(days=chance.randrange(100), minutes=person.number)
                reviewed = placed + timedelta(days=4)
                words = person.words if turn == 0 else "很好"
                writer.writerow([
                    f"C{person.number}-{turn}", placed, person.phone, person.name, "19.90", reviewed,
                    chance.randrange(1, 6), words,
                ])  # fmt: skip
            writer.writerow([
                f"C{person.number}-bad", "31/02/2018 25:00", person.phone, person.name, "1.00", "", "5", person.rejected
            ])  # fmt: skip


def command(*arguments: str) -> None:
    """One `lastmeter` command."""
    subprocess.run([sys.executable, "-c", "from lastmeter.cli import main; main()", *arguments], check=True, stdout=subprocess.DEVNULL)


def hours_of_work(folder: Path, files: Path) -> None:
    """Import, build, brief and export, as a user does."""
    command("import", str(files), "--source", "canary", "--workspace", str(folder))
    command("build", "--workspace", str(folder))
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    for what in ("journeys", "events"):
        for form in ("csv", "parquet", "json"):
            output = str(exports / f"{what}.{form}")
            command("export", what, "--workspace", str(folder), "--format", form, "--output", output)


def workspace(folder: Path, url: str | None) -> None:
    """A new workspace with the mapping."""
    Workspace.create(folder)
    if url is not None:
        settings = folder / "lastmeter.toml"
        settings.write_text(settings.read_text(encoding="utf-8").replace('url = ""', f'url = "{url}"', 1), "utf-8")
    (folder / "sources" / "canary.toml").write_text(MAPPING, encoding="utf-8")


def texts_of(folder: Path) -> Iterator[bytes]:
    """Every file as bytes, and every Parquet file once more as the text of its values."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.read_bytes()
        if path.suffix == ".parquet":
            with open_duckdb() as duck:
                rows = duck.read_parquet(str(path)).fetchall()
            yield repr(rows).encode()


def found_in(texts: Iterable[bytes], canaries: list[str]) -> set[str]:
    """The canaries that any of the texts holds, plain or escaped as in JSON."""
    left = {canary: {canary.encode(), json.dumps(canary)[1:-1].encode()} for canary in canaries}
    found: set[str] = set()
    for text in texts:
        found |= {canary for canary in left.keys() - found if any(form in text for form in left[canary])}
    return found


def tables_of(url: str) -> Iterator[bytes]:
    """Every table of a PostgreSQL database as text."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            for (row,) in connection.execute(f'SELECT t::text FROM "{name}" AS t'):
                yield row.encode()


def erase_and_return(folder: Path, files: Path, gone: list[Person]) -> bool:
    """Erase, purge, import the same files again, purge; whether the purges were done."""
    with Workspace.open(folder) as opened:
        erasure.erase(opened.journal, [person.phone for person in gone], AT)
        first = opened.purge()
    hours_of_work(folder, files)
    with Workspace.open(folder) as opened:
        return bool(first.done and opened.purge().done)


def main() -> None:
    """Both databases; then the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=250)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    people = [Person(number, chance) for number in range(2 * chosen.people)]
    gone = people[::2]
    canaries = [canary for person in gone for canary in person.canaries]
    others = [person.name for person in people[1::2]]
    figures: dict[str, object] = {"canaries": len(canaries)}
    with open_folder() as scratch, PostgresServer() as server:
        files = scratch / "orders.csv"
        write_orders(files, people, chance)
        local = scratch / "local"
        workspace(local, None)
        hours_of_work(local, files)
        figures["held_before"] = len(found_in(texts_of(local), canaries))
        figures["purged"] = erase_and_return(local, files, gone)
        figures["found"] = len(found_in(texts_of(local), canaries))
        figures["others_kept"] = len(found_in(texts_of(local), others)) == len(others)
        url = server.new_database()
        remote = scratch / "remote"
        workspace(remote, url)
        hours_of_work(remote, files)
        figures["postgresql_held_before"] = len(found_in(tables_of(url), canaries))
        figures["postgresql_purged"] = erase_and_return(remote, files, gone)
        figures["postgresql_found_in_workspace"] = len(found_in(texts_of(remote), canaries))
        figures["postgresql_found_in_tables"] = len(found_in(tables_of(url), canaries))
        server.stop()
        figures["postgresql_found_in_table_files"] = len(found_in(texts_of(server.data / "base"), canaries))
        figures["postgresql_found_in_wal_until_recycled"] = len(found_in(texts_of(server.data / "pg_wal"), canaries))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
