"""The study of a change: which dimensions, which of them is shown, what is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.build.assemble import misspelt
from funnelkit.build.request import dimensions
from funnelkit.build.why import sentences, tables
from funnelkit.build.why.counting import Sides, both
from funnelkit.build.why.judging import Finding, Samples, chosen, finding
from funnelkit.build.why.request import Question, Say, checked
from funnelkit.build.why.tables import Shown, Whole
from funnelkit.errors import UsageError
from funnelkit.metrics import notes as noted
from funnelkit.metrics.anatomy import OLD, Anatomy, Piece, anatomy
from funnelkit.metrics.compare import NO_CALL, Place, change, test
from funnelkit.metrics.entries import Measure
from funnelkit.metrics.reasons import NO_DENOMINATOR
from funnelkit.metrics.shifts import Shifts
from funnelkit.metrics.variation import Sampler
from funnelkit.periods import from_day
from funnelkit.studies import Study
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Histogram, Metric
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.reasons import Reason
    from funnelkit.metrics.shifts import Values
    from funnelkit.reports import Source
    from funnelkit.studies import Table


def explain(
    dataset: Dataset,
    question: Question,
    catalog: Catalog,
    sources: Sequence[Source],
    notes: Sequence[Note],
    say: Say,
) -> Study:
    """Why the metric of *question* changed. Raises UsageError where it cannot be taken apart."""
    metric, request = checked(question, dataset, catalog)
    return _Explained(dataset, question, catalog, metric, request, say).study(sources, notes)


class _Explained:
    """One question on its way to the answer."""

    def __init__(
        self,
        dataset: Dataset,
        question: Question,
        catalog: Catalog,
        metric: Metric,
        request: Request,
        say: Say,
    ) -> None:
        self._dataset, self._catalog, self._say = dataset, catalog, say
        self._question, self._request, self._metric = question, request, metric
        self._anatomy, self._sampler = self._taken(plain=False)
        self._sides = self._count(())
        self._notes: list[Note] = []
        lacking = self._lacking() or self._undefined()
        if metric.product and lacking and self._reason() is None:
            # The factors need more than the metric itself, which is a sum or quotient all the same.
            said = f"{metric.label} is not taken apart into {', '.join(metric.product)}: {lacking.message}."
            self._notes.append(Note(code="factors_missing", message=said))
            self._metric = replace(metric, product={})
            self._anatomy, self._sampler = self._taken(plain=True)
            self._sides = self._count(())

    def study(self, sources: Sequence[Source], notes: Sequence[Note]) -> Study:
        """The answer."""
        reason = self._reason()
        cells = [side.cell(self._metric) for side in self._sides.both]
        if reason is None and all(cell.value is not None for cell in cells):
            said, found = self._answer()
        else:
            missing = next(cell for cell in cells if cell.value is None)
            said, found = [f"{self._metric.label}: n/a, {missing.message}."], ()
        view = self._view()
        between = self._question.between
        title = f"Why {self._metric.id} {'differs' if between else 'changed'}"
        return Study(
            command="why",
            title=title,
            as_of=from_day(self._dataset.as_of) if self._dataset.dated else None,
            timezone=self._request.timezone,
            currency=self._dataset.currency,
            period=self._sides.spans.span(self._sides.spans.main) if self._dataset.dated else None,
            filters=tuple(str(f) for f in self._request.where),
            sentences=tuple(said),
            tables=tuple(found),
            sources=tuple(sources),
            warnings=(*notes, *self._misspelt(), *self._notes, *noted.notes(view)),
        )

    def _answer(self) -> tuple[list[str], Sequence[Table]]:
        shifts, sums = self._shifts(), self._sums()
        if any(shifts.value(side) is None for side in sums):
            return [sentences.immature(self._metric, self._request.horizon)], ()
        self._refuse_negative(shifts, sums)
        total = self._sides.samples(self._sampler, self._metric, [()])
        young = self._young()
        counts, min_n = self._sampler.counts, self._request.min_n
        whole = finding("", shifts, total, counts, self._metric, min_n, young=young)
        moved, verdict, uncalled = self._whole(whole, young=young)
        shown = Shown(
            metric=self._metric,
            shifts=shifts,
            sampler=self._sampler,
            sides=self._sides,
            sums=sums,
            whole=moved,
            verdict=verdict,
            uncalled=uncalled,
            young=young,
            between=self._question.between is not None,
            top=self._question.top,
        )
        found, counted = self._findings(shifts, young=young)
        best = chosen(found) if found else None
        asked = bool(self._request.by)
        said = list(sentences.sentences(shown, found, best, self._say, asked=asked))
        if self._metric.statistic == "conversion":
            said.append(self._matured(total))
        made = [tables.change(shown)]
        if found:
            made.append(tables.effects(shown, found))
        for one in found:
            if asked or one is best:
                made.append(tables.segments(replace(shown, sides=counted[one.dimension]), one))
        return said, made

    def _findings(self, shifts: Shifts, *, young: bool) -> tuple[list[Finding], dict[str, Sides]]:
        """What each dimension shows that has several segments, and what was counted of it."""
        found: list[Finding] = []
        counted: dict[str, Sides] = {}
        for dimension in self._dimensions():
            sides = self._count((dimension,))
            keys = sorted(self._keys(sides))
            if len(keys) < (1 if self._request.by else 2):
                continue
            samples = sides.samples(self._sampler, self._metric, keys)
            found.append(
                finding(
                    dimension,
                    shifts,
                    samples,
                    self._sampler.counts,
                    self._metric,
                    self._request.min_n,
                    young=young,
                )
            )
            counted[dimension] = sides
        return found, counted

    def _refuse_negative(self, shifts: Shifts, sums: tuple[Values, Values]) -> None:
        """Products have effects of their factors only where none is below zero."""
        for factor in self._anatomy.factors if len(self._anatomy.factors) > 1 else ():
            if self._anatomy.whole is None and any((shifts.factor(factor, side) or 0) < 0 for side in sums):
                raise UsageError(
                    f"{self._metric.id} cannot be taken apart: {factor.label} is below zero",
                    hint="Ask about its parts, or leave out what is negative with --where.",
                )

    # -- what is asked -------------------------------------------------------------------------------

    def _taken(self, *, plain: bool) -> tuple[Anatomy, Sampler]:
        margin = self._request.gross_margin
        constants = {"gross_margin": Fraction(margin if margin is not None else 1)}
        found = anatomy(self._catalog, self._metric, constants, plain=plain)
        return found, Sampler(self._catalog, found, self._dataset.scales)

    def _count(self, by: tuple[str, ...]) -> Sides:
        request = replace(self._request, by=by)
        return both(
            self._dataset,
            request,
            self._question.between,
            self._catalog,
            self._metric,
            list(self._sampler.parts),
        )

    def _keys(self, sides: Sides) -> set[Key]:
        parts: list[Measure | Histogram] = [self._sampler.part(piece) for piece in self._anatomy.pieces]
        parts += self._catalog.parts(self._metric)
        return {key for side in sides.both for key in side.keys(parts, self._metric)}

    def _dimensions(self) -> list[str]:
        """Those asked for, else all that every table of the metric has and that differ on both sides."""
        facts = self._sides.after.counted.facts
        used = list(dict.fromkeys(self._sampler.part(piece).table for piece in self._anatomy.pieces))
        fits = [d for d in dimensions(self._dataset) if all(d in facts.dimensions(table) for table in used)]
        for dimension in self._request.by:
            if dimension not in fits:
                without = next(t for t in used if dimension not in facts.dimensions(t))
                raise UsageError(
                    f"{self._metric.id} cannot be taken apart by {dimension}: the {without} table has none",
                    hint=f"There are: {', '.join(fits)}." if fits else "",
                )
        fixed = {f.dimension for f in self._question.between or ()}
        return list(self._request.by) or [d for d in fits if d not in fixed]

    # -- what is known -------------------------------------------------------------------------------

    def _reason(self) -> Reason | None:
        side = self._sides.after
        return side.evaluator.undefined.anyhow(self._metric, (), side.window)

    def _lacking(self) -> Reason | None:
        """Why some factor says nothing."""
        counted = self._sides.after.counted
        parts = [self._sampler.part(piece) for piece in self._anatomy.pieces]
        reasons = (counted.lacks.get(p.id) or counted.facts.lacks_day(p.table, p.date) for p in parts)
        return next(filter(None, reasons), None)

    def _undefined(self) -> Reason | None:
        """Why the factors have no values, where the metric itself may have one."""
        return NO_DENOMINATOR if any(self._shifts().value(sums) is None for sums in self._sums()) else None

    def _shifts(self) -> Shifts:
        return Shifts(self._anatomy, self._days())

    def _sums(self) -> tuple[Values, Values]:
        """The sums of all segments, on both sides."""
        before, after = self._sides.samples(self._sampler, self._metric, [()])
        return before[()].values, after[()].values

    def _days(self) -> tuple[int, int] | None:
        """The days of both sides that the data know of, where what is counted grows with them."""
        parts = [self._sampler.part(piece) for piece in self._anatomy.pieces]
        if any(isinstance(part, Measure) and part.cumulative for part in parts):
            return None
        if self._sides.after.window.everything:
            return None
        as_of = self._dataset.as_of
        before, after = (min(s.window.end, as_of) - s.window.start + 1 for s in self._sides.both)
        return (before, after) if min(before, after) > 0 else None

    def _young(self) -> bool:
        """Whether one of two cohorts still has time that the other has had."""
        if not self._metric.cohort or self._metric.statistic == "conversion" or self._question.between:
            return False
        ends = max(side.window.end for side in self._sides.both)
        return ends + self._request.horizon > self._dataset.as_of

    def _matured(self, total: Samples) -> str:
        """Which leads count."""
        of = self._metric.of
        place = self._anatomy.sums.index(next(s for s in self._anatomy.sums if s[0][0] == Piece(OLD, of)))
        old = " and ".join(
            f"{round(side[()].values[place]):,} ({one.label})"
            for side, one in zip(total, self._sides.both, strict=True)
        )
        return f"Only leads that have had all of {self._request.horizon} days count, and what they won within them: {old}."

    def _whole(self, found: Finding, *, young: bool) -> tuple[Whole, str, str]:
        """The change, what it means, and why it means nothing: as a report has it where there is a test, else by the limits of its effects."""
        sampled, word, why = found.apart.total[-1], found.totals[-1], found.totals_uncalled[-1]
        now, before = (
            Place(side.evaluator, (), side.window, side.cell(self._metric))
            for side in reversed(self._sides.both)
        )
        tested = test(self._metric, now, before)
        if tested.limits is None and not self._metric.exact:
            return Whole(sampled.value, sampled.limits, "delta"), NO_CALL if young else word, why
        called = change(self._metric, now, before, self._request.min_n)
        limits = tested.differences(before.cell.value or 0)
        whole = Whole(sampled.value, limits, self._metric.interval or "poisson")
        return whole, called.verdict, called.uncalled or ""

    def _misspelt(self) -> Iterator[Note]:
        asked = (*self._request.where, *(self._question.between or ()))
        return misspelt(self._sides.after.counted.facts, asked)

    def _view(self) -> noted.View:
        side = self._sides.after
        return noted.View(
            counted=side.counted,
            evaluator=side.evaluator,
            window=side.window,
            befores=() if self._question.between else (self._sides.before.window,),
            metrics=frozenset({self._metric.id}),
            rows=(),
            min_n=self._request.min_n,
            truncated=side.truncated,
            apart=True,
        )
