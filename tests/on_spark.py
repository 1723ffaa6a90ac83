"""What the tests of Spark share: a session that somebody has already, small files, and a report in JSON.

One session serves all tests of a module: to start one takes longer than to ask it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from funnelkit import render
from funnelkit.engines import Cells
from funnelkit.pipeline import reporting
from funnelkit.pipeline.options import Options

pytest.importorskip("pyspark", reason="pyspark is not installed")
if not shutil.which("java"):
    pytest.skip("Spark needs Java 17 or newer, and there is none here", allow_module_level=True)

QUIET = pytest.mark.filterwarnings("ignore::ResourceWarning")
ANSI = "spark.sql.ansi.enabled"
ALL = bool(os.environ.get("SPARK_ALL"))
"""Whether every file and every way to start is tried, which takes half an hour."""
QUICK = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    # Questions are many and small here: to compile each takes longer than to answer it, and so does to plan it anew
    # after each step.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    # Small parts, so that a file has several.
    "spark.sql.files.maxPartitionBytes": "100k",
}
HEAD = "Lead ID,Created Date,Lead Source,Company\n"
_ROW = "L{n},2026-01-{d:02},web,Acme {n}\n"
ROWS = "".join(_ROW.format(n=n, d=n % 28 + 1) for n in range(60))


@contextmanager
def session(warehouse: Path, more: Mapping[str, str]) -> Iterator[Any]:
    """A session of somebody's own with *more* settings."""
    from pyspark.sql import SparkSession

    from funnelkit.engines._spark_session import _silent

    builder = SparkSession.builder.master("local[2]")
    for key, value in {**QUICK, "spark.sql.warehouse.dir": str(warehouse), **more}.items():
        builder = builder.config(key, value)
    with _silent():
        made = builder.getOrCreate()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session that somebody has already, with a rule of its own."""
    with session(tmp_path_factory.mktemp("warehouse"), {ANSI: "false"}) as made:
        yield made


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Spark reads files of any size, and whether it could is kept."""
    from funnelkit.engines import _spark_read, spark

    told: list[bool] = []
    real = _spark_read.read

    def read(session: Any, cells: Cells) -> Any:
        found = real(session, cells)
        told.append(found is not None)
        return found

    monkeypatch.setattr(spark, "FEW_ROWS", 0)
    monkeypatch.setattr(_spark_read, "read", read)
    return told


def reported(files: Sequence[Path | str], engine: str, **options: Any) -> bytes:
    """The report of *files* in JSON, without a configuration unless one is named."""
    asked = Options(engine=engine, **{"no_config": "config" not in options, **options})
    return render.render(reporting.report([str(f) for f in files], asked), "json")
