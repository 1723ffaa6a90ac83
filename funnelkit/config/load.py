"""Find funnelkit.yaml, read it, and build the Config; or raise everything that is wrong with it."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from funnelkit.config.model import ColumnSpec, Config, SourceSpec, nearest_line
from funnelkit.errors import raise_all
from funnelkit.goals import Alert
from funnelkit.periods import Calendar

if TYPE_CHECKING:
    from pathlib import Path

    from funnelkit.config.reading import Reading

NAME = "funnelkit.yaml"


def find(start: Path) -> Path | None:
    """The funnelkit.yaml in the folder *start* or the nearest one above it."""
    folder = start.absolute()
    return next((path for path in (at / NAME for at in (folder, *folder.parents)) if path.is_file()), None)


def load(path: Path) -> Config:
    """The configuration at *path*.

    Raises ConfigError, or SeveralProblems where more than one thing is wrong with the file.
    """
    # The declaration is built only where there is a file to check.
    from funnelkit.config.document import compose
    from funnelkit.config.keys import FILE
    from funnelkit.config.reading import Reading, kind

    root = compose(path)
    if root is None or kind(root) == "null":
        return Config(path=path)
    seen = Reading(path=path)
    values = FILE.read(root, (), seen)
    raise_all([problem for _, problem in sorted(seen.problems, key=itemgetter(0))])
    return Config(path=path, lines=seen.lines, **_specs(values, path, seen))


def _specs(values: dict[str, Any], path: Path, seen: Reading) -> dict[str, Any]:
    """*values* with the parts that have a type of their own in it."""
    from funnelkit.config.agreed import rules, sla
    from funnelkit.config.stages import path as path_of

    specs = dict(values)
    if "calendar" in values:
        specs["calendar"] = Calendar(**values["calendar"])
    if "sla" in values:
        specs["sla"] = sla(values["sla"])
    if "stages" in values:
        specs["stages"] = path_of(values["stages"])
    specs["qualification"] = rules(values.get("qualification", ()))
    specs["sources"] = tuple(_source(source) for source in values.get("sources", ()))
    specs["alerts"] = tuple(
        Alert(**alert, at=f"{path}:{nearest_line(seen.lines, ('alerts', number))}")
        for number, alert in enumerate(values.get("alerts", ()))
    )
    return specs


def _source(values: dict[str, Any]) -> SourceSpec:
    columns = {name: ColumnSpec(**column) for name, column in values.get("columns", {}).items()}
    return SourceSpec(**{**values, "columns": columns})
