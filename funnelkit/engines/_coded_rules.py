"""Which rows of a text in memory are no rows of its table: rules are followed once per different value.

Part of the pandas engine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from funnelkit import bulk
from funnelkit.engines._coded import Coded, PandasText, Rows
from funnelkit.plans import RowRule


def promising(text: PandasText, rules: Sequence[RowRule]) -> Mapping[str, set[str]]:
    """Header -> the patterns of *rules* that may fit one of its cells: few columns hold a total row at all."""
    asked: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        if rule.pattern is not None:
            for header in rule.headers:
                asked[header].add(rule.pattern)
    return {h: bulk.fitting(patterns, text.columns[h].values) for h, patterns in asked.items()}


def hits(text: PandasText, rule: RowRule, promising: Mapping[str, set[str]]) -> Rows:
    """The rows that *rule* means, which are looked for in the columns that are `promising`."""
    if rule.pattern is None:
        return _bare(text, rule.headers)
    hit: Rows = np.zeros(len(text.lines), dtype=bool)
    columns = [header for header in rule.headers if rule.pattern in promising[header]]
    if not columns:
        return hit
    fits = re.compile(rule.pattern, re.IGNORECASE).fullmatch
    for header in columns:
        hit |= _where(text.columns[header], fits)
    for header in rule.unless if hit.any() else ():
        coded = text.columns[header]
        blank = np.array(bulk.missing(coded.values), dtype=bool)[coded.codes]
        hit &= blank | _where(coded, fits)
    return hit


def _bare(text: PandasText, headers: Sequence[str]) -> Rows:
    """The rows with nothing under any of *headers*."""
    hit: Rows = np.ones(len(text.lines), dtype=bool)
    for header in headers:
        if not hit.any():
            break
        coded = text.columns[header]
        bare = np.array(bulk.missing(coded.values), dtype=bool)
        for value in np.flatnonzero(bare):
            # "(not set)" is what an analytics tool calls a row; the names of a total row are blank.
            bare[value] = coded.values[value].strip().lower() != "(not set)"
        hit &= bare[coded.codes]
    return hit


def _where(coded: Coded, fits: Callable[[str], object]) -> Rows:
    """The rows whose trimmed cell *fits*."""
    answers = np.array([bool(fits(value.strip())) for value in coded.values], dtype=bool)
    rows: Rows = answers[coded.codes]
    return rows
