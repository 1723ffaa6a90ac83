"""Whole commands, with everything that a user would see.

Each folder in ``cases/`` is one command: ``cmd`` holds its arguments (and what to feed to stdin or
expect as exit code is in ``stdin`` and ``code``), ``stdout`` and ``stderr`` what comes out. To add
one, write ``cmd`` and run ``pytest tests/test_cases.py --update``; then read the diff, because that
diff is the change.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

CASES = sorted(p.parent for p in (Path(__file__).parent / "cases").rglob("cmd"))
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_the_command_prints_what_is_stored(case: Path, request: pytest.FixtureRequest) -> None:
    given = case / "stdin"
    run = subprocess.run(
        [sys.executable, "-m", "funnelkit", *shlex.split((case / "cmd").read_text("utf-8"))],
        cwd=case,
        input=given.read_bytes() if given.exists() else b"",
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
    )
    seen = {
        "stdout": run.stdout.decode("utf-8"),
        "stderr": run.stderr.decode("utf-8"),
        "code": f"{run.returncode}\n",
    }
    if request.config.getoption("--update"):
        for name, text in seen.items():
            (case / name).write_text(text, "utf-8", newline="\n")
    stored = {name: (case / name).read_bytes().decode("utf-8") for name in seen}
    assert seen == stored


@pytest.mark.parametrize("case", [c for c in CASES if c.parent.name == "errors"], ids=lambda c: c.name)
def test_an_error_is_told_in_sentences_and_nothing_is_printed_as_a_result(case: Path) -> None:
    stderr = (case / "stderr").read_text("utf-8")
    assert "Traceback" not in stderr
    assert stderr.strip()
    assert (case / "stdout").read_text("utf-8") == ""
    assert int((case / "code").read_text()) in (2, 3, 5)
