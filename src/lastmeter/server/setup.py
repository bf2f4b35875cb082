"""Django, made ready for one workspace; and its tables, brought up to date."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


def prepare(workspace: Path) -> None:
    """Set Django up for this workspace; once a process.

    Raises:
        LastMeterError: `workspace.missing`, `config.invalid`, `server.secret_file`.
    """
    from lastmeter.workspace.config import load_config

    load_config(workspace)
    os.environ["LASTMETER_WORKSPACE"] = str(workspace.resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lastmeter.server.settings")
    import django

    django.setup()


def migrate() -> list[str]:
    """Bring the tables up to date, the journal's and the server's; what was done, one line a migration."""
    from django.core.management import call_command

    from lastmeter.server.company import served

    served.journal  # noqa: B018 - opening it brings its own tables up to date
    waiting = pending()
    call_command("migrate", interactive=False, verbosity=0, stdout=StringIO())
    return waiting


def pending() -> list[str]:
    """Migrations of the server that the database has not seen."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def demand_migrated() -> None:
    """Refuse to serve on tables that are behind.

    Raises:
        LastMeterError: `server.not_migrated`.
    """
    waiting = pending()
    if waiting:
        raise LastMeterError(
            "server.not_migrated",
            Title("数据库还差 {n} 个迁移", "The database is {n} migrations behind"),
            Title("先备份，再运行 lastmeter migrate", "Back up, then run lastmeter migrate"), n=len(waiting),
        )
