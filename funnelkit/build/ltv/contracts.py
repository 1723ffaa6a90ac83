"""Customers under contract: how often each renewed, counted by the engine from their first and last payment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.build.ltv import spread
from funnelkit.build.ltv.histories import Key
from funnelkit.build.ltv.pieces import Pieces, pieces
from funnelkit.build.ltv.prices import Prices, prices
from funnelkit.build.ltv.purchases import BOUGHT, CUSTOMER, DAY, FIRST, NET, TERM
from funnelkit.models.lifetime.survivors import Survivors, survivors
from funnelkit.statistics.moments import NONE, Moments

if TYPE_CHECKING:
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.collect import Frame
    from funnelkit.periods import Calendar

BEGIN, END, LAST = "_begin", "_end", "_paid"
_AT = "_at"
_WORDS = (
    (re.compile(r"(\d+)"), 0),
    (re.compile(r"semi.?annual|half.?year|bi.?annual|halbj"), 6),
    (re.compile(r"quarter|quartal|trimestr|vierteljahr"), 3),
    (re.compile(r"year|annual|jahr|jähr|année|annuel|año|anual"), 12),
    (re.compile(r"month|monat|mois|mensu|mes\b"), 1),
)


class Term(Struct, frozen=True):
    """From one renewal to the next: so many months, or weeks."""

    grain: str
    pieces: int

    def __str__(self) -> str:
        whole = {("month", 12): "year", ("month", 3): "quarter"}.get((self.grain, self.pieces))
        return whole or (self.grain if self.pieces == 1 else f"{self.pieces} {self.grain}s")

    @property
    def days(self) -> float:
        """How long it is."""
        return self.pieces * (7 if self.grain == "week" else 365.25 / 12)


def term(words: str | None) -> Term | None:
    """The term that the words of a file mean; None for none.

    >>> term("Monthly"), term("3 month"), term("yearly"), term("forever")
    (Term(grain='month', pieces=1), Term(grain='month', pieces=3), Term(grain='month', pieces=12), None)
    """
    text = (words or "").lower()
    number = int(match[1]) if (match := _WORDS[0][0].search(text)) else 1
    if re.search(r"week|woche|semaine|semana", text):
        return Term("week", number)
    months = next((months for pattern, months in _WORDS[1:] if pattern.search(text)), 0)
    return Term("month", number * months) if months and number else None


class Contracts(Struct, frozen=True, kw_only=True):
    """Customers by how often they could have renewed and how often they did."""

    term: Term
    pieces: Pieces
    counts: Mapping[Key, Mapping[tuple[int, int], int]]
    """(renewals that were due, renewals made) -> customers."""
    brought: Mapping[Key, float]
    """What all of them paid, in the currency."""
    terms: Mapping[Key, int]
    """For how many terms, all of them together."""
    prices: Prices
    """What they pay, by how long they have been there."""
    others: int
    """Customers with another term, who are left out."""
    people: Frame
    """One row per customer: the numbers of the pieces of the first and the last payment, and what was paid."""

    def renewals(self, begin: int, end: int) -> tuple[int, int]:
        """Renewals that were due and those made, of who paid first and last in these pieces.

        In a piece that is not over some have paid and others are still to: it tells of nobody.
        """
        due = max((self.pieces.whole - begin) // self.term.pieces, 0)
        return due, min(self.paid(begin, end) - 1, due)

    def paid(self, begin: int, end: int) -> int:
        """For how many terms they have paid."""
        return round((end - begin) / self.term.pieces) + 1

    def survivors(self, key: Key) -> Survivors:
        """How many were left at each renewal."""
        cohorts: dict[int, list[float]] = {}
        for (due, made), n in sorted(self.counts[key].items()):
            left = cohorts.setdefault(due, [0.0] * (due + 1))
            for age in range(min(made, due) + 1):
                left[age] += n
        return survivors([cohorts[due] for due in sorted(cohorts)])

    def there(self, key: Key) -> Mapping[int, int]:
        """Renewals made -> customers who have not left."""
        found: dict[int, int] = {}
        for (due, made), n in self.counts[key].items():
            if made >= due:
                found[made] = found.get(made, 0) + n
        return dict(sorted(found.items()))

    def payment(self, key: Key) -> float:
        """What a customer pays a term, on average; 0 where there is none."""
        return self.brought[key] / self.terms[key] if self.terms[key] else 0.0


def terms(found: Purchases) -> Mapping[str | None, int]:
    """The words of the files for the term of a contract -> customers."""
    if not found.terms:
        return {}
    each = found.daily.group_by(CUSTOMER).agg(nw.col(TERM).max())
    counted = each.group_by(TERM).agg(nw.len().alias("n"))
    return {words: int(n) for words, n in collect.rows(counted.select(TERM, "n"))}


def changed(found: Purchases) -> int:
    """How many customers have had contracts of more than one term."""
    if not found.terms:
        return 0
    ends = [nw.col(TERM).min().alias("_least"), nw.col(TERM).max().alias("_most")]
    each = found.daily.group_by(CUSTOMER).agg(*ends)
    return collect.count(each.filter(nw.col("_least") != nw.col("_most")))


def contracts(found: Purchases, chosen: Term, until: int, calendar: Calendar, least: int) -> Contracts:
    """The customers of *found* whose contract has the term *chosen*, as they were on the day *until*.

    A customer has renewed until the last payment, and left at the renewal that no payment followed. What
    happened in a piece of the calendar that is not over is left out. A mean payment is of *least* customers.
    """
    whole = pieces(chosen.grain, found.begin, until, calendar)
    rows = found.daily.filter((nw.col(DAY) <= until) & (nw.col(FIRST) <= until))
    rows = rows.with_columns(nw.when(nw.col(BOUGHT) == 1).then(nw.col(DAY)).alias(LAST))
    own = [nw.col(name).max().over(CUSTOMER) for name in (LAST, *([TERM] if found.terms else []))]
    rows = rows.with_columns(*own)
    more = [nw.col(TERM).max()] if found.terms else []
    each = rows.group_by(CUSTOMER, *found.by, FIRST).agg(nw.col(LAST).max(), nw.col(NET).sum(), *more)
    each = whole.placed(whole.placed(each, FIRST, BEGIN), LAST, END)
    none = Prices(known=np.zeros(1), levels={})
    made = Contracts(
        term=chosen, pieces=whole, counts={}, brought={}, terms={}, prices=none, others=0, people=each
    )
    keys = [*found.by, BEGIN, END, *([TERM] if found.terms else [])]
    # Nobody may have the term that is asked for, or not yet.
    counts: dict[Key, dict[tuple[int, int], int]] = {(): {}}
    brought: dict[Key, float] = {(): 0.0}
    paid: dict[Key, int] = {(): 0}
    amounts: dict[Key, dict[int, Moments]] = {(): {}}
    others = 0
    for row, (net,) in sorted(spread.moments(each, keys, [NET], found.unit), key=lambda one: str(one[0])):
        cells = dict(zip(keys, row, strict=True))
        n = net.n
        if found.terms and term(cells[TERM]) != chosen:
            others += n
            continue
        begin, end = int(cells[BEGIN]), int(cells[END])
        renewals = made.renewals(begin, end)
        for key in {(), tuple(str(cells[name]) for name in found.by)}:
            group = counts.setdefault(key, {})
            group[renewals] = group.get(renewals, 0) + n
            times = made.paid(begin, end)
            paid[key] = paid.get(key, 0) + n * times
            brought[key] = brought.get(key, 0.0) + net.total / found.unit
            several = amounts.setdefault(key, {})
            several[times] = several.get(times, NONE) + net
    known = prices(_by_age(made, whole.placed(rows, DAY, _AT), found), amounts, found.unit, least)
    return replace(made, counts=counts, brought=brought, terms=paid, prices=known, others=others)


def _by_age(made: Contracts, rows: Frame, found: Purchases) -> Mapping[int, int]:
    """How many terms after the first payment -> what all customers with the term brought, in the smallest unit."""
    rows = made.pieces.placed(made.pieces.placed(rows, FIRST, BEGIN), LAST, END)
    length = made.term.pieces
    since, lasted = nw.col(_AT) - nw.col(BEGIN), nw.col(END) - nw.col(BEGIN)
    rows = rows.with_columns(((since + length // 2) // length).alias(_AT), lasted.alias(END))
    keys = [_AT, END, *([TERM] if found.terms else [])]
    ages: dict[int, int] = {}
    for age, whole, *words, net in collect.rows(
        rows.group_by(*keys).agg(nw.col(NET).sum()).select(*keys, NET)
    ):
        if not words or term(words[0]) == made.term:
            # What came back after the last payment is of the last age.
            place = max(min(int(age), made.paid(0, int(whole)) - 1), 0)
            ages[place] = ages.get(place, 0) + int(net)
    return ages
