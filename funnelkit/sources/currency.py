"""One currency for the report: found in the files, or reached by given rates, never by adding.

A row's currency comes from its column, else from the header, the configuration, or the sign in
the cells. Rows of which nothing says it take the report's only currency, and the reader is told.
"""

from __future__ import annotations

import csv
import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.engines import Engine
from funnelkit.errors import ConfigError, MissingInputError, SourceError
from funnelkit.periods import day_number, from_day
from funnelkit.sources.loaded import Loaded
from funnelkit.sources.text import decode
from funnelkit.tables import TABLES, Note
from funnelkit.words import currency_code


def code(text: str) -> str | None:
    """The ISO code that a sign or code stands for, or None.

    >>> code("R$"), code("usd"), code("x")
    ('BRL', 'USD', None)
    """
    text = text.strip().replace("\u00a0", " ").strip()
    # A column of currencies may hold a code that is younger than this list.
    word = text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else None
    return currency_code(text) or word


def with_currency(file: Loaded, engine: Engine) -> Loaded:
    """*file* with a currency on every row that has one: from its column, its header or its cells."""
    money = [
        c for c, column in TABLES[file.table].columns.items() if column.kind == "money" and c in file.present
    ]
    if not money:
        return file
    if "currency" in file.present:
        frame, _ = engine.label(
            file.frame, ["currency"], lambda currency: code(currency) or currency.upper(), "currency"
        )
        return replace(file, frame=frame)
    signs = {c for d in file.decisions if d.target in money for s in d.symbols if (c := code(s))}
    if file.currency is None and len(signs) > 1:
        raise SourceError(
            f"{file.export.file}: the cells carry several currencies ({', '.join(sorted(signs))}) and no column says which",
            hint="Add the currency column to the export, or split the file by currency.",
            code="mixed_currencies",
        )
    found = file.currency or (next(iter(signs)) if signs else None)
    frame = collect.frame(file.frame).with_columns(currency=nw.lit(found or "")).to_native()
    return replace(file, frame=frame, currency=found)


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


def unify(
    files: Sequence[Loaded],
    wanted: str | None,
    rates: Rates | None,
    engine: Engine,
    constant: int | None = None,
) -> tuple[list[Loaded], str | None, list[Note]]:
    """All money in one currency, that currency, and what to tell the reader.

    Each row is converted at the rate of its own day, or all at that of the day *constant*.

    Raises SourceError for several currencies without rates.
    """
    seen: dict[str, list[str]] = {}
    for file in files:
        if "currency" in collect.names(collect.frame(file.frame)):
            for name in _currencies(file):
                seen.setdefault(name, []).append(file.export.file)
    unstated = seen.pop("", [])
    target = wanted or (next(iter(seen)) if len(seen) == 1 else None)
    notes = []
    if unstated and target:
        names = ", ".join(unstated)
        notes.append(Note(code="currency_assumed", message=f"{names}: states no currency; read as {target}"))
    foreign = sorted(set(seen) - {target})
    if not foreign or (target is None and not seen):
        return list(files), target, notes
    if target is None or rates is None:
        raise _without_rates(seen, target)
    converted = [_converted(f, target, rates, engine, constant) for f in files]
    at = "each day" if constant is None else f"{from_day(constant).isoformat()}, whatever its day"
    notes.append(
        Note(code="converted", message=f"{', '.join(foreign)} converted to {target} at the rate of {at}")
    )
    return converted, target, notes


def _without_rates(seen: Mapping[str, Sequence[str]], target: str | None) -> SourceError:
    """The refusal of money that would have to be converted."""
    hint = (
        "Say --currency EUR and give a rate table in funnelkit.yaml (rates: rates.csv, with the columns "
        "date,from,to,rate), or report on one currency at a time."
    )
    if len(seen) == 1:
        ((name, where),) = seen.items()
        sentence = f"the money is in {name} ({', '.join(where)}) and there are no rates from it to {target}"
        return SourceError(sentence, hint=hint, code="mixed_currencies")
    parts = "; ".join(f"{name} in {', '.join(where)}" for name, where in sorted(seen.items()))
    sentence = f"the files hold several currencies ({parts}), which cannot be added"
    return SourceError(sentence, hint=hint, code="mixed_currencies")


def _currencies(file: Loaded) -> list[str]:
    """The different currencies on rows that carry money; "" for rows that say none."""
    money = [c for c in file.scales if TABLES[file.table].columns[c].kind == "money"]
    if not money:
        return []
    frame = collect.frame(file.frame)
    if len(known := collect.distinct(frame, "currency")) == 1 and known[0]:
        return known
    filled = frame.filter(nw.any_horizontal(*(~nw.col(c).is_null() for c in money), ignore_nulls=True))
    return collect.distinct(filled.with_columns(currency=nw.col("currency").fill_null("")), "currency")


def _converted(file: Loaded, target: str, rates: Rates, engine: Engine, constant: int | None) -> Loaded:
    frame = collect.frame(file.frame)
    names = collect.names(frame)
    if "currency" not in names:
        return file
    money = [c for c in file.scales if TABLES[file.table].columns[c].kind == "money"]
    days = () if constant is not None else ("closed_at", "created_at", "start", "paid_at", "sent_at")
    day = next((c for c in days if c in names), None)

    def factor(currency: Any, when: Any = None) -> Fraction:
        name = currency if isinstance(currency, str) and currency else target
        undated = 10**6 if constant is None else constant
        on = int(when) if isinstance(when, int) or hasattr(when, "__index__") else undated
        found = rates.rate(name, target, on)
        if found is None:
            raise SourceError(
                f"{file.export.file}: there is no rate from {name} to {target} for "
                f"{from_day(on).isoformat() if on < 10**6 else 'an undated row'}",
                hint="Add one to the rate table; the last rate on or before a day is used.",
                code="no_rate",
            )
        return found

    # Two more decimals than the file has, so that rounding stays below a hundredth of its smallest unit.
    raised = frame.with_columns(*(nw.col(c) * 100 for c in money)).to_native()
    done = engine.convert_money(raised, money, ["currency", *([day] if day else [])], factor)
    scales = {c: s + 2 if c in money else s for c, s in file.scales.items()}
    return replace(file, frame=done, scales=scales, currency=target)
