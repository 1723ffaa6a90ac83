"""A first funnelkit.yaml from files: every decision about them written down, with its evidence.

What is pinned here is checked on every later run: a file in which a pinned column is missing is
refused, instead of being read in another way without a word.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from funnelkit import engines
from funnelkit.config import Config
from funnelkit.errors import FunnelkitError, raise_all
from funnelkit.pipeline.reading import inputs, load_one, zone_of
from funnelkit.styles import DateStyle, NumberStyle

if TYPE_CHECKING:
    from funnelkit.pipeline.options import Options
    from funnelkit.sources.mapping import Loaded
    from funnelkit.sources.values import Decision

_HEAD = """\
# How funnelkit reads the exports in this folder. `funnelkit report` without arguments takes them all.
# Written by `funnelkit init`; everything may be changed, and a misspelt key is told with its line.
"""
_TAIL = """
# Worth setting:
# gross_margin: 0.75        # needed for customer lifetime value
# horizon: 90               # days a lead has to convert before its month counts as mature
# channels: {partners: [reseller, agency]}   # your own words for channels
"""


def configuration(files: Sequence[str], options: Options, folder: Path) -> str:
    """The text of a configuration in *folder* that reads *files* as they are read now."""
    config = Config()
    zone = zone_of(options, config)
    engine = engines.load(options.engine)
    loaded: list[Loaded] = []
    problems: list[FunnelkitError] = []
    for one in inputs(files, options, config):
        try:
            loaded.append(load_one(one, config, zone, engine))
        except FunnelkitError as problem:
            problems.append(problem)
    raise_all(problems)
    money = options.currency or _common_currency(loaded)
    lines = [_HEAD, f"timezone: {zone}"]
    if money:
        lines.append(f"currency: {money}")
    lines.append("sources:")
    for one_file in loaded:
        lines += _entry(one_file, folder)
    return "\n".join(lines) + "\n" + _TAIL


def _common_currency(loaded: Sequence[Loaded]) -> str | None:
    found = {file.currency for file in loaded if file.currency}
    return found.pop() if len(found) == 1 else None


def _entry(file: Loaded, folder: Path) -> Iterator[str]:
    kind = file.export.kind
    yield f"  - path: {_text(os.path.relpath(file.export.file, folder))}"
    if kind.preset:
        yield f"    preset: {kind.preset.name}"
    else:
        yield f"    table: {kind.table}"
    orders, signs = _styles(file)
    if len(orders) == 1:
        yield f"    date_order: {orders.pop()}"
    if len(signs) == 1:
        yield f"    decimal: {_text(signs.pop())}"
    if file.export.sheet:
        yield f"    sheet: {_text(file.export.sheet)}"
    yield "    columns:"
    for decision in file.decisions:
        if decision.style is not None and decision.target != "stage_outcome":
            yield f"      {decision.target}: {_column(decision)}"


def _styles(file: Loaded) -> tuple[set[str], set[str]]:
    """The orders of numeric dates and the decimal signs of *file*; only what is one for all is pinned."""
    orders: set[str] = set()
    signs: set[str] = set()
    for decision in file.decisions:
        if isinstance(decision.style, DateStyle):
            orders |= set(decision.style.orders.values())
        elif isinstance(decision.style, NumberStyle) and decision.style.scale:
            signs.add(decision.style.decimal)
    return orders, signs


def _column(decision: Decision) -> str:
    return f"{_text(decision.header)}  # {' '.join(decision.evidence.split())}"


def _text(value: str) -> str:
    """*value* as a YAML scalar; JSON strings are YAML."""
    return json.dumps(value, ensure_ascii=False)
