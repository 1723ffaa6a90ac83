"""Which evidence counts for more: the cells, then what the tool writes, then the rest of the file."""

from __future__ import annotations

from typing import Any

import pytest

from funnelkit.sources.deciding import values
from funnelkit.sources.deciding.decisions import Asked, Decision
from funnelkit.styles import DateStyle, NumberStyle


def decided(kind: str, *cells: str, target: str = "cost", **known: Any) -> Decision:
    """The decision for one column."""
    asked = Asked(target=target, header="Column", kind=kind, cells=cells, **known)  # type: ignore[arg-type]
    return values.decide("spend", [asked], zone="UTC", rows=len(cells))[target]


def decimal(decision: Decision) -> str | None:
    """The decimal sign of a decision."""
    return decision.style.decimal if isinstance(decision.style, NumberStyle) else None


@pytest.mark.parametrize(
    ("cells", "known", "sign"),
    [
        (["1.250"], {}, None),
        (["1.250"], {"usual_decimal": "."}, "."),
        (["1.250"], {"usual_decimal": ","}, ","),
        (["1.250", "3,99"], {"usual_decimal": "."}, ","),
        (["1.250"], {"usual_decimal": ".", "decimal": ","}, ","),
        (["3,99"], {"decimal": ".", "yields": True}, ","),
        (["3,99"], {"decimal": "."}, None),
    ],
)
def test_the_cells_win_over_the_tool_and_the_user_over_what_is_open(
    cells: list[str], known: dict[str, Any], sign: str | None
) -> None:
    assert decimal(decided("money", *cells, **known)) == sign


@pytest.mark.parametrize(
    ("cells", "known", "orders"),
    [
        (["03/04/2026"], {}, None),
        (["03/04/2026"], {"usual_order": "mdy"}, {"/": "mdy"}),
        (["13/04/2026", "03/04/2026"], {"usual_order": "mdy"}, {"/": "dmy"}),
        (["03/04/2026"], {"usual_order": "mdy", "order": "dmy"}, {"/": "dmy", "-": "dmy", ".": "dmy"}),
    ],
)
def test_the_same_holds_for_dates(
    cells: list[str], known: dict[str, Any], orders: dict[str, str] | None
) -> None:
    style = decided("date", *cells, target="date", **known).style
    assert (style.orders if isinstance(style, DateStyle) else None) == orders


def test_a_tool_may_have_a_word_for_no_value() -> None:
    style = decided("text", "Select", "Google", target="source", missing=("select",)).style
    assert style is not None
    assert [style.parse(cell) for cell in ("Select", " select ", "Google", "")] == [
        None,
        None,
        "Google",
        None,
    ]


def test_a_witness_is_only_called_where_the_cells_leave_two_readings() -> None:
    class Witness:
        def sign(self, target: str) -> tuple[Any, str] | None:
            return (
                None if target == "cost" else ("," if target == "conversion_value" else None, "as I saw it")
            )

        def neighbours(self) -> set[Any]:
            return {"."}

    called = []

    def witness() -> Witness:
        called.append(True)
        return Witness()

    def of(target: str, *cells: str) -> str | None:
        asked = Asked(target=target, header="Column", kind="money", cells=cells)
        return decimal(values.decide("spend", [asked], zone="UTC", rows=2, witness=witness)[target])

    assert of("cost", "3.99", "1.250") == "."
    assert of("cost", "7", "12") == "."
    assert not called
    assert of("cost", "1.250") == ".", "as the money columns beside it"
    assert of("conversion_value", "1.250") == ","
    assert of("other", "1.250", "7") is None, "two readings, and the witness knows that neither holds"
