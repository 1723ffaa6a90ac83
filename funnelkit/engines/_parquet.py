"""Canonical frames as Parquet files: written by DuckDB, and read by it for the engines in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelkit.engines._sql import literal

if TYPE_CHECKING:
    import pandas as pd

    from funnelkit.engines._session import Session

MARK = "funnelkit"
"""The name under which a file says that its cells are canonical ones: days and money as whole numbers."""


def scan(path: Path) -> str:
    """SQL for the rows of the Parquet file at *path*, in their order."""
    return f"read_parquet({literal(str(path))})"


def write(session: Session, frame: str, path: Path) -> None:
    """Put the rows of the table *frame* into a file at *path*, in the order of the lines that they come from."""
    session.con.execute(
        f"COPY (SELECT * FROM {frame} ORDER BY source_row) TO {literal(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{MARK}: 'canonical'}})"
    )


def in_memory(path: Path) -> pd.DataFrame:
    """The rows of the Parquet file at *path* as a frame of pandas, every whole number exact."""
    import duckdb
    import pandas as pd

    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        cells = con.execute(f"SELECT * FROM {scan(path)}").fetchnumpy()
    return pd.DataFrame({name: _column(column) for name, column in cells.items()})


def _column(cells: Any) -> Any:
    import numpy as np
    import pandas as pd

    missing = np.ma.getmaskarray(cells)
    values = np.ma.getdata(cells)
    if values.dtype != object:
        return pd.arrays.IntegerArray(values.astype(np.int64), missing.copy())
    values = values.copy()
    values[missing] = None
    return pd.array(values, dtype="str")
