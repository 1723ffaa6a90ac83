"""A session of Spark for the time of one report: started quietly, its tables named by numbers, nothing left behind.

Where the program that calls already works with Spark, its session is used, and stays as it was.
Imported only when Spark is asked for, so pyspark stands at the top.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, cast

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from funnelkit import collect
from funnelkit.engines import _spark_connect as connect
from funnelkit.engines._spark_sql import literal
from funnelkit.errors import UsageError
from funnelkit.styles import BAD

MASTER = "local[*]"
"""Where Spark runs if nothing else is said: on all processors of this machine."""
_RULES = {
    # A sum that 64 bits do not hold is an error in ANSI mode, and a wrong number without.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    # Nobody reads how Spark describes what it does, and that may take longer than to do it.
    "spark.sql.maxPlanStringLength": "1000",
}
"""What the numbers depend on, whatever the options say."""
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ui.retainedExecutions": "10",
    # A host that lets every packet fall is asked so many times, of 20 seconds each; else it would be 45 times.
    "spark.hadoop.ipc.client.connect.max.retries.on.timeouts": "1",
}
"""What a session that is started here has unless the options say otherwise."""
_FOLDER = "spark.checkpoint.dir"
"""Where it is set, what is worked out once is kept in it, and outlives the loss of a machine."""
_BATCH = 5_000
"""So many rows go to Spark in one piece."""
_NAMES = count()


class Session:
    """A session of Spark on *master*, with further *options*."""

    def __init__(self, master: str = MASTER, options: Mapping[str, str] | None = None) -> None:
        found = None if master.startswith(connect.SCHEME) else SparkSession.getActiveSession()
        folder = tempfile.mkdtemp(prefix="funnelkit-spark-")
        try:
            base = found or _started(master, options or {}, folder)
            # The rules hold in a session of our own, so that those of the caller stay what they were.
            self.spark = base if master.startswith(connect.SCHEME) else base.newSession()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for key, value in _RULES.items():
            self.spark.conf.set(key, value)
        self._reliable = bool(self.spark.conf.get(_FOLDER, ""))
        # Called when the report is done; else, for a program that forgets it, with the session itself.
        self.close = weakref.finalize(self, _leave, self.spark, None if found else base, folder)

    def named(self, frame: DataFrame) -> str:
        """The name of a view of *frame*."""
        name = f"funnelkit_{next(_NAMES)}"
        frame.createOrReplaceTempView(name)
        return name

    def relation(self, query: str, values: Sequence[Any] = ()) -> DataFrame:
        """The rows of *query*, as a frame."""
        return self.spark.sql(query, list(values) or None)

    def view(self, query: str) -> str:
        """The name of a view of *query*."""
        return self.named(self.relation(query))

    def held(self, frame: DataFrame) -> DataFrame:
        """*frame*, worked out once for all that is asked of it later.

        A frame that is only cached keeps its whole history, which Spark goes through again for every question.
        """
        with connect.active(self.spark):
            if self._reliable:
                return frame.checkpoint(eager=False)
            return frame.localCheckpoint(eager=False)

    def kept(self, query: str) -> DataFrame:
        """The rows of *query*, worked out once and held, as a frame."""
        return self.held(self.relation(query))

    def of_rows(self, rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> DataFrame:
        """A frame of *rows*, whose columns have *kinds*.

        They travel as JSON, which any Spark reads by itself: no Python runs where the data lie.
        """
        parts = [json.dumps(list(rows[i : i + _BATCH])) for i in range(0, len(rows), _BATCH)] or ["[]"]
        fields = ", ".join(f"`{column.replace('`', '``')}`: {kind}" for column, kind in kinds.items())
        schema = literal(f"ARRAY<STRUCT<{fields}>>")
        given = ", ".join("(?)" for _ in parts)
        return self.relation(
            f"SELECT inline(from_json(part, {schema})) FROM VALUES {given} AS t(part)", parts
        )

    def known(self, cells: Sequence[str], parsed: Sequence[Any], kind: str) -> str:
        """The name of a table of *cells*, the values they were *parsed* to, and whether they are bad."""
        rows = [
            {"cell": cell, "value": None if value is BAD else value, "bad": value is BAD}
            for cell, value in zip(cells, parsed, strict=True)
        ]
        return self.named(self.of_rows(rows, {"cell": "STRING", "value": kind, "bad": "BOOLEAN"}))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of *query* as Python values; few, since they come to this machine."""
        return collect.fetched(self.relation(query))


def _started(master: str, options: Mapping[str, str], folder: str) -> SparkSession:
    """A new session, whose warehouse is *folder* if it is one of this machine."""
    if master.startswith(connect.SCHEME):
        return cast("SparkSession", connect.begun(master, options))
    _check_java()
    builder = SparkSession.builder.appName("funnelkit").master(master)
    for key, value in {**_QUIET, "spark.sql.warehouse.dir": folder, **options}.items():
        builder = builder.config(key, value)
    try:
        with _silent():
            return builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise UsageError(
            f"Spark does not start on {master}: {said}",
            hint="Check `spark:` in funnelkit.yaml; Spark needs Java 17 or newer.",
        ) from None


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=os.path.join(home, "bin") if home else None):
        raise UsageError(
            "the engine spark needs Java 17 or newer, and there is none here",
            hint="Install a Java runtime or set JAVA_HOME, or leave --engine out.",
        )


@contextmanager
def _silent() -> Iterator[None]:
    """Nothing that a process started in here writes to its stderr is seen: it keeps the one that it was given."""
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _leave(used: SparkSession, started: SparkSession | None, folder: str) -> None:
    """Leave nothing behind. What is held in somebody's session goes with the frames, or with the remote one *used*."""
    if connect.is_remote(used):
        connect.end(used)
    if started is not None:
        with suppress(Exception):
            started.stop()
    shutil.rmtree(folder, ignore_errors=True)
