"""Made-up exports of three shops: Pinebridge (English), 清河 (Chinese) and Eschenhof (German)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from lastmeter.connectors.proposal import Decision, Proposal, propose

NOW = datetime(2025, 12, 1)
Look = Callable[..., Proposal]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV: a header, then rows; cells are joined by the separator."""

    def write(name: str, header: str, rows: Sequence[Sequence[object]], *, encoding: str = "utf-8", separator: str = ",") -> Path:
        path = tmp_path / name
        lines = [header.replace(",", separator), *(separator.join(str(cell) for cell in row) for row in rows)]
        path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        return path

    return write


@pytest.fixture
def look() -> Look:
    def look(*files: Path, zone: str = "Asia/Shanghai", currency: str | None = "CNY", rows: int = 10_000) -> Proposal:
        return propose(files, name="shop", zone=zone, currency=currency, at=NOW, rows=rows)

    return look


def decided(proposal: Proposal, column: str, table: str | None = None) -> Decision:
    return next(one for one in proposal.decisions if one.column == column and table in (None, one.table))
