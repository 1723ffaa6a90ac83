"""How a metric is put together: a sum over rows, a quotient of two sums, or a product of such factors.

Read from its formula, so that a metric of the user's own is taken apart like a built-in one. What is
not made of sums (a median, a survival time) cannot be: the parts of a median are not medians.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.errors import UsageError
from funnelkit.metrics.formula import tree

if TYPE_CHECKING:
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Metric

MEASURE, ROWS, TOTAL, OLD, WITHIN = "measure", "rows", "total", "old", "within"


class Piece(Struct, frozen=True, order=True):
    """Something that adds up over segments."""

    kind: str
    """A measure; the rows of a histogram or the total of their values; or of a histogram with ages
    the rows that are old enough, and those of them that converted in time."""
    of: str
    """Its id."""


Sum = tuple[tuple[Piece, Fraction], ...]
"""Pieces and how often each counts."""


class Factor(Struct, frozen=True, kw_only=True):
    """A sum, or a quotient of two."""

    label: str
    top: Sum
    bottom: Sum | None = None
    divides: bool = False
    """Whether the product is divided by it."""
    unit: str = "number"


class Anatomy(Struct, frozen=True, kw_only=True):
    """A metric as the product of factors."""

    factors: tuple[Factor, ...]
    times: Fraction
    """A constant that it is multiplied by."""
    whole: Sum | None
    """The sum that it comes to where it adds up over segments, None where it does not."""

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Every different sum in it."""
        found = (s for f in self.factors for s in (f.top, f.bottom) if s)
        return tuple(dict.fromkeys([*found, *([self.whole] if self.whole else [])]))

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Everything that must be counted."""
        return tuple(dict.fromkeys(piece for one in self.sums for piece, _ in one))


class _Product(Struct, frozen=True):
    factors: tuple[Factor, ...]
    times: Fraction = Fraction(1)


def anatomy(catalog: Catalog, metric: Metric, constants: Mapping[str, Fraction], *, plain: bool = False) -> Anatomy:  # fmt: skip
    """How *metric* is put together; *plain* passes over the factors that the catalogue names for it.

    Raises UsageError where it is no product of sums and their quotients, with what to ask instead.
    """
    reader = _Reader(catalog, metric, constants)
    if metric.product and not plain:
        parts = [(label, reader.read(tree(formula.text))) for label, formula in metric.product.items()]
        factors = [_named(f, label) for label, part in parts for f in part.factors]
        times = _product(part.times for _, part in parts)
    else:
        found = reader.metric(metric)
        factors, times = list(found.factors), found.times
    if not factors:
        raise UsageError(
            f"{metric.id} is a constant: there is nothing to take apart",
            hint="Ask about a metric that is made of what files tell.",
        )
    return Anatomy(factors=tuple(factors), times=times, whole=_whole(factors, times))


class _Reader:
    """Reads formulas as products. A sum is a product of one factor."""

    def __init__(self, catalog: Catalog, asked: Metric, constants: Mapping[str, Fraction]) -> None:
        self._catalog = catalog
        self._asked = asked
        self._constants = constants

    def metric(self, metric: Metric) -> _Product:
        """The product that *metric* is."""
        if metric.formula is not None:
            found = self.read(tree(metric.formula.text))
        elif metric.statistic == "mean":
            total, rows = (((Piece(kind, metric.of), Fraction(1)),) for kind in (TOTAL, ROWS))
            times = self._constants[metric.times] if metric.times else Fraction(1)
            found = _Product((Factor(label="", top=total, bottom=rows),), times)
        elif metric.statistic == "conversion":
            within, old = (((Piece(kind, metric.of), Fraction(1)),) for kind in (WITHIN, OLD))
            found = _Product((Factor(label="", top=within, bottom=old),))
        else:
            raise self._refused(metric)
        if len(found.factors) == 1:
            named = replace(found.factors[0], label=metric.label, unit=metric.unit)
            return _Product((named,), found.times)
        return found

    def read(self, node: ast.expr) -> _Product:
        """The product that *node* is."""
        match node:
            case ast.Constant(value=int() | float() as number):
                return _Product((), Fraction(str(number)))
            case ast.Name(id=name):
                return self._name(name)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                a, b = self.read(left), self.read(right)
                return _Product((*a.factors, *b.factors), a.times * b.times)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._quotient(self.read(left), self.read(right), ast.unparse(node))
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=right):
                factor = -1 if isinstance(sign, ast.Sub) else 1
                top = _added(self._sum(left), [(p, c * factor) for p, c in self._sum(right)])
                return _Product((_factor(ast.unparse(node), top, None),))
        raise self._refused(self._asked)

    def _name(self, name: str) -> _Product:
        if name in self._catalog.measures:
            metric = self._catalog.metrics.get(name)
            label = metric.label if metric else name.replace("_", " ")
            return _Product((_factor(label, ((Piece(MEASURE, name), Fraction(1)),), None),))
        if name in self._constants:
            return _Product((), self._constants[name])
        if name not in self._catalog.metrics:
            # A number of the period itself, such as its business days, which no segment has a part in.
            raise self._refused(self._asked)
        return self.metric(self._catalog.metrics[name])

    def _quotient(self, above: _Product, below: _Product, label: str) -> _Product:
        if below.times == 0:
            raise self._refused(self._asked)
        times = above.times / below.times
        if len(above.factors) == len(below.factors) == 1:
            (a,), (b,) = above.factors, below.factors
            if a.bottom is None and b.bottom is None and not (a.divides or b.divides):
                return _Product((_factor(label, a.top, b.top),), times)
        turned = tuple(replace(f, divides=not f.divides) for f in below.factors)
        return _Product((*above.factors, *turned), times)

    def _sum(self, node: ast.expr) -> Sum:
        """What *node* adds up; refused where it is no sum itself."""
        found = self.read(node)
        if len(found.factors) != 1 or found.factors[0].bottom is not None or found.factors[0].divides:
            raise self._refused(self._asked)
        return tuple((piece, count * found.times) for piece, count in found.factors[0].top)

    def _refused(self, metric: Metric) -> UsageError:
        same = [
            m.id
            for m in self._catalog.metrics.values()
            if metric.of and m.of == metric.of and m.statistic == "mean"
        ]
        if metric.statistic == "survival" and not same:
            same = ["cycle_days"]
        instead = f"Ask why {same[0]} changed, which is a mean." if same else ""
        what = {"median": "a median", "quantile": "a quantile", "survival": "a survival time"}
        if metric.statistic == "weighted":
            return UsageError(
                f"{metric.id} cannot be taken apart: it is known for the as-of date alone",
                hint="Ask why pipeline_open changed.",
            )
        if metric.statistic == "lagged":
            why, instead = (
                "it takes spending of other days",
                "Ask about cac, which takes that of the same days.",
            )
        elif metric.statistic in what:
            why = f"it is {what[metric.statistic]}, and segments do not add up to one"
        else:
            why, instead = (
                "its formula adds rates, which have no common denominator",
                instead
                or (
                    f"Ask about one of the terms: {', '.join(metric.formula.names) if metric.formula else ''}."
                ),
            )
        name = self._asked.id if metric is self._asked else f"{self._asked.id} (by {metric.id})"
        return UsageError(f"{name} cannot be taken apart: {why}", hint=instead)


def _factor(label: str, top: Sum, bottom: Sum | None) -> Factor:
    return Factor(label=label, top=_ordered(top), bottom=None if bottom is None else _ordered(bottom))


def _named(factor: Factor, label: str) -> Factor:
    return replace(factor, label=label)


def _added(first: Sum, second: Iterable[tuple[Piece, Fraction]]) -> Sum:
    found: dict[Piece, Fraction] = dict(first)
    for piece, count in second:
        found[piece] = found.get(piece, Fraction(0)) + count
    return tuple((piece, count) for piece, count in found.items() if count)


def _product(numbers: Iterable[Fraction]) -> Fraction:
    found = Fraction(1)
    for number in numbers:
        found *= number
    return found


def _whole(factors: Iterable[Factor], times: Fraction) -> Sum | None:
    """What is left where sums above and below the line cancel out: a single sum above it, or None."""
    above: Counter[Sum] = Counter()
    for one, below in _sides(factors):
        above[one] += -1 if below else 1
    left = [(one, n) for one, n in above.items() if n]
    if len(left) == 1 and left[0][1] == 1:
        return tuple((piece, count * times) for piece, count in left[0][0])
    return None


def _sides(factors: Iterable[Factor]) -> Iterator[tuple[Sum, bool]]:
    """Every sum, and whether it is below the line."""
    for factor in factors:
        yield factor.top, factor.divides
        if factor.bottom is not None:
            yield factor.bottom, not factor.divides


def _ordered(one: Sum) -> Sum:
    return tuple(sorted(one))
