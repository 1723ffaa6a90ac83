"""Formulas are the one place where text of the user is worked out: nothing but arithmetic may run."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.errors import UsageError
from funnelkit.metrics.formula import evaluate, parse

NAMES = ("a", "b", "c")
whole = st.integers(-(10**12), 10**12)


def formulas() -> st.SearchStrategy[str]:
    leaves = st.one_of(st.sampled_from(NAMES), st.integers(0, 99).map(str), st.just("0.5"))
    return st.recursive(
        leaves,
        lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
            lambda p: f"({p[0]} {p[1]} {p[2]})"
        ),
        max_leaves=8,
    )


@given(formula=formulas(), values=st.fixed_dictionaries(dict.fromkeys(NAMES, whole)))
def test_a_formula_is_the_exact_quotient_rounded_once(formula: str, values: dict[str, int]) -> None:
    exact = {name: Fraction(value) for name, value in values.items()}
    for number in {word for word in formula.replace("(", " ").replace(")", " ").split() if word[0].isdigit()}:
        exact[number] = Fraction(number)
    words = [
        f"N['{w}']" if w in exact else w for w in formula.replace("(", " ( ").replace(")", " ) ").split()
    ]
    try:
        expected = float(eval(" ".join(words), {"N": exact}))
    except ZeroDivisionError:
        assert evaluate(formula, values) is None
    else:
        assert evaluate(formula, values) == expected


def test_a_third_of_three_times_a_tenth_is_a_tenth() -> None:
    assert evaluate("3 * x / 3", {"x": 0.1}) == 0.1


@pytest.mark.parametrize(
    ("formula", "values", "expected"),
    [
        ("cost / leads", {"cost": 10_000, "leads": 40}, 250.0),
        ("1000 * cost / impressions", {"cost": 50, "impressions": 10_000}, 5.0),
        ("(a - b) / a", {"a": 8, "b": 2}, 0.75),
        ("a - b - c", {"a": 9, "b": 2, "c": 3}, 4.0),
        ("a / b / c", {"a": 12, "b": 2, "c": 3}, 2.0),
    ],
)
def test_signs_bind_as_people_expect(formula: str, values: dict[str, float], expected: float) -> None:
    assert evaluate(formula, values) == expected


@pytest.mark.parametrize("missing", ["cost", "leads"])
def test_what_is_missing_makes_the_whole_missing(missing: str) -> None:
    assert evaluate("cost / leads", {"cost": 1.0, "leads": 1.0, missing: None}) is None


def test_a_zero_below_the_line_has_no_value_even_under_a_zero() -> None:
    assert evaluate("a / b", {"a": 0, "b": 0}) is None
    assert evaluate("1 / (a / b)", {"a": 0, "b": 5}) is None


@pytest.mark.parametrize(
    "formula",
    [
        "a ** b",
        "f(a)",
        "__import__('os')",
        "a.b",
        "a[0]",
        "a if b else c",
        "'text'",
        "True",
        "-a",
        "a // b",
        "a < b",
        "a and b",
        "lambda: 0",
        "[a for a in b]",
        "1j",
        "1e999",
        "a\nb",
        "a = b",
        "(a",
        "",
        "None",
        "(" * 300 + "1" + ")" * 300,
    ],
)
def test_anything_but_arithmetic_is_refused(formula: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(formula)
    assert refused.value.hint


def test_a_quotient_knows_what_stands_above_and_below_the_line() -> None:
    found = parse("1000 * spend / (clicks + taps)")
    assert found.names == ("spend", "clicks", "taps")
    assert found.below == ("clicks", "taps")
    assert parse("a / b + c").numerator is None
