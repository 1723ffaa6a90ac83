"""The file of targets: a CSV or YAML with metric, segment, period, value, and direction and tolerance where wanted.

Both are read by one declaration, so that they are checked, and complained of, in the same way.
"""

from __future__ import annotations

import csv
from operator import itemgetter
from typing import TYPE_CHECKING

from funnelkit.config.reading import Reading
from funnelkit.errors import ConfigError, MissingInputError, raise_all
from funnelkit.goals import Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from yaml import Node

_YAML = (".yaml", ".yml")
_TEXT = "tag:yaml.org,2002:str"


def read(path: Path) -> tuple[Target, ...]:
    """The targets in the file at *path*.

    Raises ConfigError, or SeveralProblems, with the lines of all that is wrong; MissingInputError without a file.
    """
    from funnelkit.config.document import compose
    from funnelkit.config.keys import TARGETS

    if not path.is_file():
        raise MissingInputError(f"{path}: there is no such file of targets", hint="Check `targets`.")
    root = compose(path) if path.suffix.lower() in _YAML else _table(path)
    seen = Reading(path=path)
    found = (TARGETS.read(root, ("targets",), seen) if root is not None else None) or ()
    raise_all([problem for _, problem in sorted(seen.problems, key=itemgetter(0))])
    if not found:
        raise ConfigError(f"{path}: holds no targets", hint=_SHAPE)
    return tuple(
        Target(**one, at=f"{path}:{seen.lines['targets', number]}") for number, one in enumerate(found)
    )


_SHAPE = "Each line reads metric,segment,period,value: leads,channel=paid_search,2026-Q3,120"


def _table(path: Path) -> Node:
    """The rows of a CSV as YAML would have them, blank cells left out."""
    from yaml import MappingNode, ScalarNode, SequenceNode
    from yaml.error import Mark

    def text(cell: str, line: int) -> Node:
        mark = Mark(str(path), 0, line - 1, 0, None, 0)
        return ScalarNode(_TEXT, cell.strip(), mark, mark)

    rows = list(_records(path))
    if not rows:
        raise ConfigError(f"{path}: holds no targets", hint=_SHAPE)
    (first, header), *below = rows
    keys = [text(name.strip().lower(), first) for name in header]
    entries = []
    for line, cells in below:
        if len(cells) > len(header):
            raise ConfigError(
                f"{path}:{line}: has {len(cells)} cells under {len(header)} names",
                hint="Put a cell with a comma in it in quotes.",
            )
        mark = text("", line).start_mark
        filled = [(key, text(cell, line)) for key, cell in zip(keys, cells, strict=False) if cell.strip()]
        entries.append(MappingNode("tag:yaml.org,2002:map", filled, mark, mark))
    start = keys[0].start_mark
    return SequenceNode("tag:yaml.org,2002:seq", entries, start, start)


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with their lines."""
    from funnelkit.sources.files.text import decode

    raw = path.read_bytes()
    written, _ = decode(raw, str(path)) if raw.strip() else ("", "")
    first = written.partition("\n")[0]
    reader = csv.reader(written.splitlines(), delimiter=max(",;\t", key=first.count))
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells
