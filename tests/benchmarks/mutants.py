"""A few thousand bent exports instead of the hundreds of a test run: ``python -m tests.benchmarks.mutants [N]``."""

from __future__ import annotations

import os
import subprocess
import sys


def main() -> int:
    """Run the mutation tests with *N* examples each."""
    examples = sys.argv[1] if len(sys.argv) > 1 else "2000"
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_mutated_exports.py"]
    return subprocess.run(command, env={**os.environ, "MUTANTS": examples}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
