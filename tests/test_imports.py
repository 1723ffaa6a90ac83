"""Nothing heavy is imported before it is needed: start-up is what a user waits for, every time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "pandas",
    "numpy",
    "narwhals",
    "scipy",
    "duckdb",
    "pyspark",
    "py4j",
    "rich",
    "python_calamine",
    "openpyxl",
}


def all_after(code: str) -> list[str]:
    """The full names of all modules that are loaded once *code* has run."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()[-1].split()


def modules_after(code: str) -> set[str]:
    return {name.partition(".")[0] for name in all_after(code)}


@pytest.mark.parametrize(
    "module",
    [
        "funnelkit",
        "funnelkit.errors",
        "funnelkit.tables",
        "funnelkit.reports",
        "funnelkit.render",
        "funnelkit.config",
        "funnelkit.cli.app",
        "funnelkit.cli.report",
        "funnelkit.pipeline.options",
    ],
)
def test_importing_the_module_imports_nothing_heavy(module: str) -> None:
    assert not HEAVY & modules_after(f"import {module}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["report", "--help"],
        ["load", "--help"],
        ["why", "--help"],
        ["sources"],
        ["metrics"],
        ["schema"],
    ],
)
def test_commands_that_read_no_file_import_nothing_heavy(arguments: list[str]) -> None:
    code = f"from funnelkit.cli.app import run\nrun({arguments!r})"
    assert not HEAVY & modules_after(code)


def test_a_report_imports_no_scipy(tmp_path: Path) -> None:
    """Models need it, and nothing else does: it takes longer to import than a small report to make."""
    leads = tmp_path / "leads.csv"
    leads.write_text("lead_id,created_at,channel\n1,2026-01-05,email\n2,2026-02-07,direct\n", "utf-8")
    code = f"from funnelkit.cli.app import run\nrun(['report', '--no-config', 'leads={leads}'])"
    found = modules_after(code)
    assert "pandas" in found
    assert "scipy" not in found


def test_the_version_is_answered_before_typer_is_imported() -> None:
    code = "import sys\nsys.argv = ['funnelkit', '--version']\nfrom funnelkit.__main__ import main\nmain()"
    assert not {"typer", "yaml"} & modules_after(code)


def test_a_report_imports_no_model_of_attribution_or_forecasts() -> None:
    config = str(Path(__file__).parent.parent / "examples/funnelkit.yaml")
    code = f"from funnelkit.cli.app import run\nrun(['report', '--config', {config!r}])"
    loaded = all_after(code)
    assert "funnelkit.reports" in loaded
    assert [name for name in loaded if name.startswith("funnelkit.models")] == []
