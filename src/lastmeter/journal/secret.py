"""The workspace's secret key: made once, kept in the database beside what it protects from being guessed."""

from __future__ import annotations

import secrets

from lastmeter.journal import statements
from lastmeter.journal.store import Connection

KEY_BYTES = 32


def read_key(connection: Connection) -> bytes:
    """The key, made at the first opening, in a write transaction."""
    connection.execute(statements.SET_META_ONCE, ("key", secrets.token_hex(KEY_BYTES)))
    return bytes.fromhex(connection.execute(statements.GET_META, ("key",))[0][0])
