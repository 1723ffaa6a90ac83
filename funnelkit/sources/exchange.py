"""Exchange rates, and on which day's rate a row is converted.

A row is converted at the rate of its own day; one of several days, such as the costs of a month, at the mean of theirs,
since it is spread over them. A deal counts on the day on which it was closed. What is still open is worth what it is
worth on the as-of day, and no rate of a later day is known then.
"""

from __future__ import annotations

import csv
import os
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect
from funnelkit.engines import Engine
from funnelkit.errors import ConfigError, MissingInputError, SourceError
from funnelkit.periods import day_number, from_day
from funnelkit.sources.files.text import decode

_DATES = ("start", "paid_at", "sent_at", "created_at")
"""The day of a row, by what its table calls it."""
_LAST = 10**6
"""A day after all rates: where there is no as-of day, the last rate is the one that is known."""
_DIGITS = 10**12
"""The mean of several rates has so many decimals, which every engine can multiply by."""
_COARSE = 4
"""Amounts of no more decimals have two more once they are converted."""
_FROM, _TO = "_rate_from", "_rate_to"


class Rates(Struct, frozen=True):
    """Exchange rates: from and to a currency on a day; between given days the earlier one holds."""

    days: Mapping[tuple[str, str], Sequence[tuple[int, Fraction]]]

    def rate(self, source: str, target: str, day: int) -> Fraction | None:
        """How much *target* money one *source* is worth on *day*, or None."""
        if source == target:
            return Fraction(1)
        if found := self._at((source, target), day):
            return found
        found = self._at((target, source), day)
        return 1 / found if found else None

    def _at(self, pair: tuple[str, str], day: int) -> Fraction | None:
        known = self.days.get(pair, ())
        position = bisect_right(known, day, key=lambda r: r[0])
        return known[position - 1][1] if position else None


def read_rates(path: Path) -> Rates:
    """The rates of a CSV with the columns date, from, to, rate."""
    found: dict[tuple[str, str], dict[int, Fraction]] = {}
    shown = os.path.relpath(path)
    try:
        text, _ = decode(path.read_bytes(), shown)
    except OSError:
        raise MissingInputError(
            f"{shown}: the rates cannot be read", hint="Check `rates` in the config."
        ) from None
    for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
        try:
            day = day_number(date.fromisoformat(row["date"].strip()))
            rate = Fraction(row["rate"].strip())
            pair = (row["from"].strip().upper(), row["to"].strip().upper())
            if rate <= 0:
                raise ValueError
        except (KeyError, ValueError, AttributeError, ZeroDivisionError):
            raise ConfigError(
                f"{shown}, line {number}: not a rate",
                hint="Each line reads date,from,to,rate: 2026-01-31,USD,EUR,0.9214",
            ) from None
        if found.setdefault(pair, {}).setdefault(day, rate) != rate:
            raise ConfigError(
                f"{shown}, line {number}: a second rate from {pair[0]} to {pair[1]} on {from_day(day).isoformat()}",
                hint="Leave the one that does not hold out of the table.",
            )
    return Rates({pair: sorted(known.items()) for pair, known in found.items()})


class Exchange(Struct, frozen=True, kw_only=True):
    """How money becomes that of the currency *target*."""

    target: str
    rates: Rates
    constant: int | None = None
    """The day whose rates hold for all rows; None for each row's own."""

    def rows(
        self,
        frame: Any,
        scales: Mapping[str, int],
        money: Sequence[str],
        engine: Engine,
        as_of: int | None,
        file: str,
    ) -> tuple[Any, Mapping[str, int]]:
        """*frame* with the columns *money* in the currency *target*, and its scales; *file* is its name.

        Raises SourceError where no rate is known.
        """
        names = collect.names(collect.frame(frame))
        first = next((c for c in _DATES if c in names), None)
        day: Any = nw.lit(None, dtype=nw.Int64) if first is None else nw.col(first)
        last = nw.col("end") if first == "start" and "end" in names else day
        return self._converted(frame, scales, money, engine, as_of, (day, last), lambda _: file)

    def deals(
        self, frame: Any, scales: Mapping[str, int], engine: Engine, as_of: int | None
    ) -> tuple[Any, Mapping[str, int]]:
        """*frame* of deals as they stand on *as_of*, with their amounts in the currency *target*; and its scales.

        A closed deal is converted at the rate of the day of its close, else of its creation; an open one at that of *as_of*.
        Raises SourceError where no rate is known.
        """
        table = collect.frame(frame)
        names = collect.names(table)
        if "amount" not in scales or "currency" not in names:
            return frame, scales
        filled = table.filter(~nw.col("amount").is_null())
        if set(collect.distinct(filled, "currency")) <= {self.target, ""}:
            return frame, scales
        days = [nw.col(c) for c in ("closed_at", "created_at") if c in names]
        closed = nw.col("status").is_in(["won", "lost", "other"])
        day: Any = nw.when(closed).then(nw.coalesce(*days)) if days else nw.lit(None, dtype=nw.Int64)
        by_file = ["source_file"] if "source_file" in names else []
        return self._converted(
            frame, scales, ["amount"], engine, as_of, (day, day), lambda file: file or "deals", by_file
        )

    def _converted(
        self,
        frame: Any,
        scales: Mapping[str, int],
        money: Sequence[str],
        engine: Engine,
        as_of: int | None,
        days: tuple[Any, Any],
        named: Callable[[Any], str],
        by: Sequence[str] = (),
    ) -> tuple[Any, Mapping[str, int]]:
        def factor(currency: Any, first: Any, last: Any, file: Any = None) -> Fraction:
            name = currency if isinstance(currency, str) and currency else self.target
            return self._rate(name, _day(first), _day(last), _LAST if as_of is None else as_of, named(file))

        # Two more decimals than the file has, so that rounding stays below a hundredth of its smallest unit.
        # Amounts that are as fine already have no need of them, and not the room.
        more = {c: 2 if scales.get(c, 0) <= _COARSE else 0 for c in money}
        raised: Any = collect.frame(frame).with_columns(*(nw.col(c) * 10 ** more[c] for c in money))
        raised = raised.with_columns(days[0].alias(_FROM), days[1].alias(_TO))
        done = engine.convert_money(raised.to_native(), money, ["currency", _FROM, _TO, *by], factor)
        kept = collect.frame(done).drop([_FROM, _TO]).to_native()
        return kept, {c: s + more.get(c, 0) for c, s in scales.items()}

    def _rate(self, name: str, first: int | None, last: int | None, as_of: int, file: str) -> Fraction:
        """What one *name* is worth over the days from *first* to *last*, as far as is known on *as_of*."""
        if name == self.target:
            return Fraction(1)
        if self.constant is not None:
            first = last = self.constant
        elif first is None:
            first = last = as_of
        else:
            first, last = min(first, as_of), min(first if last is None else last, as_of)
        found = [self._of_day(name, day, file) for day in range(first, max(first, last or first) + 1)]
        if min(found) == max(found):
            return found[0]
        return Fraction(round(sum(found) / len(found) * _DIGITS), _DIGITS)

    def _of_day(self, name: str, day: int, file: str) -> Fraction:
        found = self.rates.rate(name, self.target, day)
        if found is None:
            raise SourceError(
                f"{file}: there is no rate from {name} to {self.target} for "
                f"{from_day(day).isoformat() if day < _LAST else 'an undated row'}",
                hint="Add one to the rate table; the last rate on or before a day is used.",
                code="no_rate",
            )
        return found


def _day(cell: Any) -> int | None:
    """The day of a cell that an engine gives; None where it is missing."""
    return int(cell) if hasattr(cell, "__index__") else None
