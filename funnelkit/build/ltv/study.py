"""The study of the value of customers: what they have brought, what they are to bring, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.ltv import (
    acquisition,
    acquisitiontable,
    choosing,
    contracts,
    contracttables,
    fitting,
    formulas,
    historic,
    historictables,
    individuals,
    presence,
    purchases,
    said,
    silenttables,
    within,
    worth,
)
from funnelkit.build.ltv.individuals import Customers
from funnelkit.build.ltv.mixture import Mixture, mixture
from funnelkit.build.ltv.silence import Silence, silence
from funnelkit.linking import payers
from funnelkit.metrics.reasons import Reason
from funnelkit.periods import from_day
from funnelkit.reports import Span
from funnelkit.studies import Study, Table
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.ltv.acquisition import Acquired
    from funnelkit.build.ltv.contractual import Contractual
    from funnelkit.build.ltv.historic import Historic
    from funnelkit.build.ltv.presence import Presence
    from funnelkit.build.ltv.purchases import Purchases
    from funnelkit.build.ltv.request import Asked, Given
    from funnelkit.dataset import Dataset

Seen = Mixture | Silence


class Valued(Struct, frozen=True):
    """The study, and the customers one by one where these were asked for."""

    study: Study
    customers: Customers | None = None


def study(given: Given, asked: Asked, *, each: bool = False) -> Valued:
    """What the customers of *given* are worth, with *each* also one by one; UsageError for what the files do not tell."""
    data = given.data
    found = purchases.purchases(data, asked.request, asked.kind, given.hold)
    history = historic.historic(found, asked.request.calendar, asked.ahead)
    seen = _seen(found, asked, given)
    known = within.within(found, asked)
    lines = [*worth.historic(known, asked)]
    mix = seen if isinstance(seen, Mixture) else None
    lines += worth.of_contract(seen) if isinstance(seen, Mixture) else worth.of_silence(seen)
    simple = [*formulas.of_contract(mix.main)] if mix else formulas.of_year(data, asked)
    tried = acquisition.acquired(data, asked, history, found.opened)
    cost = tried if isinstance(tried, acquisition.Acquired) else None
    age = known.months if known else asked.ahead
    term = f"a {mix.main.term}; c: the share lost at a renewal" if mix else formulas.YEAR
    there = () if isinstance(seen, Mixture) else presence.presences(seen)
    present = worth.PRESENT_CONTRACT if mix else worth.PRESENT_SILENT
    wider = said.widened(seen) if isinstance(seen, Silence) else ""
    made = Study(
        command="ltv",
        title="What customers are worth",
        as_of=from_day(data.as_of),
        timezone=asked.request.timezone,
        currency=data.currency,
        period=_span(found, asked),
        filters=tuple(str(f) for f in asked.request.where),
        sentences=(
            *said.values(lines, asked, data.currency, simple, mix, known.months if known else None),
            *_sentences(seen, there),
            *_of_cost(cost, history, asked, age, data.currency),
        ),
        tables=(
            *([worth.table(lines, asked, present, wider)] if lines else []),
            *([formulas.table(simple, asked, term)] if any(s.cell.value is not None for s in simple) else []),
            *([acquisitiontable.table(cost, history, asked, age)] if cost else []),
            *([within.table(known, asked)] if known and found.by else []),
            *_tables(seen, there, found),
            historictables.by_age(history, asked),
            historictables.by_cohort(history, asked),
        ),
        sources=tuple(given.sources),
        warnings=(
            *given.notes,
            *_linked(data, asked),
            *_uncovered(cost),
            *purchases.notes(found),
            *_notes(seen, asked, found),
            *_without(tried),
        ),
    )
    return Valued(made, _customers(seen) if each else None)


def _customers(seen: Seen) -> Customers:
    """All of them one by one."""
    return individuals.of_contract(seen) if isinstance(seen, Mixture) else individuals.of_silence(seen)


def _seen(found: Purchases, asked: Asked, given: Given) -> Seen:
    terms, because = choosing.terms(asked, found)
    if terms:
        return mixture(found, asked, terms, because)
    return silence(found, asked, given.hold)


def _span(found: Purchases, asked: Asked) -> Span:
    period = asked.request.period
    if period is None:
        return Span(start=from_day(found.begin), end=from_day(found.as_of), label="all", partial=False)
    return Span(
        start=from_day(period.start),
        end=from_day(period.end),
        label=period.label,
        partial=period.end > found.as_of,
    )


def _sentences(seen: Seen, present: Sequence[Presence]) -> Iterator[str]:
    yield from said.of_contract(seen) if isinstance(seen, Mixture) else said.of_silence(seen, present)


def _of_cost(
    cost: Acquired | None, history: Historic, asked: Asked, age: int, currency: str | None
) -> Iterator[str]:
    if cost and (made := acquisition.balance(cost, history, (), asked, age)):
        yield said.of_cost(made, asked, currency, age)


def _without(tried: Acquired | Reason | None) -> Iterator[Note]:
    if isinstance(tried, Reason):
        yield Note(code=tried.code, message=f"What these customers cost is not told: {tried.message}.")


def _tables(seen: Seen, present: Sequence[Presence], found: Purchases) -> Iterator[Table]:
    if isinstance(seen, Mixture):
        for one in seen.several:
            for table in _of_term(one, found):
                yield table if one is seen.main else _named(table, one)
        return
    if found.by:
        yield silenttables.of_groups(seen)
    if (ahead := seen.expecting) is not None:
        yield from silenttables.tables(seen, ahead)
        yield from fitting.tables(seen.choice, seen.unit, seen.amounts.tried, present)
        return
    yield from fitting.tables(seen.choice, seen.unit, None)


def _linked(data: Dataset, asked: Asked) -> Iterator[Note]:
    """Of how many payments it is known whose they are, where customers are told apart by what leads say."""
    if asked.kind == purchases.PAYMENTS and (asked.request.by or asked.request.where):
        yield from payers.told(data)


def _uncovered(cost: Acquired | None) -> Iterator[Note]:
    if cost and cost.uncovered:
        message = f"{cost.uncovered.ends('customers')}: CAC is of those who first bought in {cost.label} alone, the whole months of both"
        yield Note(code="spend_uncovered", message=message)


def _of_term(seen: Contractual, found: Purchases) -> Iterator[Table]:
    yield contracttables.survival(seen)
    if found.by:
        yield contracttables.of_groups(seen, found.by)
    yield from fitting.tables(seen.choice, str(seen.term), None)


def _named(table: Table, seen: Contractual) -> Table:
    """*table* of another term than the most frequent, under a name of its own."""
    return replace(
        table,
        id=f"{table.id}_{seen.term}".replace(" ", "_"),
        title=f"{table.title}: contracts of a {seen.term}",
    )


def _notes(seen: Seen, asked: Asked, found: Purchases) -> Iterator[Note]:
    if asked.request.gross_margin is None:
        yield Note(
            code="no_gross_margin",
            message="No gross margin is given, so values are revenue: set gross_margin in funnelkit.yaml to have them in margin.",
        )
    loaded = found.as_of - found.opened + 1
    fitted = bool(seen.fitted) if isinstance(seen, Mixture) else seen.choice.chosen is not None
    if fitted and asked.ahead_days > loaded:
        yield Note(
            code="ahead_of_data",
            message=f"The model looks {asked.ahead} months ahead and knows of {loaded:,} days: no customer has shown yet what comes so late.",
        )
    if isinstance(seen, Mixture):
        yield from _of_contracts(seen, found)
    elif seen.expecting is not None:
        yield from _of_amounts(seen)


def _of_contracts(seen: Mixture, found: Purchases) -> Iterator[Note]:
    if changed := contracts.changed(found):
        yield Note(
            code="terms_changed",
            message=f"Customers whose contracts were of more than one term: {changed:,}. Each counts from the first payment on under one "
            "of them alone, so that values by term, and the shares of the terms among new customers, may be wrong: they are of customers who stayed",
        )
    if out := seen.left_out:
        terms = " or a ".join(str(one.term) for one in seen.fitted or seen.several)
        yield Note(
            code="other_terms",
            message=f"Customers whose contract has another term than a {terms}, or none that is told, left out of the model: {out:,}.",
        )


def _of_amounts(seen: Silence) -> Iterator[Note]:
    found = seen.amounts
    if found.tried.fitted is None:
        yield Note(
            code="no_money_model",
            message=f"Amounts are not modelled ({found.tried.message}): every purchase to come counts with the mean of those after the first.",
        )
    if found.worthless:
        yield Note(
            code="worthless_repeats",
            message=f"Customers who bought again and brought nothing by it, refunds taken off: {found.worthless:,}. The model of amounts leaves them out.",
        )
    if found.correlation is not None and abs(found.correlation) > _DEPENDENT:
        yield Note(
            code="amounts_depend",
            message=f"How often customers buy and what they spend go together (correlation {found.correlation:+.2f}), which the model of amounts "
            "takes for independent: values of those who buy often are off.",
        )


_DEPENDENT = 0.3
