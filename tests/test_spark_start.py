"""Spark is started for the time of a command and leaves nothing behind; what it lacks is told with the remedy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from funnelkit import engines
from funnelkit.errors import UsageError
from tests import on_spark
from tests.company import write
from tests.on_spark import ALL, HEAD, QUICK, ROWS, reported

pytestmark = on_spark.QUIET


def test_without_pyspark_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UsageError) as refused:
        engines.load("spark")
    assert refused.value.hint == 'pip install "funnelkit[spark]"'
    assert refused.value.exit_code == 2


def test_without_java_the_remedy_is_told(tmp_path: Path) -> None:
    run = command(tmp_path, "spark: {master: local}", PATH=str(tmp_path), JAVA_HOME="")
    assert run.returncode == 2
    assert run.stderr.splitlines()[0].endswith(
        "the engine spark needs Java 17 or newer, and there is none here"
    )
    assert "Traceback" not in run.stderr


def test_a_master_that_does_not_answer_is_told(tmp_path: Path) -> None:
    run = command(tmp_path, "spark: {master: nowhere}")
    assert run.returncode == 2
    assert "Spark does not start on nowhere" in run.stderr
    assert "Traceback" not in run.stderr


def test_what_spark_cannot_finish_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    from funnelkit.cli.boundary import guarded

    def lost(error: type[Exception]) -> int:
        raise error("a machine was lost\nat org.apache")

    for error in (Py4JError, PySparkException):
        assert guarded(partial(lost, error), []) == 2
        told = capsys.readouterr().err
        assert told.startswith("funnelkit: error: Spark could not finish: a machine was lost\n")
        assert "org.apache" not in told


MASTERS = ["local-cluster[2,1,1024]", *(["local[2]"] if ALL else [])]


@pytest.mark.parametrize("master", MASTERS)
def test_the_command_leaves_nothing_behind(master: str, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    made = write(tmp_path / "files", 6_000, 5)
    files = [made.leads]
    (tmp_path / "temp").mkdir()
    (tmp_path / "work").mkdir()
    quick = {**QUICK, "spark.executor.memory": "512m"}
    config = f"spark: {json.dumps({'master': master, 'options': quick})}"
    run = command(
        tmp_path,
        config,
        *files,
        TMPDIR=str(tmp_path / "temp"),
        SPARK_LOCAL_DIRS=str(tmp_path / "temp"),
        SPARK_WORKER_DIR=str(tmp_path / "temp"),
    )
    assert run.stderr == ""
    assert run.returncode == 0
    assert run.stdout.encode() == reported(files, "pandas", metrics=METRICS)
    assert list((tmp_path / "work").iterdir()) == [tmp_path / "work" / "funnelkit.yaml"]
    left = [p.name for p in (tmp_path / "temp").iterdir()]
    # What a worker of a cluster keeps is that cluster's own.
    assert [name for name in left if not name.startswith("app-")] == []


METRICS = ["leads", "mql_rate"]


def command(folder: Path, config: str, *files: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as somebody types it, in a folder with this configuration."""
    place = folder / "work"
    place.mkdir(exist_ok=True)
    (place / "funnelkit.yaml").write_text(config + "\n", "utf-8")
    if not files:
        files = (folder / "leads.csv",)
        files[0].write_text(HEAD + ROWS, "utf-8")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "funnelkit",
            "report",
            *map(str, files),
            "--metrics",
            ",".join(METRICS),
            "--engine",
            "spark",
            "-f",
            "json",
        ],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
