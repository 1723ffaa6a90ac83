"""Imports point down. Without this a renderer soon reads files and a source knows a metric."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "funnelkit"
LAYERS = [
    {"errors", "words", "listing", "shipped", "rounding", "stagecolumns", "statistics"},
    {
        "periods",
        "dates",
        "ranges",
        "figures",
        "styles",
        "bulk",
        "plans",
        "goals",
        "instants",
        "agreements",
        "brands",
        "tables",
        "collect",
        "dataset",
        "dimensions",
        "columns",
        "stageorder",
    },
    {"engines"},
    {"sources", "linking", "metrics", "models"},
    {"reports", "studies", "build", "longform", "inspection"},
    {"render"},
    {"config"},
    {"pipeline"},
    {"cli"},
    {"__main__", "__init__"},
]
"""Lowest first. Modules of one layer do not know each other, but for those of the lowest shared one."""
PEERS = {("styles", "dates"), ("bulk", "styles"), ("bulk", "figures"), ("styles", "figures"), ("plans", "styles"), ("ranges", "dates"), ("ranges", "periods"), ("instants", "dates"), ("instants", "periods"), ("instants", "ranges"), ("instants", "styles"), ("styles", "ranges"), ("styles", "periods"), ("build", "reports"), ("longform", "reports"), ("inspection", "reports"), ("studies", "reports"), ("build", "studies"), ("reports", "longform"), ("dataset", "tables"), ("tables", "columns"), ("stageorder", "collect")}  # fmt: skip
MODULES = sorted(ROOT.rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def layer(name: str) -> int:
    found = [number for number, names in enumerate(LAYERS) if name in names]
    assert found, f"{name} has no layer yet: put it into LAYERS"
    return found[0]


def imported(path: Path) -> set[str]:
    """The parts of funnelkit that a module imports at run time; `if TYPE_CHECKING` does not count."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped or not isinstance(node, ast.ImportFrom | ast.Import):
            continue
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif node.module == "funnelkit":
            found = [f"funnelkit.{alias.name}" for alias in node.names]
        else:
            found = [node.module or ""]
        names |= {name.split(".")[1] for name in found if name.startswith("funnelkit.")}
    return {"__init__" if name.startswith("__version") else name for name in names}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    if own == "__init__":
        return_only = {"pipeline"}
        assert imported(path) <= return_only
        return
    for other in imported(path) - {own, "__init__"}:
        allowed = layer(other) < layer(own) or (own, other) in PEERS
        assert allowed, f"{path.relative_to(ROOT)} imports {other}, which is not below {own}"


def test_every_module_says_its_duty() -> None:
    silent = [p for p in MODULES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []
