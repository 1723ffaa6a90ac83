"""The tables: what changed, by which effects in each dimension, and by segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.why.labels import labels, unit, unit_of
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.reasons import NO_DENOMINATOR
from funnelkit.metrics.shifts import DAYS
from funnelkit.metrics.statistics import empty
from funnelkit.statistics import intervals
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.why.counting import Side, Sides
    from funnelkit.build.why.judging import Finding
    from funnelkit.metrics.anatomy import Factor
    from funnelkit.metrics.apart import Estimate
    from funnelkit.metrics.entries import Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.shifts import Shifts, Values
    from funnelkit.metrics.variation import Sampler

SUM = "Sum"
_SAMPLED = "95 % limits of effects by the delta method, of the change as in a report; calls take into account that several effects are looked at."


class Whole(Struct, frozen=True):
    """The change without segments."""

    value: float
    limits: tuple[float, float | None] | None
    kind: str
    """Whose limits these are, as of a cell."""


class Shown(Struct, frozen=True, kw_only=True):
    """What the tables are made of."""

    metric: Metric
    shifts: Shifts
    sampler: Sampler
    sides: Sides
    sums: tuple[Values, Values]
    """The sums of all segments, on both sides."""
    whole: Whole
    verdict: str
    """What it means."""
    uncalled: str
    """Why there is no call, where there is none."""
    young: bool
    between: bool
    """Whether the sides are segments, and not periods."""
    top: int | None = None

    def cell(self, side: Side, key: Key = TOTAL) -> Cell:
        """The metric on one side: of conversions that of the leads that are old enough."""
        found = side.cell(self.metric, key)
        if self.metric.statistic != "conversion":
            return found
        cohort = side.sample(self.sampler, self.metric, key).values
        return _rate(*cohort)


def change(shown: Shown) -> Table:
    """The metric, and the factors that it is taken apart into, on both sides."""
    before, after = shown.sides.both
    fields = (
        Field(id="what", label="", unit=TEXT),
        Field(id="from", label=before.label, unit=shown.metric.unit),
        Field(id="to", label=after.label, unit=shown.metric.unit),
        Field(id="change", label="change", unit=unit(shown.metric, shown.shifts)),
    )
    cells = [shown.cell(side) for side in shown.sides.both]
    rows = [_row(shown, shown.metric.label, cells, shown.metric.unit, shown.whole)]
    factors = [f for f in dict.fromkeys(e.factor for e in shown.shifts.effects) if f is not None]
    for factor in factors if len(factors) > 1 else ():
        values = [_factor(shown, factor, sums) for sums in shown.sums]
        rows.append(_row(shown, factor.label, values, unit_of(factor, shown.sampler), None))
    return Table(id="change", title="The change", fields=fields, rows=tuple(rows))


def _row(shown: Shown, name: str, cells: Sequence[Cell], own: str, whole: Whole | None) -> tuple[Entry, ...]:
    before, after = cells
    difference = Cell(value=None, reason=NO_DENOMINATOR.code, message=NO_DENOMINATOR.message)
    if before.value is not None and after.value is not None:
        difference = Cell(value=after.value - before.value)
    if whole is not None and difference.value is not None and whole.limits:
        difference = replace(difference, interval=whole.limits, interval_type=whole.kind)
    return (
        Entry(text=name),
        *(Entry(cell=cell, unit=own, young=shown.young) for cell in cells),
        Entry(
            cell=difference,
            unit="points" if own == "ratio" else own,
            young=shown.young,
            verdict=shown.verdict if whole is not None else "",
            uncalled=shown.uncalled if whole is not None else "",
        ),
    )


def effects(shown: Shown, findings: Sequence[Finding]) -> Table:
    """What each effect has brought as a whole, for each of the dimensions."""
    rows = tuple(
        (
            Entry(text=one.dimension),
            *_totals(shown, one),
        )
        for one in findings
    )
    return Table(
        id="effects",
        title="Effects by dimension",
        fields=(Field(id="dimension", label="by", unit=TEXT), *_effects(shown)),
        rows=rows,
        caption=f"Each row adds up to the change. {_convention(shown)} {_SAMPLED}",
    )


def segments(shown: Shown, found: Finding) -> Table:
    """What each segment of one dimension has brought, those with a call first."""
    before, after = shown.sides.both
    fields = (
        Field(id=found.dimension, label=found.dimension, unit=TEXT),
        Field(id="from", label=before.label, unit=shown.metric.unit),
        Field(id="to", label=after.label, unit=shown.metric.unit),
        *_effects(shown),
    )
    return Table(
        id=f"by_{found.dimension}",
        title=f"By {found.dimension}",
        fields=fields,
        rows=tuple(_segments(shown, found)),
        caption="Rows and columns add up. Calls take into account how many effects there are (false discovery rate of 5 %).",
    )


def _segments(shown: Shown, found: Finding) -> Iterator[tuple[Entry, ...]]:
    keys, ids = list(found.keys), [*(label.id for label in labels(shown.shifts)), ""]
    top = keys[: shown.top] if shown.top else keys
    for key in top:
        yield (
            Entry(text=key[0]),
            *(Entry(cell=shown.cell(side, key), young=shown.young) for side in shown.sides.both),
            *(
                _entry(shown, e, *(("", "") if label == DAYS else (word, why)))
                for e, word, why, label in zip(
                    found.apart.segments[key],
                    (*found.verdicts[key], ""),
                    (*found.uncalled[key], ""),
                    ids,
                    strict=True,
                )
            ),
        )
    if beyond := keys[len(top) :]:
        columns = zip(*(found.apart.segments[key] for key in beyond), strict=True)
        yield (
            Entry(text=f"(rest of {len(beyond)})"),
            Entry(),
            Entry(),
            *(Entry(cell=Cell(value=sum(e.value for e in column)), young=shown.young) for column in columns),
        )
    yield (
        Entry(text=SUM),
        *(Entry(cell=shown.cell(side), young=shown.young) for side in shown.sides.both),
        *_totals(shown, found),
    )


def _totals(shown: Shown, found: Finding) -> Iterator[Entry]:
    """The effects as a whole, and the change."""
    words = zip(found.totals, found.totals_uncalled, strict=True)
    for effect, label, (word, why) in zip(found.apart.total, labels(shown.shifts), words, strict=False):
        yield _entry(shown, effect, *(("", "") if label.id == DAYS else (word, why)))
    whole = shown.whole
    yield _cell(shown, whole.value, whole.limits, whole.kind, shown.verdict, shown.uncalled)


def _effects(shown: Shown) -> tuple[Field, ...]:
    """A column for each effect, and one for their sum."""
    own = unit(shown.metric, shown.shifts)
    found = [Field(id=label.id, label=label.title, unit=own) for label in labels(shown.shifts)]
    return (*found, Field(id="sum", label="sum", unit=own))


def _entry(shown: Shown, effect: Estimate, verdict: str, uncalled: str) -> Entry:
    return _cell(shown, effect.value, effect.limits, "delta", verdict, uncalled)


def _cell(
    shown: Shown,
    value: float,
    limits: tuple[float, float | None] | None,
    kind: str,
    verdict: str,
    uncalled: str,
) -> Entry:
    return Entry(
        cell=Cell(value=value, interval=limits, interval_type=kind if limits else None),
        young=shown.young,
        verdict=verdict,
        uncalled=uncalled,
    )


def _factor(shown: Shown, factor: Factor, sums: Values) -> Cell:
    value = shown.shifts.factor(factor, sums)
    if value is None:
        return empty(NO_DENOMINATOR)
    top, bottom = shown.shifts.sides(factor, sums)
    if factor.bottom is None:
        return Cell(value=value)
    if unit_of(factor, shown.sampler) == "ratio" and 0 <= top <= bottom:
        return _rate(top, bottom)
    return Cell(value=value, numerator=top, denominator=bottom)


def _rate(top: float, bottom: float) -> Cell:
    if not bottom:
        return empty(NO_DENOMINATOR)
    above, below = (int(v) if v == int(v) else v for v in (top, bottom))
    n = below if isinstance(below, int) else None
    return Cell(
        value=top / bottom,
        numerator=above,
        denominator=below,
        n=n,
        interval=intervals.wilson(top, bottom) if n else None,
        interval_type="wilson" if n else None,
    )


def _convention(shown: Shown) -> str:
    """How the metric was taken apart."""
    if shown.metric.product:
        said = "; ".join(f"{label} = {formula.text}" for label, formula in shown.metric.product.items())
        said = f"{shown.metric.label} is the product of: {said}, all of the same period."
    else:
        said = f"{shown.metric.label} is {shown.metric.how}."
    if any(e.kind == "mix" for e in shown.shifts.effects):
        said += " Shares and rates are weighed by the averages of both sides (Kitagawa)"
        said += ", factors by logarithmic means (LMDI)." if len(shown.shifts.effects) > 2 else "."
    if shown.metric.trailing_months:
        said += f" It looks back {shown.metric.trailing_months} months, so both periods share rows, and limits are wider than need be."
    return said
