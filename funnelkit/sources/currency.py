"""One currency for the report: found in the files, or reached by given rates, never by adding.

A row's currency comes from its column, else from the header, the configuration, or the sign in
the cells. Rows of which nothing says it take the report's only currency, and the reader is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.engines import Engine
from funnelkit.errors import SourceError
from funnelkit.periods import from_day
from funnelkit.sources.exchange import Exchange, Rates
from funnelkit.sources.loaded import Loaded
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


def unify(
    files: Sequence[Loaded],
    wanted: str | None,
    rates: Rates | None,
    engine: Engine,
    constant: int | None = None,
    as_of: int | None = None,
) -> tuple[list[Loaded], str | None, list[Note]]:
    """All money but that of deals in one currency, that currency, and what to tell the reader.

    Each row is converted at the rate of its own day, or all at that of the day *constant*; of a row that is later than
    *as_of* at that of *as_of*. Deals are left as they are: on which day they count is known once they are linked.

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
    if constant is not None and not foreign:
        message = "--constant-currency changed nothing: the money in these files is of one currency"
        notes.append(Note(code="changed_nothing", message=message))
    if not foreign or (target is None and not seen):
        return list(files), target, notes
    if target is None or rates is None:
        raise _without_rates(seen, target)
    exchange = Exchange(target=target, rates=rates, constant=constant)
    converted = [_converted(f, exchange, engine, as_of) for f in files]
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


def _converted(file: Loaded, exchange: Exchange, engine: Engine, as_of: int | None) -> Loaded:
    """*file* in one currency; deals are only said to be in it, and converted when they are linked."""
    if "currency" not in collect.names(collect.frame(file.frame)):
        return file
    if file.table == "deals":
        return replace(file, currency=exchange.target)
    money = [c for c in file.scales if TABLES[file.table].columns[c].kind == "money"]
    frame, scales = exchange.rows(file.frame, file.scales, money, engine, as_of, file.export.file)
    return replace(file, frame=frame, scales=scales, currency=exchange.target)
