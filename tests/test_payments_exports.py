"""Real exports of payments: how many were paid, what they came to, what was given back, by currency."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from funnelkit.errors import SourceError
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.reporting import report
from tests.reading import aside, column, load_file, rows, sums
from tests.real import ENTRIES, FOLDER, accepted, answer, table_of
from tests.test_exports import dashed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.sources.loaded import Loaded

PAID = [
    path
    for path, entry in ENTRIES.items()
    if "payments" in [allowed.split()[0] for allowed in accepted(entry)]
]
UNPAID = {"draft": "pending", "authorized": "pending", "voided": "failed"}
"""Statuses of the truth that do not count, and the reason under which we set them aside."""


def counted(loaded: Loaded) -> dict[str, dict[str, Any]]:
    """What funnelkit counts, by currency: refunds are a column, or rows of their own with negative amounts."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows(loaded):
        one = found.setdefault(row["currency"] or "", Counter())
        amount, refunded = Decimal(row["amount"] or 0), Decimal(row.get("refunded") or 0)
        one["paid_n"] += amount >= 0
        one["gross"] += max(amount, Decimal(0))
        one["refunded"] += refunded - min(amount, Decimal(0))
    for one in found.values():
        one["net"] = one["gross"] - one["refunded"]
    return found


def truth_of(entry: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a careful analyst counts, by currency; a column that the file lacks comes to nothing."""
    names = ("gross", "refunded", "net")
    return {
        code: {"paid_n": one["paid_n"], **{n: Decimal(one[n] or 0) for n in names}}
        for code, one in entry["sums"]["by_currency"].items()
    }


each = pytest.mark.parametrize("path", PAID)
by_currency = pytest.mark.parametrize("path", [p for p in PAID if "by_currency" in ENTRIES[p]["sums"]])


def test_there_are_exports_of_every_payment_tool() -> None:
    assert {"Stripe", "Shopify", "PayPal"} <= {ENTRIES[path]["tool"] for path in PAID}


@by_currency
def test_what_was_paid_and_given_back_is_exact(path: str) -> None:
    wanted, found = truth_of(ENTRIES[path]), answer(path)
    if isinstance(found, SourceError):
        assert all(one["paid_n"] == 0 for one in wanted.values()), f"refused, but it holds payments: {found}"
        assert any(str(a).startswith("refuse") for a in ENTRIES[path]["acceptable_instead"])
        return
    assert counted(found) == wanted


@by_currency
def test_the_report_says_the_same(path: str) -> None:
    table_of(path)
    done = report([str(FOLDER / path)], Options(no_config=True))
    ((code, wanted),) = truth_of(ENTRIES[path]).items()
    assert done.currency == code
    value = done.metrics["revenue_net"].value
    assert value is not None
    assert abs(Decimal(value) - wanted["net"]) < Decimal("0.005")


@by_currency
def test_every_row_that_does_not_count_is_told_of(path: str) -> None:
    loaded, entry = table_of(path), ENTRIES[path]
    paid = sum(one["paid_n"] for one in truth_of(entry).values())
    assert loaded.rows == entry["records_after_header"]
    assert (loaded.used, sum(aside(loaded).values())) == (paid, loaded.rows - paid)
    wanted: Counter[str] = Counter()
    for word, one in entry["sums"].get("by_status", {}).items():
        if word in UNPAID:
            wanted[UNPAID[word]] += one.get("n", one.get("orders"))
    wanted["line_item"] = sum(r["n"] for r in entry.get("not_counted_rows", ()) if "line items" in r["why"])
    assert aside(loaded) == {reason: n for reason, n in wanted.items() if n}


@each
def test_what_nobody_paid_never_becomes_revenue(path: str) -> None:
    entry, found = ENTRIES[path], answer(path)
    if entry["table"] == "refuse" or entry["sums"].get("paid_n") == 0:
        assert isinstance(found, SourceError)
        assert found.code in ("not_usable", "nothing_paid")
        assert found.hint


@each
def test_payments_are_payments_or_refused(path: str) -> None:
    entry, found = ENTRIES[path], answer(path)
    allowed = [one.split()[0] for one in accepted(entry)]
    assert ("refuse" if isinstance(found, SourceError) else found.table) in allowed


@each
def test_the_days_are_those_of_the_payments(path: str) -> None:
    loaded, dates = table_of(path), ENTRIES[path]["sums"].get("dates", {})
    days = sorted(day for day in column(loaded, "paid_at") if day)
    if "paid_min" in dates:
        dates = {"min": dates["paid_min"], "max": dates["paid_max"]}
    if "min" not in dates:
        pytest.skip("the truth says no days")
    # An order that was never paid may be the first of its file.
    same = days[0] == dashed(str(dates["min"])) or aside(loaded)
    assert same
    assert days[0] >= dashed(str(dates["min"]))
    assert days[-1] == dashed(str(dates["max"]))


def test_payments_without_a_currency_add_up_too() -> None:
    entry = ENTRIES["salesforce/customer_anon_vn.csv"]
    loaded = table_of(entry["path"])
    wanted = entry["sums"]["paid"]
    assert sums(loaded)["amount"] == Decimal(wanted["gross"])
    assert column(loaded, "amount").count(None) == wanted["blank_amount"]
    assert loaded.used == entry["data_rows"]


def test_a_list_of_customers_is_no_list_of_payments() -> None:
    entry = ENTRIES["stripe/unified_customers_2023.csv"]
    loaded, truth = load_file(FOLDER / entry["path"]), entry["sums"]
    assert (loaded.table, loaded.used) == ("customers", truth["n"])
    assert sums(loaded) == {
        "total_spend": Decimal(truth["total_spend"]["sum"]),
        "refunded": Decimal(truth["refunded_volume"]["sum"]),
    }
    assert len({v for v in column(loaded, "customer_id") if v}) == truth["distinct_ids"]["n"]
    assert len({v for v in column(loaded, "email") if v}) == truth["distinct_emails"]["n"]
    assert min(c or "" for c in column(loaded, "created_at")) == truth["created"]["min"][:10]


@pytest.mark.parametrize("order", ["mdy", "dmy"])
def test_an_account_that_only_buys_has_no_income(order: str) -> None:
    path = "paypal/activity_usd_express_checkout.csv"
    with pytest.raises(SourceError, match="no money that came in") as caught:
        load_file(FOLDER / path, order=order)
    assert caught.value.code == "nothing_paid"
    for rows_not_counted in ENTRIES[path]["not_counted_rows"]:
        assert f"{rows_not_counted['n']} rows: " in str(caught.value)


def test_the_invoices_and_payments_of_one_account_are_not_added() -> None:
    both = [str(FOLDER / "stripe" / name) for name in ("unified_payments_2023.csv", "invoices_2023.csv")]
    with pytest.raises(SourceError, match="tell of the same money"):
        report(both, Options(no_config=True))
