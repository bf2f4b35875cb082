"""Files that are either there and whole, or not there: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lastmeter.journal.locks import not_writable

TEMPORARY = ".partial"


@contextmanager
def written_durably(path: Path) -> Iterator[Path]:
    """A temporary path to write to; at the end its bytes are on disk and it has its name. On an error nothing stays.

    Raises:
        LastMeterError: `journal.disk_full`, `journal.not_writable`.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        sync(temporary)
        temporary.rename(path)
        sync(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise not_writable(path, error) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Force a file's bytes, or a folder's names, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
