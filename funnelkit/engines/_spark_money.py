"""Money in another currency, in Spark: exact, in whole numbers, rounded half to even.

Part of the Spark engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from funnelkit.engines._sql import name, names

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from funnelkit.engines._spark_session import Session

_WHOLE = "DECIMAL(38, 0)"


def converted(
    session: Session,
    frame: DataFrame,
    columns: Sequence[str],
    by: Sequence[str],
    factor: Callable[..., Fraction],
) -> DataFrame:
    """*frame* with the money *columns* times *factor* of the values of *by*, which are few."""
    table = session.named(frame)
    kinds = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    rates = []
    for values in session.rows(f"SELECT DISTINCT {names(list(by))} FROM {table}"):
        rate = factor(*values)
        cells = {f"k{i}": value for i, value in enumerate(values)}
        rates.append({**cells, "_above": str(rate.numerator), "_below": str(rate.denominator)})
    of = session.named(
        session.of_rows(
            rates,
            {**{f"k{i}": kinds[c] for i, c in enumerate(by)}, "_above": "STRING", "_below": "STRING"},
        )
    )
    on = " AND ".join(f"t.{name(c)} <=> r.k{i}" for i, c in enumerate(by))
    kept = [
        f"{_rounded(f't.{name(c)}')} AS {name(c)}" if c in columns else f"t.{name(c)}" for c in frame.columns
    ]
    return session.relation(f"SELECT {', '.join(kept)} FROM {table} t JOIN {of} r ON {on}")


def _rounded(cell: str) -> str:
    """SQL for *cell* times the rate: the whole number below, or the next where more than half is left or it is odd."""
    below = f"CAST(r._below AS {_WHOLE})"
    exact = f"(CAST({cell} AS DECIMAL(19, 0)) * CAST(r._above AS DECIMAL(19, 0)))"
    rest = f"pmod({exact}, {below})"
    whole = f"(({exact} - {rest}) DIV {below})"
    up = f"{rest} * 2 > {below} OR ({rest} * 2 = {below} AND {whole} % 2 <> 0)"
    return f"CAST({whole} + CASE WHEN {up} THEN 1 ELSE 0 END AS BIGINT)"
