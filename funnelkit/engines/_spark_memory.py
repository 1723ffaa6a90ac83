"""Frames between this machine's memory and Spark.

Part of the Spark engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql.types import StringType

from funnelkit import collect
from funnelkit.engines._linking import cells

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from funnelkit.engines._spark_session import Session


def from_memory(session: Session, frame: Any) -> DataFrame:
    """The rows of a pandas *frame*, in Spark."""
    kinds = {c: "STRING" if frame[c].dtype == "str" else "BIGINT" for c in frame.columns}
    columns = [cells(frame[c]) for c in frame.columns]
    rows = [dict(zip(kinds, row, strict=True)) for row in zip(*columns, strict=True)]
    return session.of_rows(rows, kinds)


def in_memory(frame: DataFrame) -> Any:
    """The rows of *frame* as a frame of pandas."""
    import pandas as pd

    rows = collect.fetched(frame)
    texts = {field.name for field in frame.schema.fields if isinstance(field.dataType, StringType)}
    return pd.DataFrame(
        {
            column: pd.array([row[i] for row in rows], dtype="str" if column in texts else "Int64")
            for i, column in enumerate(frame.columns)
        }
    )
