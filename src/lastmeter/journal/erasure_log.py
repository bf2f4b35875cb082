"""The log of erasures beside the database: keyed hashes only. A restored backup of the database has forgotten them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from lastmeter.journal.durable import sync
from lastmeter.journal.locks import not_writable

FILE = "erased.log"


class Erased(NamedTuple):
    """One erased object or identity."""

    kind: str
    hash: bytes


class ErasureLog:
    """Lines of `kind hash time`, only ever appended to."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def add(self, entries: Iterable[Erased], at: datetime) -> None:
        """Append durably.

        Raises:
            LastMeterError: `journal.disk_full`, `journal.not_writable`.
        """
        lines = "".join(f"{entry.kind} {entry.hash.hex()} {at.isoformat()}\n" for entry in entries)
        try:
            with self._path.open("a", encoding="ascii") as file:
                file.write(lines)
            sync(self._path)
            sync(self._path.parent)
        except OSError as error:
            raise not_writable(self._path, error) from None

    def told(self) -> None:
        """Renew its time once the erasure holds: who read the journal between the two sees that the log changed again."""
        if self._path.exists():
            os.utime(self._path)

    def read(self) -> list[Erased]:
        """Every entry once. A last line that was cut off by a crash is left out: its erasure did not commit."""
        if not self._path.exists():
            return []
        whole = [line.split(" ") for line in self._path.read_text(encoding="ascii").splitlines()]
        return list(dict.fromkeys(Erased(line[0], bytes.fromhex(line[1])) for line in whole if len(line) == 3))
