"""A lazy table that a notebook can hand to whatever it likes to work with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from lastmeter.kernel.titles import Lang

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_SHOWN = 20


class Table:
    """Rows that are not computed before somebody asks.

    `frame` is the narwhals frame behind it, for anything not offered here; `chart` names its function in
    `charts.notebook`, which is loaded only when somebody draws. A table belongs to its workspace: close
    that and the table is gone; what `to_*` returned stays.
    """

    def __init__(self, frame: nw.LazyFrame[Any], chart: str | None = None) -> None:
        self.frame = frame
        self._chart = chart

    @classmethod
    def of_rows(cls, rows: Sequence[dict[str, Any]], chart: str | None = None) -> Table:
        """A table of rows that are there already; without rows it has no columns."""
        import pyarrow as pa

        return cls(nw.from_native(pa.Table.from_pylist(list(rows))).lazy(), chart)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.frame.collect_schema().names()

    def where(self, *predicates: Any, **equal: Any) -> Table:
        """Narrowed rows: `table.where(nw.col("flaw_count") > 1, place="SP")`."""
        frame = self.frame
        for column, value in equal.items():
            frame = frame.filter(nw.col(column) == value)
        return Table(frame.filter(*predicates) if predicates else frame, self._chart)

    def columns_only(self, *names: str) -> Table:
        """The same rows with these columns."""
        return Table(self.frame.select(*names), self._chart)

    def head(self, n: int = _SHOWN) -> Table:
        """The first rows."""
        return Table(self.frame.head(n), self._chart)

    def to_arrow(self) -> pa.Table:
        """All rows as a PyArrow table."""
        return self.frame.collect(backend="pyarrow").to_native()

    def to_polars(self) -> pl.DataFrame:
        """All rows as a Polars frame; needs `pip install lastmeter[notebook]`."""
        frame: pl.DataFrame = self.frame.collect(backend="polars").to_native()
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a pandas frame; needs `pip install lastmeter[notebook]`."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def chart(self, lang: Lang = "en") -> Any:
        """The Altair chart of this table in the look of the house."""
        if self._chart is None:
            raise TypeError("this table has no chart of its own: use to_polars() or to_pandas() and draw it")
        from lastmeter.charts import notebook

        return getattr(notebook, self._chart)(self.to_arrow(), lang)

    def __repr__(self) -> str:
        return f"<Table of {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        return self.head().to_pandas().to_html(index=False)
