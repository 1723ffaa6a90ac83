"""A ledger: an export whose rows are movements of an account's money, in both directions.

What a row is stands in its kind, in the language of the account and in words that change over the
years. Only the words that tell a movement from a sale are looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import narwhals.stable.v2 as nw

LEDGER = "ledger"
"""The grain of such an export."""
_REFUND = (
    r"(?i)refund|erstattung|rückzahlung|rembours|reembols|devoluci|rimbors|terugbetal|estorno|contracargo"
)
BACK = (
    rf"{_REFUND}|revers|chargeback|rückbuchung|rückbelastung|rétrofacturation|dispute|credit (?:note|memo)"
    r"|storno|riaddebito|terugboeking|rejet de débit"
)
"""The kinds of rows that give money back."""
_HOLD = (
    r"(?i)\bauthori[sz]|\bautori[sz]|\bhold\b|blocco conto|\bblocage|mise en attente|retenci[oó]n|reten[cç][aã]o"
    r"|einbehalt|rekeningblokkering"
)
_CONVERSION = (
    r"(?i)currency conversion|währungsumrechnung|valutaomrekening"
    r"|conver(?:sion|sión|sione|são)\b.*(?:devise|divisa|valuta|moeda|moneda)"
)
_TRANSFER = (
    r"(?i)\b(?:card|bank) deposit|withdrawal|bankgutschrift|gutschrift auf kreditkarte|kartengutschrift|\babbuchung"
    r"|virement (?:bancaire|standard)|dépôt|depósito|\bretrait|\bretirada|\bsaque|bonifico bancario|versamento"
    r"|prelievo|bankstorting|kaartstorting|\bopname"
)
_FEE = r"(?i)\bfees?\b|gebühr|\bfrais\b|\bcommissione?\b|\btariffa\b|\btarifa\b|comisión|\btaxa\b|\bkosten\b"
_NO_SALES = {
    "hold": (_HOLD, "an authorisation or money held back for a while, no payment"),
    "conversion": (_CONVERSION, "one side of a currency conversion, no income"),
    "transfer": (_TRANSFER, "money moved between the account and a bank or card, no income"),
    "fee": (_FEE, "a fee of the service, no payment of a customer"),
}


def no_income(present: AbstractSet[str]) -> Iterator[tuple[str, str, nw.Expr]]:
    """The rows that are no income and no refund of it: a reason, a sentence, and which they are."""
    back, refund = (says(BACK), says(_REFUND)) if "kind" in present else (nw.lit(False), nw.lit(False))
    if "kind" in present:
        for reason, (pattern, why) in _NO_SALES.items():
            yield reason, why, says(pattern)
    amount = nw.col("amount")
    yield "outgoing", "money that went out and is no refund", (amount < 0) & ~back
    yield "own_refund", "money back for something that was bought, no income", (amount > 0) & refund


def with_payers(table: Any, present: AbstractSet[str]) -> Any:
    """*table* where a refund belongs to the customer who had paid.

    Its own row names the account as the payer. Who had paid stands on the row of the payment, or is
    the one whom the money goes to.
    """
    if not {"email", "kind"} <= present or not {"refund_of", "refund_to"} & present:
        return table
    known = []
    if {"refund_of", "payment_id"} <= present:
        paid = table.filter((nw.col("amount") > 0) & ~nw.col("payment_id").is_null())
        paid = paid.select(refund_of="payment_id", _payer="email")
        table = table.join(paid.group_by("refund_of").agg(nw.col("_payer").min()), on="refund_of", how="left")
        known.append("_payer")
    known.append("refund_to" if "refund_to" in present else "email")
    payer = nw.coalesce(*(nw.col(name) for name in known))
    back = ((nw.col("amount") < 0) & says(BACK)).fill_null(False)
    table = table.with_columns(email=nw.when(back).then(payer).otherwise(nw.col("email")))
    return table.drop([name for name in known if name == "_payer"])


def says(pattern: str) -> nw.Expr:
    """Whether the kind of a payment has a word that *pattern* finds."""
    return nw.col("kind").fill_null("").str.contains(pattern)
