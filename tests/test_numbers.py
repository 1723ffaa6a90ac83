"""Numbers as people write them: a separator read the wrong way makes a cost a thousand times too large."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funnelkit.errors import SourceError
from funnelkit.figures import number_parts
from funnelkit.sources.deciding import numbers
from funnelkit.sources.deciding.numbers import Sign
from funnelkit.styles import BAD, NumberStyle
from tests.reading import column, csv_text, load, noted, sums, table


def decided(*cells: str, counts: bool = False, neighbours: set[Sign] | None = None) -> str | None:
    """The decimal sign of a column of *cells*."""
    return numbers.settle(numbers.scan(cells), counts=counts, neighbours=neighbours or set())[0]


def value(cell: str, decimal: Sign = ".", scale: int = 4) -> Decimal | None:
    """What a cell is worth under a style; None for a mark of missing."""
    answer = NumberStyle(decimal=decimal, scale=scale).parse(cell)
    assert answer is not BAD, cell
    return None if answer is None else Decimal(int(str(answer))).scaleb(-scale)


# What a column proves


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["3.99"], "."),
        (["3,99"], ","),
        (["1.5"], "."),
        (["1,250.00"], "."),
        (["1.250,00"], ","),
        (["1,250,000"], "."),
        (["1.250.000"], ","),
        (["1,00,000"], "."),
        (["0.125"], "."),
        (["0,125"], ","),
        (["-0.125"], "."),
        (["$0.125"], "."),
        (["1234.567"], "."),
        (["1234,567"], ","),
        (["1.2345"], "."),
        (["1 250,500"], ","),
        (["1'250.500"], "."),
        (["12", "7"], "."),
        (["-", "", "n/a", " --"], "."),
        (["1.250", "3,99"], ","),
        (["1.250", "3.99"], "."),
        (["1,250", "19", "2.50 %"], "."),
        (["R$ 1.236,86", "R$ 12"], ","),
    ],
)
def test_one_value_may_prove_the_sign_of_its_column(cells: list[str], sign: str) -> None:
    assert decided(*cells) == sign
    assert decided(*reversed(cells)) == sign


@pytest.mark.parametrize(
    "cells",
    [
        ["1.250"],
        ["1,250"],
        ["12.500", "1.125"],
        ["-1.250", "€ 12.375"],
        ["3.99", "3,99"],
        ["1.250", "1,250"],
        ["1.250.000", "1,250,000"],
        ["1.250", "1250"],
    ],
)
def test_what_fits_two_readings_is_not_decided(cells: list[str]) -> None:
    assert decided(*cells) is None
    assert decided(*reversed(cells)) is None


def test_a_count_has_no_decimals() -> None:
    assert decided("1.250", counts=True) == ","
    assert decided("25,881", counts=True) == "."
    assert decided("1.250", "1,250", counts=True) is None


def test_small_whole_numbers_beside_trailing_zeros_prove_thousands() -> None:
    assert decided("1.250", "7") == ","
    assert decided("7", "1,250") == "."
    assert decided("1.255", "7") is None, "1.255 and 7 may be trimmed decimals"


def test_neighbours_help_only_where_they_agree() -> None:
    assert decided("1.250", neighbours={","}) == ","
    assert decided("1.250", neighbours={"."}) == "."
    assert decided("1.250", neighbours={".", ","}) is None


@pytest.mark.parametrize("slip", ["1.2.3", "1..5", "12 pcs", "Q3", "1,2,3", "(12", "x7,5"])
def test_a_slip_proves_nothing(slip: str) -> None:
    assert decided("1.250", slip) is None
    assert decided("3,99", slip) == ","


# What a cell is worth


@pytest.mark.parametrize(
    ("cell", "decimal", "expected"),
    [
        ("1,236.86", ".", "1236.86"),
        ("1.236,86", ",", "1236.86"),
        ("1 236,86", ",", "1236.86"),
        ("1\u00a0236,86", ",", "1236.86"),
        ("18\u202f158", ",", "18158"),
        ("1'236.86", ".", "1236.86"),
        ("1’236.86", ".", "1236.86"),
        ("12,34,567.50", ".", "1234567.50"),
        ("R$\u00a0236,86", ",", "236.86"),
        ("US$135.81", ".", "135.81"),
        ("$28,500.00 ", ".", "28500"),
        ("100 kr", ".", "100"),
        ("1250 EUR", ".", "1250"),
        ("eur 12,5", ",", "12.5"),
        ("Rs.500", ".", "500"),
        ("Rs. 1,00,000.25", ".", "100000.25"),
        ("Fr. 12.50", ".", "12.5"),
        ("€.50", ".", "0.5"),
        ("-12.5", ".", "-12.5"),
        ("−12.5", ".", "-12.5"),
        ("'-122.29", ".", "-122.29"),
        ("(1,117.50)", ".", "-1117.5"),
        ("($12)", ".", "-12"),
        ("-$5", ".", "-5"),
        ("$-5", ".", "-5"),
        ("+5", ".", "5"),
        ("$1,117.10K", ".", "1117100"),
        ("1.5M", ".", "1500000"),
        ("2 bn", ".", "2000000000"),
        ("1.08E+7", ".", "10800000"),
        ("2.5e-3", ".", "0.0025"),
        ("11.76%", ".", "0.1176"),
        ("11,5 %", ",", "0.115"),
        ("179,38%", ",", "1.7938"),
        (".5", ".", "0.5"),
        ("5.", ".", "5"),
        ("$1,200.00 MXN", ".", "1200"),
        ("USD 12.50 $", ".", "12.5"),
        ("1.2K €", ".", "1200"),
        ("$141.56K", ".", "141560"),
        ("1,2 Mio. €", ",", "1200000"),
        ("R$ 3,5 mil", ",", "3500"),
        ("S/ 12.50", ".", "12.5"),
        ("6,67\u00a0%", ",", "0.0667"),
        ("64517.0", ".", "64517"),
    ],
)
def test_a_cell_is_worth_what_a_person_reads(cell: str, decimal: Sign, expected: str) -> None:
    assert value(cell, decimal) == Decimal(expected)


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "",
            " ",
            "-",
            " --",
            "—",
            "N/A",
            "(not set)",
            "#DIV/0!",
            "#DIV/0",
            "null",
            "NaN",
            "None",
            "undefined",
        ),
        *("No data available.", "#NAME?", "n/d", "(blank)", "∞", "< 10%", "> 90%", "<10", "≥ 1,5 %"),
    ],
)
def test_a_mark_of_missing_is_no_zero(cell: str) -> None:
    assert value(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "12 pcs",
            "3 of 5",
            "Q3",
            "x7",
            "< x",
            "<b>",
            "1.2.3",
            "1..5",
            "1.5'0",
            "12 34",
            "(12",
            "12)",
            "--5",
        ),
        *(
            "12-",
            "1,25,0.5",
            "0,125.5",
            "½",
            "1e999",
            "1e30",
            "12345678901234567",
            "2026-01-05",
            "00:12:30",
            "five",
        ),
        "5 $ 5",
    ],
)
def test_what_is_no_number_is_not_forced_into_one(cell: str) -> None:
    assert NumberStyle(decimal=".", scale=2).parse(cell) is BAD
    assert NumberStyle(decimal=",", scale=2).parse(cell) is BAD


def test_the_style_is_kept_to() -> None:
    assert NumberStyle(decimal=".", scale=2).parse("1.236,86") is BAD
    assert NumberStyle(decimal=",", scale=2).parse("3.99") is BAD
    assert NumberStyle(scale=0, exact=True).parse("2.5") is BAD
    assert NumberStyle(scale=0, exact=True).parse("2.0") == 2


@given(st.integers(-(10**9), 10**9), st.integers(1, 6), st.integers(0, 5))
def test_float_noise_is_rounded_to_the_nearest(digits: int, decimals: int, scale: int) -> None:
    number = Decimal(digits).scaleb(-decimals)
    nearest = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    assert NumberStyle(scale=scale).parse(str(number)) == int(nearest.scaleb(scale))


# Written in any style, read back exactly

SIGNS = ["", "€", "$ ", "R$\u00a0", "USD ", "Rs."]
GROUPS: list[tuple[Sign, str]] = [
    *((".", g) for g in ("", ",", "'", "’", " ", "\u00a0")),
    *((",", g) for g in ("", ".", "'", "\u00a0", "\u202f")),
]


def formatted(number: Decimal, decimals: int, decimal: Sign, group: str, sign: str) -> str:
    """*number* as a tool would write it."""
    whole, _, fraction = f"{abs(number):.{decimals}f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    return f"{'-' * (number < 0)}{sign}{grouped}{decimal * bool(fraction)}{fraction}"


@given(
    st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=8),
    st.integers(0, 4),
    st.sampled_from(GROUPS),
    st.sampled_from(SIGNS),
)
def test_a_column_with_decisive_evidence_reads_back_exactly(
    digits: list[int], decimals: int, style: tuple[Sign, str], sign: str
) -> None:
    decimal, group = style
    written = [Decimal(d).scaleb(-decimals) for d in digits]
    cells = [formatted(n, decimals, decimal, group, sign) for n in written]
    found = numbers.scan(cells)
    answer, _ = numbers.settle(found, counts=False, neighbours=set())
    if answer is None:
        assert not found.proof, "nothing proved a sign, and nothing was guessed"
        assert found.either
        return
    read = NumberStyle(decimal=answer, scale=decimals)
    assert [read.parse(c) for c in cells] == [int(n.scaleb(decimals)) for n in written]


@given(st.text("0123456789.,' -+()%€$Ke\u00a0", max_size=12))
def test_a_cell_has_at_most_one_value_that_no_reading_contradicts(cell: str) -> None:
    """Whatever stands in a cell: no crash, and a sign that it proves is the one that can read it."""
    parts = number_parts(cell)
    readings = [NumberStyle(decimal=sign, scale=3).parse(cell) for sign in (".", ",")]
    if parts is None:
        assert all(r is BAD or r is None for r in readings)
        return
    sign = numbers.decimal_sign(parts)
    if sign in (".", ","):
        assert readings[".,".index(sign)] is not BAD
    assume(sign is None)
    assert readings[0] == readings[1]


# In a file


def test_an_ambiguous_cost_is_refused_with_both_readings_and_the_way_out() -> None:
    with pytest.raises(
        SourceError, match=r"export\.csv: column 'Cost' \(cost\): '1\.250' fits two readings"
    ) as caught:
        load(table("Day,Campaign,Cost", "2026-01-02,A,1.250", "2026-01-03,B,2.375"))
    assert caught.value.exit_code == 3
    assert caught.value.hint.startswith("'1.250' is 1250 or 1.250. Say which: --decimal . or --decimal ,")


@pytest.mark.parametrize(("decimal", "total"), [(".", "3.625"), (",", "3625")])
def test_the_user_settles_what_the_file_does_not(decimal: str, total: str) -> None:
    text = table("Day,Campaign,Cost", "2026-01-02,A,1.250", "2026-01-03,B,2.375")
    assert sums(load(text, decimal=decimal))["cost"] == Decimal(total)
    assert sums(load(text, decimals={"cost": decimal}))["cost"] == Decimal(total)


def test_another_column_of_the_file_settles_it() -> None:
    header, rows = "Day;Campaign;Cost;Conversion value", ["2026-01-02;A;1.250;3,5", "2026-01-03;B;2.375;4,5"]
    assert sums(load(table(header, *rows)))["cost"] == Decimal(3625)


def test_an_ambiguous_column_that_is_not_needed_is_left_out_with_both_readings() -> None:
    text = table("Day,Campaign,Cost,Conversion value", "2026-01-02,A,12,1.250", "2026-01-03,B,100,2.375")
    loaded = load(text)
    assert "conversion_value" not in loaded.present
    assert sums(loaded) == {"cost": Decimal(112)}
    (message,) = noted(loaded, "column_left_out")
    assert "'1.250' fits two readings; it is left out. '1.250' is 1250 or 1.250." in message


def test_one_long_number_does_not_cost_the_others_their_cents() -> None:
    text = table(
        "Day,Campaign,Cost", "2026-01-02,A,12.34", "2026-01-03,B,99999999999999999999", "2026-01-04,C,1.01"
    )
    loaded = load(text)
    assert sums(loaded)["cost"] == Decimal("13.35")
    assert [(a.reason, a.lines) for a in loaded.aside] == [("bad_value", (3,))]


def test_numbers_that_cannot_be_added_exactly_are_refused() -> None:
    rows = [f"2026-01-02,A,{10**14 + n}.25" for n in range(2000)]
    with pytest.raises(SourceError, match="too long to be added up exactly"):
        load(table("Day,Campaign,Cost", *rows))


@settings(deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12), st.integers(0, 3))
def test_the_sum_of_a_column_is_exact(digits: list[int], decimals: int) -> None:
    amounts = [Decimal(d).scaleb(-decimals) for d in digits]
    rows = [[f"D{n}", "won", f"{a:.{decimals}f}", "2026-01-05"] for n, a in enumerate(amounts)]
    loaded = load(csv_text([["Deal ID", "Deal Status", "Amount", "Closed Date"], *rows]), decimal=".")
    assert sums(loaded)["amount"] == sum(amounts)
    assert [Decimal(a or 0) for a in column(loaded, "amount")] == amounts


def test_a_neighbour_that_proves_the_point_outweighs_a_plain_number_beside_the_cell() -> None:
    found = numbers.scan(["1.000", "0"])
    assert numbers.settle(found, counts=False, neighbours={"."})[0] == "."
    assert numbers.settle(found, counts=False, neighbours={","})[0] == ","


# What a tool writes, and limits in place of numbers


def test_the_way_of_a_tool_holds_unless_the_file_speaks_against_it() -> None:
    found = numbers.scan(["1.250"])
    assert numbers.settle(found, counts=False, neighbours=set(), usual=".")[0] == "."
    assert numbers.settle(found, counts=False, neighbours={","}, usual=".")[0] is None
    assert (
        numbers.settle(numbers.scan(["1.250", "3,99"]), counts=False, neighbours=set(), usual=".")[0] == ","
    )


def test_a_limit_in_place_of_a_number_counts_as_missing_and_is_told() -> None:
    text = table(
        "Day,Campaign,Cost,Impressions",
        "2026-01-02,A,1.20,< 10",
        "2026-01-03,B,< 0.01,500",
        "2026-01-04,C,3,> 90",
    )
    loaded = load(text)
    assert sums(loaded) == {"cost": Decimal("4.20"), "impressions": Decimal(500)}
    assert loaded.used == 3
    assert noted(loaded, "bounded_cells") == [
        "export.csv: 1 cell of column 'Cost' only limits a number ('< 0.01') and counts as missing",
        "export.csv: 2 cells of column 'Impressions' only limit a number ('< 10') and count as missing",
    ]


# Percentages

CHANCES = "Deal ID,Deal Stage,Amount,Probability"


@pytest.mark.parametrize(
    ("cells", "chances"),
    [
        (["50%", "100 %", "5%"], ["0.50", "1.00", "0.05"]),
        (["50", "100", "5"], ["0.50", "1.00", "0.05"]),
        (["0.5", "1", "0.05"], ["0.50", "1.00", "0.05"]),
        (["12,5", "100,0", "0,5"], ["0.125", "1", "0.005"]),
        (["1", "0"], ["1", "0"]),
    ],
)
def test_a_chance_is_a_part_of_one_however_it_is_written(cells: list[str], chances: list[str]) -> None:
    rows = [[str(n), "open", "5.25", cell] for n, cell in enumerate(cells)]
    loaded = load(csv_text([CHANCES.split(","), *rows]))
    assert [Decimal(c or 0) for c in column(loaded, "probability")] == [Decimal(c) for c in chances]


def test_chances_with_and_without_a_percent_sign_are_left_out() -> None:
    loaded = load(csv_text([CHANCES.split(","), ["1", "open", "5.25", "50%"], ["2", "open", "5.25", "0.5"]]))
    assert "probability" not in loaded.present
    (message,) = noted(loaded, "column_left_out")
    assert "some of its values have a percent sign and some have none" in message


def test_a_header_may_say_that_numbers_are_of_a_hundred() -> None:
    loaded = load(csv_text([[*CHANCES.split(",")[:3], "Probability (%)"], ["1", "open", "5.25", "1"]]))
    assert [Decimal(c or 0) for c in column(loaded, "probability")] == [Decimal("0.01")]


# Currencies


@pytest.mark.parametrize(
    ("cell", "code", "told"),
    [
        ("R$ 100,50", "USD", 1),
        ("$ 100,50", "MXN", 0),
        ("€ 100,50", "EUR", 0),
        ("100,50", "USD", 0),
        ("100,50 eur", "USD", 1),
    ],
)
def test_a_sign_that_contradicts_the_currency_column_is_told(cell: str, code: str, told: int) -> None:
    rows = [["1", "won", cell, code], ["2", "won", "7,25", code]]
    loaded = load(csv_text([["Deal ID", "Deal Stage", "Amount", "Currency"], *rows]))
    notes = noted(loaded, "currency_sign")
    assert len(notes) == told
    assert sums(loaded)["amount"] == Decimal("107.75")
    assert all(
        f"carry '{cell.split()[0] if cell[0] != '1' else 'eur'}'" in note and code in note for note in notes
    )


# A whole file in any style


@settings(deadline=None, max_examples=120)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**4)), min_size=1, max_size=8
    ),
    st.sampled_from(GROUPS),
    st.sampled_from(SIGNS),
    st.integers(0, 3),
    st.booleans(),
)
def test_a_file_in_any_style_gives_its_sums_or_is_refused(
    rows: list[tuple[int, int, int]], style: tuple[Sign, str], sign: str, decimals: int, total: bool
) -> None:
    """Cost, impressions and conversions of a file written in one style, with or without a total row."""
    decimal, group = style
    if decimal == "," and group == ",":
        return
    found = [(Decimal(cost).scaleb(-decimals), shown, Decimal(done).scaleb(-1)) for cost, shown, done in rows]

    def line(name: str, cost: Decimal, shown: int, done: Decimal) -> list[str]:
        return [
            "2026-01-05" if name != "Total" else name,
            name,
            formatted(cost, decimals, decimal, group, sign),
            formatted(Decimal(shown), 0, decimal, group, ""),
            formatted(done, 1, decimal, group, ""),
        ]

    costs, impressions, done = (sum(column) for column in zip(*found, strict=True))
    lines = [line("A", *row) for row in found]
    if total:
        lines.append(line("Total", Decimal(costs), int(impressions), Decimal(done)))
    try:
        loaded = load(csv_text([["Day", "Campaign", "Cost", "Impr.", "Conversions"], *lines]))
    except SourceError:
        assert decimals in (0, 3), "one or two decimals prove their sign"
        return
    expected = {"cost": costs, "impressions": impressions, "conversions": done}
    assert sums(loaded) == {name: expected[name] for name in sums(loaded)}
    assert "cost" in sums(loaded)
    assert not noted(loaded, "total_differs")


def test_a_minus_behind_an_amount_makes_it_negative() -> None:
    assert NumberStyle(scale=2).parse("50.00-") == -5000
    assert NumberStyle(decimal=",", scale=2).parse("1.250,50- EUR") == -125050
    assert NumberStyle(scale=2).parse("-50.00-") is BAD
