"""Formulas: names, numbers, + - * / and parentheses, previous(NAME) for the period before, and nothing else.

They are worked out in whole numbers, as a numerator over a denominator, and divided once at the
end, so a report's cents are those of any other exact reckoning. What is missing, and what is
divided by zero, has no value: "no leads" must not read as "leads cost nothing".
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from funnelkit.errors import UsageError

Exact = tuple[int, int]
"""A numerator and a denominator that is not 0, as they came about: not reduced."""
Lookup = Callable[[str], Exact | None]
_Node = Callable[[Lookup], Exact | None]

_ALLOWED = "Only names, numbers, + - * / and parentheses are allowed, and previous(NAME)."
_PREVIOUS = "previous"
_LONGEST = 500


class Formula(Struct, frozen=True):
    """A checked formula."""

    text: str
    names: tuple[str, ...]
    """What it refers to, in the order of first appearance."""
    value: _Node
    numerator: _Node | None
    """Where the whole formula is one quotient, what stands above the line, and below it."""
    denominator: _Node | None
    below: tuple[str, ...] = ()
    """The names below the line."""
    previous: tuple[str, ...] = ()
    """Those of the names that it takes of the period before."""

    def __str__(self) -> str:
        return self.text


def evaluate(formula: str, values: Mapping[str, float | None]) -> float | None:
    """The value of *formula*, or None where it is undefined.

    >>> evaluate("cost / leads", {"cost": 90.0, "leads": 3})
    30.0
    >>> evaluate("cost / leads", {"cost": 90.0, "leads": 0}) is None
    True
    """
    exact = parse(formula).value(lambda name: None if values[name] is None else _exact(values[name] or 0))
    return None if exact is None else exact[0] / exact[1]


@lru_cache(maxsize=1024)
def parse(text: str) -> Formula:
    """Check the formula *text* once and return it ready to be worked out."""
    root = tree(text)
    node, line = _compiled(root, text), None
    if isinstance(root, ast.BinOp) and isinstance(root.op, ast.Div):
        line = _compiled(root.left, text), _compiled(root.right, text)
    return Formula(
        text=text,
        names=_names(root),
        value=node,
        numerator=line[0] if line else None,
        denominator=line[1] if line else None,
        below=_names(root.right) if isinstance(root, ast.BinOp) and line else (),
        previous=_backward(root),
    )


def looked_back(name: str) -> str | None:
    """What ``previous(x)`` is of; None for a plain name.

    >>> looked_back("previous(spend)"), looked_back("spend")
    ('spend', None)
    """
    return name[len(_PREVIOUS) + 1 : -1] if name.startswith(f"{_PREVIOUS}(") else None


def tree(text: str) -> ast.expr:
    """The formula *text* as Python's own tree. Raises UsageError where it is none."""
    if len(text) > _LONGEST:
        raise UsageError(f"a formula of {len(text)} characters is too long", hint=f"At most {_LONGEST}.")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"cannot read the formula {text!r}", hint=_ALLOWED) from error


def _names(tree: ast.expr) -> tuple[str, ...]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in found))


def _backward(tree: ast.expr) -> tuple[str, ...]:
    found = {_of_previous(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return tuple(name for name in _names(tree) if name in found)


def _of_previous(node: ast.Call) -> str | None:
    """The name in ``previous(NAME)``; None for any other call."""
    match node:
        case ast.Call(func=ast.Name(id="previous"), args=[ast.Name(id=name)], keywords=[]):
            return name
    return None


def _compiled(node: ast.expr, text: str) -> _Node:
    match node:
        case ast.Name(id=name):
            return lambda lookup: lookup(name)
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            if not math.isfinite(number):
                raise UsageError(f"the formula {text!r} has a number that is too large", hint=_ALLOWED)
            constant = _exact(number)
            return lambda lookup: constant
        case ast.Call() if of := _of_previous(node):
            return lambda lookup: lookup(f"{_PREVIOUS}({of})")
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as sign, right=right):
            return _joined(_compiled(left, text), _OPERATORS[type(sign)], _compiled(right, text))
    raise UsageError(f"the formula {text!r} uses {type(node).__name__}", hint=_ALLOWED)


def _joined(left: _Node, operator: Callable[[Exact, Exact], Exact | None], right: _Node) -> _Node:
    def value(lookup: Lookup) -> Exact | None:
        a, b = left(lookup), right(lookup)
        return None if a is None or b is None else operator(a, b)

    return value


def _add(a: Exact, b: Exact) -> Exact:
    return (a[0] + b[0], a[1]) if a[1] == b[1] else (a[0] * b[1] + b[0] * a[1], a[1] * b[1])


def _subtract(a: Exact, b: Exact) -> Exact:
    return _add(a, (-b[0], b[1]))


def _multiply(a: Exact, b: Exact) -> Exact:
    return a[0] * b[0], a[1] * b[1]


def _divide(a: Exact, b: Exact) -> Exact | None:
    return None if b[0] == 0 else (a[0] * b[1], a[1] * b[0])


_OPERATORS: dict[type[ast.operator], Callable[[Exact, Exact], Exact | None]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _multiply,
    ast.Div: _divide,
}


def _exact(number: float) -> Exact:
    """*number* as it is written: 0.1 is a tenth and not the nearest binary fraction."""
    return Fraction(str(number)).as_integer_ratio()
