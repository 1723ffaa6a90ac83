"""A file that changes while it is read, a full disk, a process that is told to end: a sentence, and nothing left behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from funnelkit.config import Config
from funnelkit.engines import load
from funnelkit.errors import SourceError
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import opened
from funnelkit.pipeline.watching import nobody
from funnelkit.sources.settings import FileSettings
from tests.benchmarks.large import write

ROOT = Path(__file__).parent.parent
LEADS = "lead_id,created_at,source,status\n" + "".join(
    f"L{n},2026-01-{n % 28 + 1:02},google,New\n" for n in range(50)
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("large")
    write(folder, 300_000)
    return [str(folder / f"{name}.csv") for name in ("leads", "deals", "ads")]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_file_that_changes_while_it_is_read_is_refused(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(LEADS)
    own = load(engine)
    found = opened(Input(file=path.name, path=path, settings=FileSettings()), Config(), own, nobody)
    path.write_text(LEADS + "L99,2026-02-01,google,New\n")
    with pytest.raises(SourceError, match=r"leads\.csv: the file was changed while it was read"):
        found.load(own, "UTC")


def command(files: list[str], *more: str) -> list[str]:
    return [sys.executable, "-m", "funnelkit", "report", *files, "--no-config", *more]


def environment(temporary: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}


def test_a_full_disk_for_what_does_not_fit_into_memory_is_told(files: list[str], tmp_path: Path) -> None:
    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    run = subprocess.run(
        command(files, "--memory-limit", "60MB"),
        env=environment(tmp_path),
        preexec_fn=no_large_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert "cannot be written to the folder for temporary files" in run.stderr
    assert "TMPDIR" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_told_to_end_leaves_the_old_report(files: list[str], tmp_path: Path) -> None:
    report, temporary = tmp_path / "report.md", tmp_path / "temporary"
    temporary.mkdir()
    report.write_text("the old report\n")
    process = subprocess.Popen(
        command(files, "--memory-limit", "60MB", "-o", str(report)),
        env=environment(temporary),
        stderr=subprocess.PIPE,
    )
    # What does not fit into memory is on the disk by then: the database is in the midst of its work.
    while process.poll() is None and not list(temporary.iterdir()):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == b""
    assert report.read_text() == "the old report\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.md", "temporary"]
    assert list(temporary.iterdir()) == []
