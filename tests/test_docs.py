"""The README cannot go stale: its tables come from the code, its output from a run, its commands exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from funnelkit.cli.app import COMMANDS
from funnelkit.metrics import catalog
from funnelkit.pipeline.listings import worked_out
from funnelkit.sources import presetfiles
from funnelkit.tables import TABLES

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def run(*arguments: str) -> str:
    """What the command prints into a pipe."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "funnelkit", *arguments], cwd=ROOT, env=env, capture_output=True, check=False
    )
    # A check that shows a missed target has done its work.
    assert done.returncode in ((0, 4) if arguments[0] == "check" else (0,)), done.stderr.decode("utf-8")
    return done.stdout.decode("utf-8")


def shown(line: str) -> str:
    """What a command line prints; only so many lines of it where ``| head -N`` follows."""
    command, _, most = line.partition(" | head -")
    lines = run(*shlex.split(command)).splitlines(keepends=True)
    return "".join(lines[: int(most)] if most else lines)


def metrics_table() -> str:
    rows = [
        f"| `{m.id}` | {m.label} | {worked_out(m)} | {m.unit.replace('_', ' ')} |"
        for m in catalog.load().metrics.values()
    ]
    return "\n".join(["| id | what it is | how it is worked out | unit |", "|---|---|---|---|", *rows])


def presets_table() -> str:
    """A row per tool: its exports by table, those from documentation with a star, those refused apart."""
    rows = []
    found = sorted(presetfiles.builtin(), key=lambda p: (p.tool.casefold(), p.table, p.name))
    for tool, several in groupby(found, key=lambda p: p.tool):
        read: list[str] = []
        refused: list[str] = []
        for one in several:
            star = "\\*" if one.unverified else ""
            (refused if one.refuse else read).append(f"{one.export}{star} (`{one.table}`)")
        rows.append(f"| {tool} | {', '.join(read)} | {', '.join(r.rpartition(' (')[0] for r in refused)} |")
    return "\n".join(["| tool | read | refused, with what to load instead |", "|---|---|---|", *rows])


def sections(text: str) -> list[tuple[str, str]]:
    """What stands in the README, and what should: each generated part with its marker."""
    found = []
    for marker, make in (("metrics", metrics_table), ("presets", presets_table)):
        block = re.search(rf"<!-- {marker} -->\n\n((?:\|.*\n)*)", text)
        assert block, f"the README has no marker {marker}"
        found.append((block[0], f"<!-- {marker} -->\n\n{make()}\n"))
    for block in re.finditer(r"<!-- output: (.+?) -->\n```text\n(.*?)```", text, re.DOTALL):
        found.append((block[0], f"<!-- output: {block[1]} -->\n```text\n{shown(block[1])}```"))
    return found


def test_generated_parts_are_what_the_code_says(request: pytest.FixtureRequest) -> None:
    text = README.read_text("utf-8")
    if request.config.getoption("--update"):
        for old, new in sections(text):
            text = text.replace(old, new)
        README.write_text(text, "utf-8", newline="\n")
    for old, new in sections(README.read_text("utf-8")):
        assert old == new


def test_the_weekly_report_of_the_examples_is_what_comes_out(request: pytest.FixtureRequest) -> None:
    line = next(
        line
        for line in (ROOT / "examples/crontab.example").read_text("utf-8").splitlines()
        if "funnelkit" in line
    )
    arguments = shlex.split(line.partition("funnelkit ")[2].partition(" -q")[0])
    printed = run(*arguments, "--config", "examples/funnelkit.yaml", "-f", "md")
    stored = ROOT / "examples/weekly.md"
    if request.config.getoption("--update"):
        stored.write_text(printed, "utf-8", newline="\n")
    assert stored.read_text("utf-8") == printed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme_and_shows_an_example_first(command: str) -> None:
    assert f"funnelkit {command}" in README.read_text("utf-8")
    assert f"  funnelkit {command}" in run(command, "--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_that_the_readme_uses_exists(command: str) -> None:
    known = set(re.findall(r"--[a-z-]+", run(command, "--help")))
    own = re.findall(rf"funnelkit {command}[^\n|`]*", README.read_text("utf-8"))
    used = {option for line in own for option in re.findall(r"--[a-z][a-z-]*", line)}
    assert used <= known


def test_every_table_is_named_in_the_readme() -> None:
    text = README.read_text("utf-8")
    assert [name for name in TABLES if name not in text] == []
