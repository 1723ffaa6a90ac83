"""Time the models of lifetime value, in one process: ``python -m tests.benchmarks.fits``.

Customers are drawn with the parameters of CDNOW, times in days. Each model is fitted to 2,357 of them and to as
many as are asked for, in turn, so that a machine that slows down slows both; where the package lifetimes is
installed, it fits the same 2,357. Seconds are those of the processor; what counts is the median of the ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from funnelkit.models.lifetime import bgnbd, mbgnbd, pareto
from funnelkit.models.lifetime.groups import Floats, Groups
from tests import buyers

FEW = 2357
AT_MOST_THEIRS = 0.3
"""A fit of the few, against that of lifetimes."""
AT_MOST_FEW = 10.0
"""A fit of a million, against that of the few: there are a hundred times as many groups of them."""
REPEATS = 3
"""Fits of which the quickest counts, in each round, of the few and of the many."""
HEAD = """\
| model | groups | seconds | lifetimes | ratio | groups | seconds | ratio to the few |
|---|---:|---:|---:|---:|---:|---:|---:|"""


@dataclass(frozen=True)
class Case:
    """A model, how its customers are drawn, and what lifetimes calls it."""

    model: ModuleType
    draw: Callable[[np.random.Generator, Floats], buyers.Drawn]
    theirs: str


CASES = [
    Case(bgnbd, lambda rng, T: buyers.bg_nbd(rng, (0.243, 4.414, 0.793, 2.426), T), "BetaGeoFitter"),
    Case(
        mbgnbd,
        lambda rng, T: buyers.bg_nbd(rng, (0.525, 6.183, 0.891, 1.614), T, at_once=True),
        "ModifiedBetaGeoFitter",
    ),
    Case(pareto, lambda rng, T: buyers.pareto_nbd(rng, (0.553, 10.58, 0.606, 11.67), T), "ParetoNBDFitter"),
]


def main() -> int:
    """Print a line for each model; 1 where one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", metavar="N", type=int, default=1_000_000, help="customers, else a million")
    parser.add_argument("--rounds", metavar="N", type=int, default=5)
    arguments = parser.parse_args()
    print(HEAD)
    good = [_line(case, arguments.many, arguments.rounds) for case in CASES]
    return 0 if all(good) else 1


def _line(case: Case, many: int, rounds: int) -> bool:
    few, large = (_drawn(case, customers) for customers in (FEW, many))
    theirs = _theirs(case, few) if find_spec("lifetimes") else None
    ours, other, long = [], [], []
    for _ in range(rounds):
        ours.append(min(_seconds(lambda: case.model.fit(few)) for _ in range(REPEATS)))
        long.append(min(_seconds(lambda: case.model.fit(large)) for _ in range(REPEATS)))
        if theirs:
            other.append(_seconds(theirs))
    against = statistics.median(a / b for a, b in zip(ours, other, strict=True)) if other else None
    grown = statistics.median(a / b for a, b in zip(long, ours, strict=True))
    cells = [
        case.model.__name__.rpartition(".")[2],
        f"{few.x.size:,}",
        f"{statistics.median(ours):.4f}",
        f"{statistics.median(other):.3f}" if other else "not installed",
        "" if against is None else f"{against:.3f}",
        f"{large.x.size:,}",
        f"{statistics.median(long):.3f}",
        f"{grown:.1f}",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)
    return (against is None or against <= AT_MOST_THEIRS) and grown <= AT_MOST_FEW


def _drawn(case: Case, customers: int) -> Groups:
    rng = np.random.default_rng(customers)
    return buyers.by_days(case.draw(rng, rng.integers(189, 273, customers) / 7), 7)


def _theirs(case: Case, data: Groups) -> Callable[[], Any]:
    """The same fit by lifetimes, to which customers are given one by one, as its manual does."""
    fitter = getattr(import_module("lifetimes"), case.theirs)
    each = [np.repeat(column, data.n.astype(int)) for column in (data.x, data.t_x, data.T)]
    return lambda: fitter().fit(*each)


def _seconds(run: Callable[[], Any]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
