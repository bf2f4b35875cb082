"""File locks: they last until their descriptor is closed, also when the process dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


def take_lock(path: Path, *, wait: bool = True, shared: bool = False) -> int:
    """Lock a file (made if need be); the lock lasts until the returned descriptor is closed.

    Raises:
        LastMeterError: `journal.busy`, `journal.not_writable`.
    """
    try:
        held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise not_writable(path, error) from None
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(held, mode if wait else mode | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise LastMeterError(
            "journal.busy",
            Title("另一个任务正在写入事件簿", "Another job is writing to the journal"),
            Title("稍后再试，或去掉 --no-wait 排队等候", "Try again later, or leave out --no-wait to queue"),
        ) from None
    except BaseException:
        os.close(held)
        raise
    return held


def not_writable(path: Path, error: OSError) -> LastMeterError:
    """The error for a folder or file that cannot be written, or a disk that is full."""
    return LastMeterError(
        "journal.disk_full" if error.errno in {28, 27, 122} else "journal.not_writable",
        Title("无法写入“{file}”：{reason}", "Cannot write “{file}”: {reason}"),
        Title("请检查磁盘空间和目录权限", "Check the disk space and the folder's permissions"),
        file=path.name,
        reason=os.strerror(error.errno or 0),
    )
