"""Spark on a server of its own, asked over Spark Connect, gives the report of pandas to the last byte.

One server serves all tests, and each report has a session of its own there.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from funnelkit import engines
from funnelkit.errors import UsageError
from tests import on_spark
from tests.company import write
from tests.on_spark import QUICK, reported

HERE = Path(__file__).parents[1]
SAMPLES = [
    HERE / "examples" / "hubspot-crm-exports-all-contacts-2026-09-30.csv",
    HERE / "tests" / "presets" / "attio_deals.csv",
]
LONGEST = 300
"""So many seconds are waited for a server, or for a command."""
pytestmark = on_spark.QUIET
reads = on_spark.reads


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server of Spark Connect answers."""
    if not (importlib.util.find_spec("grpc") and importlib.util.find_spec("pyarrow")):
        pytest.skip('Spark Connect needs grpc: pip install "funnelkit[connect]"')
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {**QUICK, "spark.connect.grpc.binding.port": str(port)}
    with (folder / "said").open("wb") as said, _server(folder, settings, said) as server:
        try:
            _wait_for(port, server, folder / "said")
            yield f"sc://127.0.0.1:{port}"
        finally:
            server.kill()


def _server(folder: Path, settings: dict[str, str], said: Any) -> subprocess.Popen[bytes]:
    import pyspark

    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    told = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    service = "org.apache.spark.sql.connect.service.SparkConnectServer"
    return subprocess.Popen(
        [submit, "--class", service, "--master", "local[2]", *told, "spark-internal"],
        cwd=folder,
        env={**os.environ, "SPARK_LOCAL_DIRS": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"},
        stdout=said,
        stderr=said,
    )


def _wait_for(port: int, server: subprocess.Popen[bytes], said: Path) -> None:
    until = time.monotonic() + LONGEST
    while server.poll() is None and time.monotonic() < until:
        with socket.socket() as tried:
            if not tried.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.2)
    raise AssertionError(f"no server of Spark Connect:\n{said.read_text('utf-8')[-2000:]}")


@pytest.fixture
def config(address: str, tmp_path: Path) -> Path:
    """A configuration that names the server."""
    return configured(tmp_path, address, "{}")


def configured(folder: Path, address: str, options: str) -> Path:
    path = folder / "funnelkit.yaml"
    path.write_text(f'spark: {{master: "{address}", options: {options}}}\n', "utf-8")
    return path


def test_a_report_is_the_same(config: Path, reads: list[bool], tmp_path: Path) -> None:
    made = write(tmp_path, 900, 11)
    files = [made.leads, made.deals, made.ads]
    asked: dict[str, Any] = {"by": ["channel"], "grain": "month"}
    assert reported(files, "spark", config=config, **asked) == reported(
        files, "pandas", config=config, **asked
    )
    assert reads == [True] * 3


@pytest.mark.parametrize("file", SAMPLES, ids=lambda path: path.stem)
def test_the_report_of_a_sample_is_the_same(file: Path, config: Path, reads: list[bool]) -> None:
    files = [file]
    assert reported(files, "spark", config=config) == reported(files, "pandas", config=config)
    assert len(reads) == 1


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python with some *words*, as somebody starts it in a folder."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )


METRICS = ["leads", "mql_rate"]


def test_the_command_says_nothing_else_and_ends(config: Path, tmp_path: Path) -> None:
    made = write(tmp_path, 6_000, 5)
    words = ("report", str(made.leads), "--engine", "spark", "--metrics", ",".join(METRICS), "-f", "json")
    done = run(tmp_path, "-m", "funnelkit", *words)
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.encode() == reported([made.leads], "pandas", config=config, metrics=METRICS)


PROGRAM = """\
import sys
from pyspark.sql import SparkSession
import funnelkit
from funnelkit import render

address, file = sys.argv[1:]
own = SparkSession.builder.remote(address).getOrCreate()
own.conf.set("spark.sql.ansi.enabled", "false")
report = funnelkit.report([file], engine="spark", metrics=["leads", "mql_rate"])
assert own.conf.get("spark.sql.ansi.enabled") == "false"
assert own.catalog.listTables() == []
assert SparkSession.getActiveSession() is own
assert own.sql("SELECT 1").collect() == [(1,)]
sys.stdout.buffer.write(render.render(report, "json"))
own.stop()
"""


def test_a_program_keeps_its_remote_session(address: str, config: Path, tmp_path: Path) -> None:
    made = write(tmp_path, 6_000, 5)
    config.unlink()
    done = run(tmp_path, "-W", "ignore::FutureWarning", "-c", PROGRAM, address, str(made.leads))
    assert done.stderr == ""
    assert done.stdout.encode() == reported(
        [made.leads], "pandas", config=configured(tmp_path, address, "{}"), metrics=METRICS
    )


def test_the_session_is_given_back(address: str) -> None:
    made: Any = engines.load("spark", spark={"master": address})
    session = made._session.spark
    assert made._session.rows("SELECT 1") == [(1,)]
    made.close()
    assert session.is_stopped


def test_options_hold_in_the_session(address: str) -> None:
    options = {"spark.sql.shuffle.partitions": "3", "spark.sql.ansi.enabled": "false"}
    made: Any = engines.load("spark", spark={"master": address, "options": options})
    assert made._session.spark.conf.get("spark.sql.shuffle.partitions") == "3"
    # A sum that 64 bits do not hold is never a wrong number, whatever the options say.
    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        made._session.rows(f"SELECT sum(n) FROM VALUES ({2**62}), ({2**62}) AS t(n)")
    made.close()


def test_an_option_of_the_server_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=r"does not take the option spark\.executor\.memory") as refused:
        engines.load("spark", spark={"master": address, "options": {"spark.executor.memory": "4g"}})
    assert "where the server is started" in (refused.value.hint or "")


def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(UsageError, match="this is no address of Spark Connect"):
        engines.load("spark", spark={"master": "sc://host:port/;a"})


def test_a_server_that_is_not_there_is_told_soon(address: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"sc://127.0.0.1:{free.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(UsageError, match="Spark Connect does not answer at sc://127"):
            engines.load("spark", spark={"master": nowhere})
    # Left alone, Spark would ask for ten minutes.
    assert time.monotonic() - began < 60


COMMAND = "import sys; from funnelkit.__main__ import main; sys.exit(main())"


@pytest.mark.parametrize("start", [("-m", "funnelkit"), ("-c", COMMAND)], ids=" ".join)
def test_without_grpc_the_remedy_is_told(start: tuple[str, str], tmp_path: Path) -> None:
    configured(tmp_path, "sc://localhost", "{}")
    (tmp_path / "grpc.py").write_text("raise ImportError('there is no grpc')\n", "utf-8")
    (tmp_path / "leads.csv").write_text("Lead ID,Created Date\nL1,2026-01-01\n", "utf-8")
    done = run(tmp_path, *start, "report", "leads.csv", "--engine", "spark")
    assert done.returncode == 2
    assert "sc://localhost: Spark Connect needs packages that are not installed" in done.stderr
    assert 'pip install "funnelkit[connect]"' in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
