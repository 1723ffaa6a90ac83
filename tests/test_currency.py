"""Money: two currencies in one sum are wrong in a way that nobody sees."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from funnelkit import load as load_tables
from funnelkit import report
from funnelkit.errors import ConfigError, MissingInputError, SourceError
from funnelkit.periods import day_number
from funnelkit.sources.currency import code, unify
from funnelkit.sources.exchange import Exchange, Rates, read_rates
from tests.reading import ENGINE, column, csv_text, load, noted, rows, sums, table

if TYPE_CHECKING:
    from funnelkit.sources.loaded import Loaded
    from funnelkit.tables import Note

RATES = """\
date,from,to,rate
2026-01-01,USD,EUR,0.90
2026-02-01,USD,EUR,0.80
2026-01-01,EUR,BRL,6.25
2026-01-10,eur,gbp,0.8433
"""


@pytest.fixture
def rates(tmp_path: Path) -> Rates:
    path = tmp_path / "rates.csv"
    path.write_text(RATES)
    return read_rates(path)


def one(loaded: Loaded, wanted: str, rates: Rates | None = None) -> Loaded:
    """One file with its money in the currency *wanted*."""
    ((changed,), _, _) = unify([loaded], wanted, rates, ENGINE)
    return changed


def codes(notes: list[Note]) -> list[str]:
    """The codes of notes."""
    return [note.code for note in notes]


def spend(*lines: str, header: str = "Day,Campaign,Cost,Currency", file: str = "ads.csv") -> Loaded:
    """An ad report of a few days."""
    return load(table(header, *lines), file)


# What the currency of a file is


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("€", "EUR"),
        ("R$", "BRL"),
        ("US$", "USD"),
        ("$", "USD"),
        ("£", "GBP"),
        ("CA$", "CAD"),
        ("zł", "PLN"),
        ("Rs.", "INR"),
        ("usd", "USD"),
        ("Eur", "EUR"),
        (" CHF\u00a0", "CHF"),
        ("XYZ", "XYZ"),
        ("pieces", None),
        ("x", None),
        ("", None),
    ],
)
def test_signs_and_codes_stand_for_a_currency(sign: str, expected: str | None) -> None:
    assert code(sign) == expected


def test_a_column_says_the_currency_of_each_row() -> None:
    loaded = spend("2026-01-05,A,1,usd", "2026-01-06,B,2,€", "2026-01-07,C,3,Euro", "2026-01-08,D,4,Thaler")
    assert column(loaded, "currency") == ["USD", "EUR", "EUR", "THALER"]


def test_the_header_says_the_currency_of_the_file() -> None:
    loaded = spend("A,2026-01-05,3", header="Campaign name,Day,Amount spent (inr)")
    assert (loaded.currency, column(loaded, "currency")) == ("INR", ["INR"])


def test_the_signs_in_the_cells_say_the_currency_of_the_file() -> None:
    loaded = spend("2026-01-05,A,R$ 5", "2026-01-06,B,7", header="Day,Campaign,Cost")
    assert (loaded.currency, column(loaded, "currency")) == ("BRL", ["BRL", "BRL"])


def test_signs_of_several_currencies_without_a_column_are_refused() -> None:
    with pytest.raises(
        SourceError, match=r"ads\.csv: the cells carry several currencies \(EUR, USD\)"
    ) as caught:
        spend("2026-01-05,A,$5", "2026-01-06,B,5 €", header="Day,Campaign,Cost")
    assert caught.value.code == "mixed_currencies"


def test_the_configuration_says_it_where_the_file_does_not() -> None:
    text = table("Day,Campaign,Cost", "2026-01-05,A,5")
    assert load(text, currency="SEK").currency == "SEK"
    assert load(text).currency is None


# One currency for the report


def test_one_currency_needs_no_rates() -> None:
    files = [spend("2026-01-05,A,1,EUR"), spend("2026-01-06,A,2,EUR", file="b.csv")]
    same, target, notes = unify(files, None, None, ENGINE)
    assert (same, target, notes) == (files, "EUR", [])


def test_no_currency_at_all_is_none() -> None:
    assert unify([spend("2026-01-05,A,1", header="Day,Campaign,Cost")], None, None, ENGINE)[1:] == (None, [])


def test_a_file_without_a_currency_takes_the_only_one_and_that_is_told() -> None:
    files = [spend("2026-01-05,A,1,EUR"), spend("2026-01-06,A,2", header="Day,Campaign,Cost", file="b.csv")]
    _, target, notes = unify(files, None, None, ENGINE)
    assert (target, codes(notes)) == ("EUR", ["currency_assumed"])
    assert notes[0].message == "b.csv: states no currency; read as EUR"
    _, target, notes = unify(files[1:], "GBP", None, ENGINE)
    assert (target, codes(notes)) == ("GBP", ["currency_assumed"])


def test_two_currencies_without_rates_are_refused_with_their_files() -> None:
    files = [spend("2026-01-05,A,1,EUR"), spend("2026-01-06,A,2,USD", file="b.csv")]
    with pytest.raises(SourceError, match=r"several currencies \(EUR in ads\.csv; USD in b\.csv\)") as caught:
        unify(files, None, None, ENGINE)
    assert (caught.value.exit_code, caught.value.code) == (3, "mixed_currencies")
    with pytest.raises(SourceError, match="several currencies"):
        unify(files, "EUR", None, ENGINE)
    with pytest.raises(SourceError, match="several currencies"):
        unify([spend("2026-01-05,A,1,EUR", "2026-01-05,B,1,USD")], None, None, ENGINE)


def test_another_currency_than_that_of_the_files_needs_rates() -> None:
    with pytest.raises(
        SourceError, match=r"the money is in USD \(ads\.csv\) and there are no rates from it to EUR"
    ):
        unify([spend("2026-01-05,A,1,USD")], "EUR", None, ENGINE)


def test_rows_without_money_do_not_count_as_a_currency() -> None:
    files = [spend("2026-01-05,A,1,EUR", "2026-01-06,B,,USD")]
    assert unify(files, None, None, ENGINE)[1] == "EUR"


@pytest.mark.parametrize("amounts", [None, ("1.250", "2.375")])
def test_a_currency_without_money_is_no_fault(amounts: tuple[str, str] | None) -> None:
    """The amount is not in the file, or in doubt and left out."""
    lines = [["1", "Won", "2026-01-05", "USD"], ["2", "Lost", "2026-01-06", "EUR"]]
    header = ["Deal ID", "Deal Stage", "Close Date", "Currency"]
    if amounts:
        header.append("Amount")
        lines = [[*row, amount] for row, amount in zip(lines, amounts, strict=True)]
    loaded = load(csv_text([header, *lines]))
    assert "amount" not in loaded.present
    assert unify([loaded], None, None, ENGINE)[1:] == (None, [])
    assert len(noted(loaded, "column_left_out")) == bool(amounts)


# Rates


def test_each_day_has_the_last_rate_before_it(rates: Rates) -> None:
    days = ["2026-01-01", "2026-01-31", "2026-02-01", "2030-01-01"]
    found = [rates.rate("USD", "EUR", day_number(date.fromisoformat(d))) for d in days]
    assert found == [Fraction(9, 10), Fraction(9, 10), Fraction(4, 5), Fraction(4, 5)]
    assert rates.rate("USD", "EUR", day_number(date(2025, 12, 31))) is None


def test_a_rate_serves_both_ways_and_none_is_needed_for_the_same(rates: Rates) -> None:
    day = day_number(date(2026, 1, 20))
    assert rates.rate("BRL", "EUR", day) == Fraction(100, 625)
    assert rates.rate("EUR", "GBP", day) == Fraction(8433, 10000)
    assert rates.rate("EUR", "EUR", 0) == 1
    assert rates.rate("USD", "BRL", day) is None


def test_money_is_converted_at_the_rate_of_its_day(rates: Rates) -> None:
    loaded = spend(
        "2026-01-31,A,10.50,USD", "2026-02-01,B,10.50,USD", "2026-02-02,C,1.25,EUR", "2026-02-02,D,12.50,BRL"
    )
    files, target, notes = unify([loaded], "EUR", rates, ENGINE)
    costs = [Decimal(c or 0) for c in column(files[0], "cost")]
    assert costs == [Decimal("9.45"), Decimal("8.4"), Decimal("1.25"), Decimal(2)]
    assert (target, codes(notes)) == ("EUR", ["converted"])
    assert notes[0].message == "BRL, USD converted to EUR at the rate of each day"


def deals_in_euro(rates: Rates, as_of: date | None, *lines: str) -> dict[str, Decimal | None]:
    """The amounts of deals by their id, in EUR as they stand on a day."""
    loaded = load(table("Deal ID,Deal Stage,Amount,Create Date,Close Date,Currency", *lines), "deals.csv")
    exchange = Exchange(target="EUR", rates=rates)
    frame, scales = exchange.deals(loaded.frame, loaded.scales, ENGINE, day_number(as_of) if as_of else None)
    found = rows(replace(loaded, frame=frame, scales=scales))
    return {row["deal_id"] or "": Decimal(row["amount"]) if row["amount"] else None for row in found}


OF_ALL_KINDS = (
    "1,Won,100,2026-01-02,2026-01-05,USD",
    "2,Proposal,100,2026-01-02,,USD",
    "3,Proposal,100,2026-01-02,2026-06-30,USD",
    "4,Lost,,2026-01-02,2026-01-06,USD",
    "5,Proposal,100,2026-01-02,,EUR",
    "6,Proposal,100,2026-01-02,,",
    "7,Won,100,2026-01-02,,USD",
    "8,Lost,100,2026-01-02,2026-02-10,USD",
)


@pytest.mark.parametrize(
    ("as_of", "still_open"), [(date(2026, 1, 31), 90), (date(2026, 2, 1), 80), (None, 80)]
)
def test_open_deals_take_the_rate_that_is_known_on_the_as_of_day(
    rates: Rates, as_of: date | None, still_open: int
) -> None:
    """0.90 until 31 January, 0.80 from then on. Whether it has a day on which it is to close says nothing."""
    found = deals_in_euro(rates, as_of, *OF_ALL_KINDS)
    later = 90 if as_of == date(2026, 1, 31) else 80
    assert found == {
        "1": 90,
        "2": still_open,
        "3": still_open,
        "4": None,
        "5": 100,
        "6": 100,
        "7": 90,  # won on a day that nobody wrote down: that of its creation is known
        "8": later,
    }


def test_deals_in_one_currency_are_left_alone(rates: Rates) -> None:
    loaded = load(table("Deal ID,Deal Stage,Amount,Close Date,Currency", "1,Won,100,2025-01-05,EUR"))
    frame, scales = Exchange(target="EUR", rates=rates).deals(loaded.frame, loaded.scales, ENGINE, None)
    assert frame is loaded.frame
    assert scales is loaded.scales


def test_an_open_deal_on_a_day_before_all_rates_is_refused(rates: Rates) -> None:
    with pytest.raises(SourceError, match="there is no rate from USD to EUR for 2025-12-31") as caught:
        deals_in_euro(rates, date(2025, 12, 31), "1,Proposal,100,2025-12-01,,USD")
    assert caught.value.code == "no_rate"


def test_a_cost_of_several_days_takes_the_mean_of_their_rates(rates: Rates) -> None:
    """One day of 0.90 and three of 0.80: 100 USD spread over them are 25 x 0.90 + 75 x 0.80 = 82.50 EUR."""
    loaded = spend("2026-01-31,2026-02-03,A,100,USD", header="Start,End,Campaign,Cost,Currency")
    assert [Decimal(c or 0) for c in column(one(loaded, "EUR", rates), "cost")] == [Decimal("82.5")]


def test_no_row_takes_a_rate_of_a_day_after_the_as_of_day(rates: Rates) -> None:
    """Of a cost that begins on 31 January, all that is known on that day is its rate."""
    loaded = spend("2026-01-31,2026-02-03,A,100,USD", header="Start,End,Campaign,Cost,Currency")
    ((known,), _, _) = unify([loaded], "EUR", rates, ENGINE, as_of=day_number(date(2026, 1, 31)))
    assert [Decimal(c or 0) for c in column(known, "cost")] == [90]


HISTORY = """\
Deal ID,Stage,Entered at
4,Proposal,2026-01-04
4,Won,2026-01-20
4,Proposal,2026-02-02
4,Won,2026-02-06
"""


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
@pytest.mark.parametrize(
    ("options", "metric", "value"),
    [
        # Deals 2 and 4 are open, at 0.90; today only deal 2 is, at the rate of the last day of the data.
        ({"as_of": "2026-01-15"}, "pipeline_open", 180),
        ({}, "pipeline_open", 80),
        # Deal 1 at 0.90; deal 4 at that of 6 February, or of 20 January.
        ({}, "revenue_won", 170),
        ({"first_close": True}, "revenue_won", 180),
        ({"constant_currency": "2026-03-01"}, "revenue_won", 100),
        ({"constant_currency": "2026-03-01", "as_of": "2026-01-15"}, "pipeline_open", 100),
    ],
)
def test_reports_convert_deals_at_the_day_on_which_they_count(
    tmp_path: Path, engine: str, options: dict[str, Any], metric: str, value: int
) -> None:
    (tmp_path / "rates.csv").write_text(RATES + "2026-03-01,USD,EUR,0.50\n")
    (tmp_path / "funnelkit.yaml").write_text("currency: EUR\nrates: rates.csv\n")
    deals, history = tmp_path / "deals.csv", tmp_path / "history.csv"
    lines = (OF_ALL_KINDS[0], OF_ALL_KINDS[1], "4,Won,100,2026-01-04,2026-02-06,USD")
    deals.write_text(table("Deal ID,Deal Stage,Amount,Create Date,Close Date,Currency", *lines))
    history.write_text(HISTORY)
    made = report(
        [str(deals), str(history)],
        metrics=metric,
        config=tmp_path / "funnelkit.yaml",
        engine=engine,
        **options,
    )
    assert made.metrics[metric].value == value


def test_the_tables_from_python_are_in_one_currency_too(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text(RATES)
    (tmp_path / "funnelkit.yaml").write_text("currency: EUR\nrates: rates.csv\n")
    deals = tmp_path / "deals.csv"
    deals.write_text(table("Deal ID,Deal Stage,Amount,Create Date,Close Date,Currency", *OF_ALL_KINDS[:2]))
    found = load_tables([str(deals)], config=tmp_path / "funnelkit.yaml", as_of="2026-02-01")["deals"]
    assert dict(zip(found["deal_id"], found["amount"], strict=True)) == {"1": 90, "2": 80}


def test_a_day_before_all_rates_is_refused(rates: Rates) -> None:
    with pytest.raises(
        SourceError, match=r"ads\.csv: there is no rate from USD to EUR for 2025-12-31"
    ) as caught:
        one(spend("2025-12-31,A,1,USD"), "EUR", rates)
    assert caught.value.code == "no_rate"


@settings(deadline=None)
@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8),
    st.integers(0, 3),
    st.decimals(Decimal("0.0001"), Decimal(30000), places=4),
    st.booleans(),
)
def test_rounding_is_half_to_even_as_decimal_does_it(
    digits: list[int], decimals: int, rate: Decimal, inverse: bool
) -> None:
    """Two decimals more than the file has are kept, and the rest is rounded as a bank rounds."""
    amounts = [Decimal(d).scaleb(-decimals) for d in digits]
    first = day_number(date(2026, 1, 1))
    pair = ("EUR", "USD") if inverse else ("USD", "EUR")
    known = Rates({pair: [(first, Fraction(rate))]})
    lines = [f"{date(2026, 1, 1) + timedelta(n)},A,{a:.{decimals}f},USD" for n, a in enumerate(amounts)]
    loaded = load(table("Day,Campaign,Cost,Currency", *lines), decimal=".")
    scale = loaded.scales["cost"] + 2
    expected = [
        Decimal(
            round((Fraction(a) / Fraction(rate) if inverse else Fraction(a) * Fraction(rate)) * 10**scale)
        )
        for a in amounts
    ]
    if not inverse:
        quantum = Decimal(1).scaleb(-scale)
        exact = [(a * rate).quantize(quantum, ROUND_HALF_EVEN).scaleb(scale) for a in amounts]
        assert expected == exact
    found = one(loaded, "EUR", known)
    assert found.scales["cost"] == scale
    assert sums(found)["cost"] == sum(expected, Decimal(0)).scaleb(-scale)


def test_a_half_goes_to_the_even_neighbour() -> None:
    known = Rates({("USD", "EUR"): [(0, Fraction(1, 2000))]})
    cents = ["1", "3", "5", "-1", "-3"]
    loaded = spend(*(f"2026-01-0{n},A,{c},USD" for n, c in enumerate(cents, 1)))
    scaled = [Decimal(c or 0) for c in column(one(loaded, "EUR", known), "cost")]
    # 0.0005, 0.0015, 0.0025: two decimals are kept beyond the none of the file, and all of these are below a half.
    assert scaled == [0, 0, 0, 0, 0]
    known = Rates({("USD", "EUR"): [(0, Fraction(1, 200))]})
    scaled = [Decimal(c or 0) for c in column(one(loaded, "EUR", known), "cost")]
    # 0.005, 0.015, 0.025, -0.005, -0.015
    assert scaled == [Decimal(v) for v in ("0", "0.02", "0.02", "0", "-0.02")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,from,to,rate\n2026-01-01,USD,EUR,\n", "line 2: not a rate"),
        ("date,from,to,rate\n2026-01-01,USD,EUR,0.9\n2026-13-01,USD,EUR,0.9\n", "line 3: not a rate"),
        ("date,from,to,rate\n2026-01-01,USD,EUR,0\n", "line 2: not a rate"),
        ("date,from,to,rate\n2026-01-01,USD,EUR,-1\n", "line 2: not a rate"),
        ("date,from,to,rate\n2026-01-01,USD\n", "line 2: not a rate"),
        ("date;from;to;rate\n2026-01-01;USD;EUR;0,9\n", "line 2: not a rate"),
        ("date,from,to,rate\n2026-01-01,USD,EUR,0.9\n2026-01-01,USD,EUR,0.8\n", "line 3: a second rate"),
    ],
)
def test_a_rate_table_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read_rates(path)
    assert caught.value.exit_code == 2


def test_a_rate_table_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="the rates cannot be read"):
        read_rates(tmp_path / "gone.csv")
    path = tmp_path / "rates.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(SourceError, match="this is not a text file"):
        read_rates(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_rate_table_may_be_saved_by_any_program(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_bytes("date,from,to,rate,who\r\n2026-01-01,USD,EUR,0.9,Jürgen\r\n".encode(encoding))
    assert read_rates(path).rate("USD", "EUR", day_number(date(2026, 5, 1))) == Fraction(9, 10)


@pytest.mark.parametrize(
    ("header", "currency"),
    [
        ("Amount spent (EUR)", "EUR"),
        ("Cost [usd]", None),
        ("Cost USD", "USD"),
        ("Cost (R$)", "BRL"),
        ("Cost ($)", "USD"),
        ("Spend €", "EUR"),
        ("Total Cost", None),
    ],
)
def test_a_money_header_may_name_the_currency(header: str, currency: str | None) -> None:
    assert spend("2026-01-01,a,5", header=f"Day,Campaign,{header}").currency == currency


def test_two_headers_of_two_currencies_name_none() -> None:
    loaded = load(table("Order ID,Email,Paid At,Amount (EUR),Refunded (USD)", "1,a@b.example,2026-01-01,5,1"))
    assert loaded.currency is None
