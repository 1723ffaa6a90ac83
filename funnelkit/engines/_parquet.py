"""Canonical frames as Parquet files: written by DuckDB, and read by it for the engines in memory."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelkit.engines._sql import literal, name

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from funnelkit.engines import Engine

MARK = "funnelkit"
"""The name under which a file says that its cells are canonical ones: days and money as whole numbers."""


def scan(path: Path) -> str:
    """SQL for the rows of the Parquet file at *path*, in their order."""
    return f"read_parquet({literal(glob.escape(str(path)))})"


def write(engine: Engine, frame: Any, path: Path) -> None:
    """Put *frame*, the table of one file, into a file at *path*, in the order of the lines that it comes from."""
    import duckdb

    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        own = isinstance(frame, duckdb.DuckDBPyRelation)
        relation = frame if own else _relation(con, engine.in_memory(frame))
        relation.query(
            "kept",
            f"COPY (SELECT * FROM kept ORDER BY source_row) TO {literal(str(path))} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{MARK}: 'canonical'}})",
        )


def _relation(con: DuckDBPyConnection, frame: pd.DataFrame) -> DuckDBPyRelation:
    """*frame* in the database; a column without any value is what its type says, too."""
    import pandas as pd

    kinds = {c: "BIGINT" if pd.api.types.is_integer_dtype(t) else "VARCHAR" for c, t in frame.dtypes.items()}
    cells = ", ".join(f"CAST({name(str(c))} AS {kind}) AS {name(str(c))}" for c, kind in kinds.items())
    return con.from_df(frame).project(cells)


def in_memory(path: Path) -> pd.DataFrame:
    """The rows of the Parquet file at *path* as a frame of pandas, every whole number exact."""
    import duckdb
    import pandas as pd

    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        cells = con.execute(f"SELECT * FROM {scan(path)}").fetchnumpy()
    return pd.DataFrame({header: _column(column) for header, column in cells.items()})


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
