"""The shop's order system is a database: read only, bit by bit, and honest about what it cannot do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lastmeter.connectors.importing import import_database
from lastmeter.connectors.mapping_file import check_mapping
from lastmeter.connectors.report import ImportReport
from lastmeter.kernel.errors import LastMeterError
from tests.connectors.shop import NOW, Shop

EVENTS = """
key = ["order_id"]

[[table.event]]
type = "order.placed"
at = "placed_at"
objects = { order = "order_id" }
[table.event.attributes]
amount = { column = "amount", type = "money" }
"""


def mapping_of(url: str, table: str = 'from = "orders"\nincremental = "updated_at"', events: str = EVENTS) -> str:
    return f"""
[source]
name = "erp"
title = "ERP"
zone = "Asia/Shanghai"
currency = "CNY"
{url}

[[table]]
name = "orders"
{table}
{events}"""


Run = Callable[[str], object]


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest, shop: Shop) -> Iterator[tuple[str, Run]]:
    """The line of the mapping that names the database, and how to change what it holds."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(shop.folder / "erp.db", isolation_level=None)) as connection:
            yield 'url = "sqlite:erp.db"', connection.executescript
    else:
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url, autocommit=True) as other:
            yield f'url = "{url}"', lambda text: other.execute(text.encode())


TABLE = "CREATE TABLE orders (order_id TEXT, placed_at TIMESTAMP, amount NUMERIC(10, 2), updated_at TIMESTAMP)"


def row(order: str, day: int, amount: str = "12.50", updated: int | None = None) -> str:
    return (f"INSERT INTO orders VALUES ('{order}', '2024-03-{day:02} 09:00:00', {amount}, "
            f"'2024-03-{updated or day:02} 09:00:00')")


def take(shop: Shop, mapping: str, days: int = 0) -> ImportReport:
    return import_database(shop.journal, shop.mapping(mapping), at=NOW + timedelta(days=days), base=shop.folder)


def refused(shop: Shop, mapping: str) -> LastMeterError:
    with pytest.raises(LastMeterError) as caught:
        take(shop, mapping)
    assert shop.journal.batches() == []
    assert caught.value.message("zh") != caught.value.message("en")
    assert caught.value.hint("zh")
    assert caught.value.hint("en")
    return caught.value


def test_a_table_is_read_and_only_what_is_new_is_read_again(shop: Shop, base: tuple[str, Run]) -> None:
    url, run = base
    run(f"{TABLE}; {row('A-1', 3)}; {row('A-2', 4)}")
    first = take(shop, mapping_of(url))
    assert (first.rows, first.stored) == (2, 2)
    assert shop.events("id, occurred_at, attr_amount") == [
        ("order.placed:A-1", datetime(2024, 3, 3, 1), 1250), ("order.placed:A-2", datetime(2024, 3, 4, 1), 1250)]
    run(f"{row('A-3', 5)}; UPDATE orders SET amount = 3, updated_at = '2024-03-06 09:00:00' WHERE order_id = 'A-1'")
    second = take(shop, mapping_of(url), 1)
    # A-2 has the last value that was read and is asked for again, as another row of that moment may have come since
    assert (second.rows, second.stored, second.corrected, second.duplicate) == (3, 1, 1, 1)
    assert shop.events("attr_amount") == [300, 1250, 1250]


def test_undone_batches_are_read_again(shop: Shop, base: tuple[str, Run]) -> None:
    url, run = base
    run(f"{TABLE}; {row('A-1', 3)}")
    take(shop, mapping_of(url))
    run(row("A-2", 4))
    second = take(shop, mapping_of(url), 1)
    run(row("A-3", 5))
    take(shop, mapping_of(url), 2)
    shop.journal.undo(second.batch, at=NOW + timedelta(days=3))
    again = take(shop, mapping_of(url), 4)
    assert again.rows == 3
    assert shop.events() == ["order.placed:A-1", "order.placed:A-2", "order.placed:A-3"]


def test_a_query_and_another_mapping_read_everything(shop: Shop, base: tuple[str, Run]) -> None:
    url, run = base
    run(f"{TABLE}; {row('A-1', 3)}; {row('B-1', 4)}")
    query = """query = "SELECT * FROM orders WHERE order_id LIKE 'A%';"\nincremental = "updated_at" """
    assert take(shop, mapping_of(url, query)).rows == 1
    run(row("A-2", 5))
    assert take(shop, mapping_of(url, query), 1).rows == 2
    assert take(shop, mapping_of(url), 2).rows == 3


def test_a_bad_row_is_set_aside(shop: Shop, base: tuple[str, Run]) -> None:
    url, run = base
    run("CREATE TABLE orders (order_id TEXT, placed_at TEXT, amount TEXT); INSERT INTO orders VALUES ('A-1', 'never', '1')")
    take(shop, mapping_of(url, 'from = "orders"'))
    assert shop.rejected_codes() == [(1, "placed_at", "time_unreadable")]


def test_a_query_that_writes_is_refused(shop: Shop, base: tuple[str, Run]) -> None:
    url, run = base
    run(f"{TABLE}; {row('A-1', 3)}")
    for query in ("DELETE FROM orders RETURNING *", "SELECT 1; DROP TABLE orders"):
        error = refused(shop, mapping_of(url, f'query = "{query}"'))
        assert error.code in ("import.sql_query", "import.sql_writes")
    assert take(shop, mapping_of(url)).rows == 1


def test_a_table_or_column_that_is_gone(shop: Shop, base: tuple[str, Run]) -> None:
    url, run = base
    error = refused(shop, mapping_of(url))
    assert error.message("en") == "Source “erp” lacks the table or view that “orders” reads"
    run("CREATE TABLE orders (order_id TEXT, placed TEXT, amount TEXT)")
    error = refused(shop, mapping_of(url, 'from = "orders"'))
    assert error.message("en") == "erp.orders lacks columns of the table “orders”: placed_at"
    assert error.hint("zh") == "是不是改名为“placed”了？是的话请改映射里的列名"
    assert refused(shop, mapping_of(url)).code == "import.sql_column"
    assert refused(shop, mapping_of(url, 'query = "SELECT nobody FROM orders"')).code == "import.sql_column"
    assert refused(shop, mapping_of(url, 'query = "SELECT FROM WHERE"')).code == "import.sql_query"
    assert refused(shop, mapping_of(url, 'query = "SELECT order_id, order_id FROM orders"')).code in (
        "import.sql_column_twice", "import.column_missing")


def test_a_database_that_is_not_there(shop: Shop, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(shop, mapping_of('url = "sqlite:gone.db"')).code == "import.sql_no_database"
    assert refused(shop, mapping_of('url = "mysql://x"')).code == "import.url_unknown"
    error = refused(shop, mapping_of('url_env = "ERP_URL"'))
    assert error.message("zh") == "环境变量 ERP_URL 没有设置"
    monkeypatch.setenv("ERP_URL", postgres_url.replace("/test_", "/gone_"))
    assert refused(shop, mapping_of('url_env = "ERP_URL"')).code == "import.sql_no_database"
    monkeypatch.setenv("ERP_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    error = refused(shop, mapping_of('url_env = "ERP_URL"'))
    assert error.message("en") == "The database of source “erp” cannot be reached"
    assert "secret" not in str(error) + repr(error.places)


@pytest.mark.parametrize("told", [
    'connection failed: FATAL:  password authentication failed for user "lin"', 'FATAL:  role "lin" does not exist',
])
def test_a_wrong_password(shop: Shop, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise psycopg.OperationalError(told)

    monkeypatch.setattr(psycopg, "connect", fails)
    error = refused(shop, mapping_of('url = "postgresql://lin@host/erp"'))
    assert error.message("en") == "The database of source “erp” does not accept the user or password"
    assert "lin" not in error.message("en")


def test_a_user_who_may_not_read(shop: Shop, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"{TABLE}; DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN".encode())
    user = postgres_url.split("//")[1].split("@")[0]
    error = refused(shop, mapping_of(f'url = "{postgres_url.replace(user, "guest", 1)}"'))
    assert error.message("en") == "No permission to read table “orders”"


def test_a_file_that_is_no_database(shop: Shop) -> None:
    shop.file("erp.db", b"SQLite format 3\x00" + b"broken" * 400)
    assert refused(shop, mapping_of('url = "sqlite:erp.db"')).code == "import.sqlite_damaged"


def test_a_column_whose_values_have_no_order(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.folder / "erp.db")) as connection:
        connection.executescript("CREATE TABLE orders (order_id, placed_at, amount, updated_at); "
                                 "INSERT INTO orders VALUES ('A', '2024-03-03 09:00', 1, 5), ('B', '2024-03-03 09:00', 1, 'x')")
    assert refused(shop, mapping_of('url = "sqlite:erp.db"')).code == "import.sql_mixed"


@pytest.mark.parametrize(("url", "table", "code"), [
    ('url = "postgresql://lin:secret@host/erp"', 'from = "orders"', "mapping.url_password"),
    ('url = "sqlite:a"\nurl_env = "X"', 'from = "orders"', "mapping.url_twice"),
    ('url = "sqlite:a"', "", "mapping.query_missing"),
    ('url = "sqlite:a"', 'from = "orders"\nquery = "SELECT 1"', "mapping.query_twice"),
    ("", 'from = "orders"', "mapping.query_without_url"),
    ("", 'incremental = "updated_at"', "mapping.query_without_url"),
])
def test_mappings_that_contradict_themselves(shop: Shop, url: str, table: str, code: str) -> None:
    path = Path(shop.folder / "shop.toml")
    path.write_text(mapping_of(url, table), "utf-8")
    assert [problem.code for problem in check_mapping(path)] == [code]
