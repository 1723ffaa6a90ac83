"""Payments: only what was paid counts, refunds lower it, and every other row is told of."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from funnelkit.cli.app import run
from funnelkit.errors import SourceError
from funnelkit.sources.paidtwice import paid_twice
from funnelkit.sources.together import put_together
from tests.reading import ENGINE, SAMPLES, aside, column, load, load_file, sums, table

HEADER = "Payment ID,Customer Email,Amount,Paid at,Currency,Status"


def row(number: int, amount: str, status: str, more: str = "") -> str:
    return f"{number},p{number}@a.example,{amount},2026-03-{number:02},EUR,{status}{more}"


def paid(*statuses: str) -> Any:
    """A file of payments of 10, one of each status."""
    return load(table(HEADER, *(row(n, "10", status) for n, status in enumerate(statuses, 1))))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("Failed", "failed"),
        ("voided", "failed"),
        ("cancelled", "failed"),
        ("uncollectible", "failed"),
        ("draft", "pending"),
        ("Due", "pending"),
        ("authorized", "pending"),
        ("", "unknown_status"),
        ("Wrapped in paper", "unknown_status"),
    ],
)
def test_what_was_not_paid_is_set_aside_with_its_reason(status: str, reason: str) -> None:
    loaded = paid("Paid", "succeeded", status)
    assert aside(loaded) == {reason: 1}
    assert [a.lines for a in loaded.aside] == [(4,)]
    assert sums(loaded)["amount"] == 20


def test_a_status_in_no_list_is_named_with_the_way_to_settle_it() -> None:
    (one,) = paid("Paid", "Paid", "Paid", "Wrapped", "").aside
    assert "'Wrapped'" in one.message
    assert "values: {status: {paid: [...]}}" in one.message
    settled = load(
        table(HEADER, row(1, "10", "Paid"), row(2, "10", "Wrapped")), values={"status": {"paid": ["Wrapped"]}}
    )
    assert (settled.used, aside(settled)) == (2, {})


def test_a_status_of_which_no_word_is_known_is_a_status_nevertheless() -> None:
    rows = ("c1,2026-01-03,50.00,Upcoming", "c2,2026-01-13,60.00,Upcoming")
    with pytest.raises(SourceError, match="'Upcoming'"):
        load(table("customer_id,invoice_date,invoice_amount,status", *rows))


def test_without_a_status_every_payment_counts() -> None:
    bare = load(table(HEADER.replace(",Status", ""), "1,a@a.example,10,2026-03-01,EUR"))
    blank = load(table(HEADER, row(1, "10", ""), row(2, "10", "")), kind="payments")
    assert (bare.used, blank.used) == (1, 2)
    assert "status" not in blank.present


def test_a_file_in_which_nothing_was_paid_is_refused_with_the_reasons() -> None:
    with pytest.raises(SourceError, match="no money that came in") as caught:
        paid("draft", "draft", "failed")
    assert caught.value.code == "nothing_paid"
    assert "2 rows: not paid so far" in str(caught.value)
    assert "1 row: the payment failed" in str(caught.value)
    assert "cash on delivery" in caught.value.hint


@pytest.mark.parametrize(
    ("told", "given_back"), [("", "10"), ("0", "10"), ("0.00", "10"), ("4.5", "4.5"), ("10", "10")]
)
def test_a_refunded_payment_gives_back_all_of_it_unless_the_file_tells(told: str, given_back: str) -> None:
    rows = (row(1, "10", "Paid", ",0"), row(2, "10", "Refunded", f",{told}"))
    loaded = load(table(HEADER + ",Amount Refunded", *rows))
    assert sums(loaded) == {"amount": Decimal(20), "refunded": Decimal(given_back)}


def test_without_a_column_of_refunds_the_status_tells_of_them() -> None:
    loaded = load(table(HEADER, row(1, "10.25", "Paid"), row(2, "7.75", "Refunded")))
    assert sums(loaded) == {"amount": Decimal("18.00"), "refunded": Decimal("7.75")}
    assert "refunded" in loaded.present
    assert "refunded" not in paid("Paid").present


def test_refunds_in_rows_of_their_own_are_not_taken_off_twice() -> None:
    rows = (row(1, "10", "Refunded"), row(2, "-10", "Refunded"), row(3, "30", "Paid"))
    assert sums(load(table(HEADER, *rows))) == {"amount": 30}


def test_a_row_that_is_called_a_refund_lowers_revenue_whatever_its_sign() -> None:
    header, rows = HEADER + ",Type", (row(1, "30", "Paid", ",Charge"), row(2, "10", "Paid", ",Refund"))
    assert column(load(table(header, *rows)), "amount") == ["30", "-10"]
    called = (row(1, "30", "Paid", ",Charge"), row(2, "10", "Refunded", ",Refund"))
    assert sums(load(table(header, *called))) == {"amount": 20}
    signed = (row(1, "30", "Paid", ",Charge"), row(2, "-10", "Paid", ",Refund"))
    assert column(load(table(header, *signed)), "amount") == ["30", "-10"]


def test_money_out_of_a_paypal_account_is_neither_income_nor_a_refund() -> None:
    loaded = load_file(SAMPLES / "paypal_activity.csv")
    reasons = {a.reason: a.message for a in loaded.aside}
    assert reasons["outgoing"] == "money that went out and is no refund"
    assert reasons["own_refund"] == "money back for something that was bought, no income"


def test_of_a_paypal_account_that_only_buys_nothing_is_used() -> None:
    rows = (
        '"03/28/2026","10:02:17","EST","Parcels","Express Checkout Payment","Completed","USD","-60.00","","0.00"',
        '"03/28/2026","10:02:17","EST","","General Card Deposit","Completed","USD","60.00","","0.00"',
    )
    with pytest.raises(SourceError, match="no money that came in") as caught:
        load(table("Date,Time,TimeZone,Name,Type,Status,Currency,Amount,Receipt ID,Balance", *rows))
    assert caught.value.code == "nothing_paid"


@pytest.mark.parametrize("name", ["paypal_activity", "paypal_activity--gb"])
def test_the_order_of_paypals_dates_comes_from_the_column(name: str) -> None:
    assert column(load_file(SAMPLES / f"{name}.csv"), "paid_at")[0] == "2026-03-04"


def test_paypal_dates_that_fit_both_orders_are_asked_about() -> None:
    text = (SAMPLES / "paypal_activity.csv").read_text("utf-8-sig")
    open_rows = "\n".join(text.splitlines()[:2]) + "\n"
    with pytest.raises(SourceError, match="fits two readings"):
        load(open_rows)
    assert column(load(open_rows, order="dmy"), "paid_at") == ["2026-04-03"]
    assert column(load(open_rows, order="mdy"), "paid_at") == ["2026-03-04"]


def test_a_shop_that_is_paid_on_delivery_may_say_so() -> None:
    text = (SAMPLES / "shopify_orders.csv").read_text("utf-8")
    header, rest = text.split("\n", 1)
    pending = f"{header}\n{rest.split('#T1006', 1)[1].join(['#T1006', ''])}".split("#T1005")[0]
    with pytest.raises(SourceError, match="no money that came in"):
        load(pending)
    loaded = load(pending, values={"status": {"paid": ["pending"]}})
    assert (column(loaded, "amount"), aside(loaded)) == (["18.00"], {"line_item": 1})


def test_a_stripe_export_without_status_is_not_taken_for_paid() -> None:
    header = "id,Created date (UTC),Amount,Amount Refunded,Currency,Customer ID"
    with pytest.raises(SourceError, match="Status") as caught:
        load(table(header, "ch_1,2026-04-01 10:00:00,5.00,0.00,usd,cus_1"))
    assert caught.value.code == "missing_columns"


def test_of_a_payment_in_two_exports_the_one_that_knows_of_the_refund_is_kept() -> None:
    header = HEADER + ",Amount Refunded"
    files = [
        load(table(header, row(1, "10", "Paid", ",0")), "a.csv"),
        load(table(header, row(1, "10", "Refunded", ",10")), "b.csv"),
    ]
    for order in (files, files[::-1]):
        together = put_together("payments", order, ENGINE)
        assert together.frame["refunded"].tolist() == [10]
        assert list(together.repeated) == ["a.csv"]


INVOICES = (
    "id,Amount Due,Currency,Customer,Date (UTC),Amount Paid,Status\n"
    "in_1,1200.00,eur,{},2026-04-08 10:00,1200.00,paid\n"
)


def test_invoices_and_payments_of_one_tool_are_not_added() -> None:
    payments = load_file(SAMPLES / "stripe_payments.csv")
    same = load(INVOICES.format("cus_QaAda1"), "invoices.csv")
    with pytest.raises(SourceError, match="tell of the same money") as caught:
        put_together("payments", [payments, same], ENGINE)
    assert caught.value.code == "paid_twice"
    assert paid_twice([payments, load(INVOICES.format("cus_Other"), "invoices.csv")]) == []
    later = load(INVOICES.format("cus_QaAda1").replace("2026-04", "2026-05"), "invoices.csv")
    assert paid_twice([payments, later]) == []
    assert paid_twice([payments, payments]) == []


def test_the_same_payers_in_two_tools_are_told_of() -> None:
    orders = load_file(SAMPLES / "shopify_orders.csv")
    (note,) = paid_twice([load_file(SAMPLES / "stripe_payments.csv"), orders])
    assert note.code == "paid_twice"
    assert "Stripe payments" in note.message
    assert "Shopify orders" in note.message


def test_a_report_counts_what_was_paid_and_tells_what_was_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAMPLES)
    assert run(["report", "shopify_orders.csv", "--no-config"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Net payments GBP 377" in told  # 441.75 less 65.25
    assert "3 set aside (line item)" in told
    assert "1 set aside (failed): the payment failed, was cancelled or voided: no money came in" in told
    assert "2 set aside (pending)" in told
    assert run(["inspect", str(Path("stripe_invoices.csv")), "--no-config"]) == 0
    assert "2 of 6 rows used" in capsys.readouterr().out


PAYPAL = (
    "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,To Email Address,"
    "Transaction ID,Reference Txn ID"
)


def test_a_refund_of_a_paypal_account_lowers_what_its_customer_paid() -> None:
    out = "14/05/2026,9:00,GMT,{},{},Completed,GBP,{},0,0,{},{},{},{}"
    rows = (
        out.format("Ada", "Website Payment", "50", "ada@a.example", "me@shop.example", "1A", ""),
        out.format("Bob", "Website Payment", "30", "bob@b.example", "me@shop.example", "2B", ""),
        out.format("Ada", "Payment Refund", "-20", "me@shop.example", "", "3C", "1A"),
        out.format("Bob", "Payment Reversal", "-30", "me@shop.example", "other@b.example", "4D", "2B"),
        out.format("Eve", "Payment Refund", "-5", "me@shop.example", "eve@e.example", "5E", "of last year"),
        out.format("", "Chargeback", "-4", "me@shop.example", "", "6F", ""),
        out.format("Bob", "Chargeback Fee", "-16", "me@shop.example", "", "7G", "2B"),
    )
    loaded = load(table(PAYPAL, *rows))
    paid: dict[str | None, int] = {}
    for payer, amount in zip(column(loaded, "email"), column(loaded, "amount"), strict=True):
        paid[payer] = paid.get(payer, 0) + int(amount or 0)
    assert paid == {"ada@a.example": 30, "bob@b.example": 0, "eve@e.example": -5, None: -4}
    assert aside(loaded) == {"fee": 1}
    assert not {"refund_of", "refund_to"} & loaded.present


@pytest.mark.parametrize(
    ("kind", "amount", "reason"),
    [
        ("Authorization", "12", "not_sales"),
        ("payout", "-90", "not_sales"),
        ("Processing fee", "-1", "not_sales"),
        ("Membership fee", "35", None),
        ("Bank transfer", "35", None),
    ],
)
def test_a_kind_that_is_no_sale_is_set_aside(kind: str, amount: str, reason: str | None) -> None:
    header, rows = HEADER + ",Type", (row(1, "30", "Paid", ",Charge"), row(2, amount, "Paid", f",{kind}"))
    assert aside(load(table(header, *rows))) == ({reason: 1} if reason else {})


def test_money_held_or_moved_in_any_language_is_no_income() -> None:
    kinds = (
        "Storno di blocco conto generico",
        "Rekeningblokkering voor openstaande autorisatie",
        "Retención de cuenta para autorización abierta",
        "Rückbuchung allgemeiner Einbehaltung",
        "Conversão de moeda em geral",
        "Conversion de devise générale",
        "Virement bancaire sur le compte PayPal",
        "Depósito bancario en cuenta de PayPal",
        "Kartengutschrift",
    )
    good = ("Pagamento preautorizzato utenza", "Website-Zahlung", "Pago con Pago exprés", "BillPay")
    rows = (f"14/05/2026,9:00,GMT,A,{kind},Completed,EUR,7,0,7,,,," for kind in (*kinds, *good))
    loaded = load(table(PAYPAL, *rows))
    assert column(loaded, "kind") == list(good)


def test_a_balance_without_payers_is_not_added_to_the_payments_of_the_same_tool() -> None:
    balance = load_file(SAMPLES / "stripe_balance--history.csv")
    text = INVOICES.format("cus_1").replace("2026-04-08", "2026-09-15")
    with pytest.raises(SourceError, match="they have days in common") as caught:
        put_together("payments", [balance, load(text, "invoices.csv")], ENGINE)
    assert caught.value.code == "paid_twice"
    assert paid_twice([balance, load(INVOICES.format("cus_1"), "invoices.csv")]) == []


def test_an_export_of_failed_payments_alone_is_called_that_and_not_empty() -> None:
    text = (SAMPLES / "stripe_payments.csv").read_text("utf-8").splitlines()
    failed = [line for line in text[1:] if ",Failed," in line]
    with pytest.raises(SourceError, match="the payment failed or was cancelled") as caught:
        load("\n".join([text[0], *failed]) + "\n")
    assert caught.value.code == "nothing_paid"
