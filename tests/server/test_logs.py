"""The log says what failed and of what kind, never with the text of an error: it may name hosts, users, values."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from typing import Any

import psycopg_pool

from lastmeter.server.logs import JsonFormatter

SECRETS = ("wang.li", "db.internal", "127.0.0.1", "s3cret")


def written(message: object, *args: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("psycopg.pool", logging.WARNING, "x.py", 1, message, args, more.get("exc_info"))
    line: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return line


class Connection:
    """What a library's connection says of itself."""

    def __repr__(self) -> str:
        return "<Connection (host=db.internal user=wang.li)>"


def test_an_error_in_a_message_is_named_by_its_kind() -> None:
    line = written("error connecting in %r: %s", "pool-1", OSError('connection to "db.internal" as "wang.li" failed'))
    assert (line["message"], line["error"]) == ("error connecting in 'pool-1': OSError", "OSError")


def test_so_is_whatever_is_no_plain_value() -> None:
    assert written("discarding closed connection: %s, %.1f s, %d left", Connection(), 2.0, 3)["message"] == (
        "discarding closed connection: Connection, 2.0 s, 3 left")
    assert written("%(what)s: %(n)d", {"what": Connection(), "n": 2})["message"] == "Connection: 2"
    assert written(OSError("wang.li"))["message"] == "OSError"


def test_what_was_raised_is_told_by_its_kind_and_place() -> None:
    try:
        raise ValueError("wang.li")
    except ValueError:
        line = written("failed 100%", exc_info=sys.exc_info())
    assert (line["message"], line["error"]) == ("failed 100%", "ValueError")
    assert "wang.li" not in json.dumps(line)


def test_a_pool_that_cannot_connect_names_neither_host_nor_user() -> None:
    heard = io.StringIO()
    handler, logger = logging.StreamHandler(heard), logging.getLogger("psycopg.pool")
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    try:
        with psycopg_pool.ConnectionPool(
            "host=127.0.0.1 port=9 user=wang.li password=s3cret dbname=x connect_timeout=2", min_size=1, open=False, reconnect_timeout=0.2,
        ) as pool:
            ends = time.monotonic() + 20
            while not heard.getvalue() and time.monotonic() < ends:
                time.sleep(0.02)
            assert pool.name
    finally:
        logger.removeHandler(handler)
    lines = [json.loads(line) for line in heard.getvalue().splitlines()]
    assert lines[0]["error"] == "OperationalError"
    assert not [secret for secret in SECRETS if secret in heard.getvalue()]
