"""The tables of the fits themselves: which models were tried, and the parameters of the one that is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.entries import number
from funnelkit.build.ltv.entries import limited, parameters, plain
from funnelkit.build.ltv.silent import PAPERS, Tried
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.ltv.choosing import Choice
    from funnelkit.build.ltv.presence import Presence


def tables(
    choice: Choice, unit: str, amounts: Tried | None, present: Sequence[Presence] = ()
) -> Iterator[Table]:
    """What was tried, and the parameters of what is used; *amounts* is the model of money, where there is one.

    *present* says how many customers each has as still there.
    """
    several = [*choice.several, *([amounts] if amounts else [])]
    if several:
        yield _models(several, choice.chosen, present)
    used = [one for one in (choice.chosen, amounts) if one is not None and one.fitted is not None]
    if used:
        yield _parameters(used, unit)


def _models(several: Sequence[Tried], chosen: Tried | None, present: Sequence[Presence]) -> Table:
    there = {one.tried.id: limited(one.share, one.customers) for one in present}
    return Table(
        id="models",
        title="Models",
        fields=(
            Field(id="model", label="model", unit=TEXT),
            Field(id="used", label="", unit=TEXT),
            Field(id="customers", label="customers", unit="count"),
            Field(id="log_likelihood", label="log-likelihood", unit="number"),
            Field(id="aic", label="AIC", unit="number"),
            *([Field(id="alive", label="still there", unit="ratio")] if there else []),
            Field(id="source", label="source", unit=TEXT),
        ),
        rows=tuple(
            (
                *_model(one, used=one is chosen or one.id == "money"),
                *([there.get(one.id, Entry())] if there else []),
                Entry(text=PAPERS[one.id]),
            )
            for one in several
        ),
        caption="fitted by greatest likelihood to counts of customers who did the same; AIC compares models of the same data, the smaller the better",
    )


def _model(one: Tried, *, used: bool) -> tuple[Entry, ...]:
    if one.fitted is None:
        none = Entry(cell=empty(Reason(one.reason, one.message)))
        return Entry(text=one.label), Entry(text="refused"), none, none, none
    return (
        Entry(text=one.label),
        Entry(text="used" if used else ""),
        number(one.fitted.customers),
        plain(one.fitted.log_likelihood, one.fitted.customers),
        plain(one.aic),
    )


def _parameters(used: Sequence[Tried], unit: str) -> Table:
    rows = []
    for one in used:
        assert one.fitted is not None
        for name, value, error in parameters(one.fitted):
            shown = value.cell.value if value.cell else None
            rows.append((Entry(text=one.label), Entry(text=name), value, error, Entry(text=f"{shown:.7g}")))
    return Table(
        id="parameters",
        title="Parameters",
        fields=(
            Field(id="model", label="model", unit=TEXT),
            Field(id="parameter", label="parameter", unit=TEXT),
            Field(id="value", label="value", unit="number"),
            Field(id="error", label="standard error", unit="number"),
            Field(id="digits", label="to 7 digits", unit=TEXT),
        ),
        names=2,
        rows=tuple(rows),
        caption=f"time in {unit}s; limits and errors from the observed information, taken of the logarithms",
    )
