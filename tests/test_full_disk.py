"""Output that cannot be written is the place's fault: a sentence and exit code 2, never a trace or a silent success."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@pytest.mark.parametrize(
    "arguments", [["--version"], ["metrics"], ["report", "--config", "examples/funnelkit.yaml"]]
)
def test_a_full_disk_behind_standard_output_is_told(arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "funnelkit", *arguments],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert run.returncode == 2
    assert run.stderr.startswith("funnelkit: error: standard output: No space left on device")
    assert "Traceback" not in run.stderr
