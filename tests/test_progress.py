"""Progress: on a terminal it tells the file, its rows and their rate; elsewhere and in short runs nothing."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from funnelkit.cli import progress
from funnelkit.cli.progress import Line
from funnelkit.config import Config
from funnelkit.engines.duckdb import DuckDBEngine
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import load_all
from funnelkit.pipeline.watching import Work
from funnelkit.sources.settings import FileSettings
from tests.benchmarks.large import write
from tests.reading import ENGINE

ROWS = 30_000
_CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
SHORT = """
import sys
from funnelkit.cli.progress import Progress
from funnelkit.pipeline.watching import Work
with Progress() as progress:
    progress.show(Work("reading", "leads.csv"))
print("rich" in sys.modules)
"""
WATCHED = """
from functools import partial
from rich import status
from funnelkit.__main__ import main
from funnelkit.cli import progress
progress._PATIENCE = 0
status.Status = partial(status.Status, refresh_per_second=500)
main()
"""
"""The command line, whose line appears at once and is drawn so often that no machine is too fast to be seen at work."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    company = write(tmp_path_factory.mktemp("company"), ROWS)
    return [str(path) for path in (company.leads, company.deals)]


def on_a_terminal(command: list[str]) -> tuple[str, str]:
    """What *command* writes on stdout, a pipe, and on a terminal of 100 columns as stderr."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    said: list[bytes] = []

    def listen() -> None:
        try:
            while part := os.read(ours, 65_536):
                said.append(part)
        except OSError:
            pass  # how Linux says that the other side is gone

    listener = Thread(target=listen)
    listener.start()
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    run = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=its, env={**plain, "TERM": "xterm"}, check=True
    )
    os.close(its)
    listener.join()
    os.close(ours)
    return run.stdout.decode(), _CODES.sub("", b"".join(said).decode())


def report(files: list[str], engine: str) -> list[str]:
    return [sys.executable, "-c", WATCHED, "report", *files, "--no-config", "--engine", engine, "-f", "json"]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_terminal_sees_the_file_and_its_rows_and_then_nothing(files: list[str], engine: str) -> None:
    printed, seen = on_a_terminal(report(files, engine))
    told = re.findall(r"reading \S*/leads\.csv: ([\d,]+) rows, ([\d,]+) a second", seen)
    assert told, seen
    counts, rates = (
        [int(number.replace(",", "")) for number in column] for column in zip(*told, strict=True)
    )
    assert counts == sorted(counts)
    assert 0 < counts[0] <= counts[-1] <= ROWS
    assert min(rates) > 0
    assert re.search(r"(checking|reading) \S*/deals\.csv", seen)
    assert "linking and counting" in seen
    # Of the line itself nothing is left, and the database draws none of its own.
    assert seen.rstrip("\r\n ").rpartition("\r")[2].strip() == "" or seen.endswith("\r")
    assert "%" not in seen
    assert printed.startswith("{")


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_in_a_pipe_nothing_is_told(files: list[str], engine: str) -> None:
    run = subprocess.run(report(files, engine), capture_output=True, check=True)
    assert run.stderr == b""
    assert run.stdout.startswith(b"{")


def test_short_work_shows_nothing_and_imports_nothing() -> None:
    assert on_a_terminal([sys.executable, "-c", SHORT]) == ("False\n", "")


def test_the_rate_is_that_of_the_rows_and_not_of_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    done = 0
    line = Line(Work("reading", "leads.csv", lambda: done))
    assert line.text() == "reading leads.csv"
    now, done = 102.0, 5_000
    assert line.text() == "reading leads.csv: 5,000 rows, 2,500 a second"
    now = 110.0
    assert line.text() == "reading leads.csv: 5,000 rows, 2,500 a second"


def test_a_name_is_cut_to_its_end_and_cannot_steer_the_terminal() -> None:
    shown = Line(Work("reading", "/a/long/way/to/the/exports/of/last/week/\x1b[2Jleads.csv")).text()
    assert shown == "reading …/the/exports/of/last/week/?[2Jleads.csv"


@pytest.mark.parametrize("engine", [lambda: ENGINE, DuckDBEngine], ids=["pandas", "duckdb"])
def test_each_file_is_looked_at_and_then_read(files: list[str], engine: Callable[[], DuckDBEngine]) -> None:
    works: list[tuple[str, int]] = []
    current: list[Work] = []

    def observe(work: Work) -> None:
        works.extend((before.doing, before.rows()) for before in current)
        current[:] = [work]

    one = Input(file="leads.csv", path=Path(files[0]), settings=FileSettings())
    load_all([one], Config(), "UTC", engine(), observe)
    assert works == [("checking", ROWS + 2)]  # one line is the header, and the last one ends with a line end
    assert current[0].doing == "reading"
    if engine is not DuckDBEngine:
        assert current[0].rows() == ROWS


def test_the_database_says_how_far_it_is_while_it_works() -> None:
    engine = DuckDBEngine()
    assert engine.progress() is None
    query = "CREATE TABLE t AS SELECT sum(sqrt(range)) AS x FROM range(60_000_000)"
    working = Thread(target=lambda: engine._session.con.execute(query))
    working.start()
    shares = []
    while working.is_alive():
        shares.append(engine.progress())
    said = [share for share in shares if share is not None]
    assert said == sorted(said)
    assert any(0 < share < 1 for share in said)
    assert engine.progress() is None
