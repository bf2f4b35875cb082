"""Writes of the ORM, each in a transaction: a single one that Django would write without would pass the write lock by.

Named in `DatabaseOperations.compiler_module`; what is not here is Django's own.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.sql import compiler
from django.db.models.sql.compiler import SQLAggregateCompiler, SQLCompiler

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]


class _Queued(SQLCompiler):
    """Waits for its turn, like every transaction."""

    def execute_sql(self, *args: Any, **named: Any) -> Any:
        """Write."""
        if self.connection.in_atomic_block:
            return super().execute_sql(*args, **named)
        with transaction.atomic(using=self.using):
            return super().execute_sql(*args, **named)


class SQLInsertCompiler(_Queued, compiler.SQLInsertCompiler):
    """INSERT."""


class SQLUpdateCompiler(_Queued, compiler.SQLUpdateCompiler):
    """UPDATE."""


class SQLDeleteCompiler(_Queued, compiler.SQLDeleteCompiler):
    """DELETE."""
