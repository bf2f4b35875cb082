"""Who still reads a file of the fact tables: a shared lock on each keeps it until its last reader has gone.

A lock lasts until its descriptor is closed, also when the process dies. So a request may outlive any number of builds, and
nothing is kept for a reader that is no more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def hold(paths: Iterable[Path]) -> list[int]:
    """Lock files or folders for reading; what to hand to `let_go`.

    Raises:
        FileNotFoundError: one of them is gone, or just about to go; nothing is held then.
    """
    held: list[int] = []
    try:
        for path in paths:
            held.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            try:
                fcntl.flock(held[-1], fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FileNotFoundError(path) from None
            # It may have been removed between opening and locking.
            if path.stat().st_ino != os.fstat(held[-1]).st_ino:
                raise FileNotFoundError(path)
    except BaseException:
        let_go(held)
        raise
    return held


def let_go(held: Iterable[int]) -> None:
    """The reader has done."""
    for descriptor in held:
        os.close(descriptor)


def remove_unread(path: Path) -> bool:
    """Remove a file or folder unless somebody reads it; whether it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return True
    finally:
        os.close(descriptor)
