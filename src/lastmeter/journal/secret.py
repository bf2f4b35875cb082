"""The workspace's secret key: made once, kept in the database beside what it protects from being guessed."""

from __future__ import annotations

import secrets
from hashlib import sha256
from pathlib import Path

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection
from lastmeter.journal.durable import written_durably
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

KEY_BYTES = 32


def read_key(connection: Connection) -> bytes:
    """The key, made at the first opening, in a write transaction."""
    connection.execute(statements.SET_META_ONCE, ("key", secrets.token_hex(KEY_BYTES)))
    return bytes.fromhex(connection.execute(statements.GET_META, ("key",))[0][0])


def pair(folder: Path, key: bytes) -> None:
    """Tie a journal's folder to its database, at the first opening; refuse a database that is not the folder's.

    A database that knows nothing of the folder's segments (a mistyped address, a new one) would take them for orphans.

    Raises:
        LastMeterError: `journal.mismatch`.
    """
    mark = folder / "database.id"
    own = sha256(b"pair" + key).hexdigest()
    if mark.exists():
        if mark.read_text(encoding="ascii").strip() == own:
            return
    elif not any(folder.rglob("*.parquet")):
        with written_durably(mark) as temporary:
            temporary.write_text(own + "\n", encoding="ascii")
        return
    raise LastMeterError(
        "journal.mismatch",
        Title("数据库不是这个事件簿的：{folder}", "The database is not the one of this journal: {folder}"),
        Title(
            "检查 lastmeter.toml 里 [database] 的 url；什么都没有改动。换数据库要在新的工作区里重新导入",
            "Check url under [database] in lastmeter.toml; nothing was changed. To move to another database, import anew "
            "in a new workspace",
        ),
        folder=str(folder),
    )
