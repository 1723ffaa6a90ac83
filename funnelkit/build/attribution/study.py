"""The study of attribution: counted on the engine, given by every model, and said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.build.attribution import given as by_model
from funnelkit.build.attribution import known, reconciled, shapes, spending, tables, touched
from funnelkit.build.attribution.conversions import NEVER, Conversions, conversions
from funnelkit.build.attribution.kinds import OF
from funnelkit.build.attribution.result import Result
from funnelkit.build.attribution.said import sentences
from funnelkit.errors import UsageError
from funnelkit.linking import payers
from funnelkit.linking.persons import TOUCHES
from funnelkit.metrics import spendcover
from funnelkit.models.attribution.named import Settings
from funnelkit.models.attribution.paths import channels_of
from funnelkit.periods import from_day
from funnelkit.studies import Study, Table
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.attribution.request import Asked, Given
    from funnelkit.build.counting import Count
    from funnelkit.reports import Span


_NAMED = 30
"""So many names are told of those that there are."""


def study(given: Given, asked: Asked) -> Study:
    """Who is given credit for what *given* tells of. Raises UsageError for what the files do not tell."""
    done, spent = spending.counted(given.data, asked)
    found = _result(given, asked, done, spent)
    return Study(
        command="attribution",
        title=f"What {asked.by}s are given of {found.conversions.several}",
        as_of=from_day(given.data.as_of) if given.data.dated else None,
        timezone=asked.request.timezone,
        currency=given.data.currency,
        period=_span(done, found.conversions),
        filters=tuple(str(one) for one in asked.request.where),
        sentences=tuple(sentences(found)),
        tables=tuple(_tables(found)),
        sources=tuple(given.sources),
        warnings=(
            *given.notes,
            *_linked(found, given),
            *found.journeys.notes,
            *_refunds(found),
            *_uncovered(found, done),
            *_direct(found),
            *_few(found),
        ),
    )


def _result(given: Given, asked: Asked, done: Count, spent: spending.Spending) -> Result:
    facts, spans = done.counted.facts, done.spans
    what = conversions(facts, spans, given.data.scales, asked)
    if TOUCHES in facts.frames:
        journeys = touched.journeys(given.engine, facts, spans, what, asked)
    else:
        journeys = known.journeys(facts, spans, what, asked)
    models = by_model.models(journeys, asked)
    if not any(model.credit for model in models):
        reason = next(model.reason for model in models if model.reason)
        raise UsageError(
            f"none of these models can be had: {reason.message}",
            hint="Ask for others with --model, such as linear.",
        )
    return Result(asked=asked, conversions=what, journeys=journeys, models=models, spending=spent)


def _span(done: Count, conversions: Conversions) -> Span:
    """The period that was asked for, else all days; of payments their own."""
    main = done.spans.main
    if done.spans.everything and conversions.days:
        main = replace(main, start=min(conversions.days[0], main.end))
    return done.spans.span(main)


def _linked(found: Result, given: Given) -> Iterator[Note]:
    if found.conversions.of == "payment":
        yield from payers.told(given.data)


def _uncovered(found: Result, done: Count) -> Iterator[Note]:
    """Where the costs rest on spend of fewer days than what they are divided by."""
    if found.spending.no_cost:
        return
    what = found.conversions
    days = collect.extent(what.rows.filter(nw.col("day") != NEVER), "day")
    period = None if done.spans.everything else done.spans.main
    if apart := spendcover.uncovered(done.counted.asked, days, period):
        message = apart.said(what.several, f"spend per attributed {OF[what.of][0]}")
        yield Note(code="spend_uncovered", message=message)


def _refunds(found: Result) -> Iterator[Note]:
    what = found.conversions
    if what.refunds:
        message = (
            f"Refunds in rows of their own: {what.refunds:,}. Each is taken off the payment of its person before it, in the period "
            "and by the path of that payment, which still counts as one"
        )
        yield Note(code="refunds_netted", message=message)
    if what.orphans and what.unit:
        message = (
            f"Refunds of nobody whose payment is loaded: {what.orphans:,}, {what.orphaned / what.unit:,.2f} together. "
            "They are left out here, and are in the net revenue of a report"
        )
        yield Note(code="refunds_alone", message=message)


def _direct(found: Result) -> Iterator[Note]:
    """The names of --direct that nothing is called by."""
    asked, known = found.asked.settings.direct, channels_of(found.journeys.orders)
    unknown = [name for name in asked if name not in known]
    if unknown and asked != Settings().direct:
        message = (
            f"--direct {','.join(unknown)}: no touch is of such a {found.asked.by}, so that last non-direct passes over none of it. "
            f"There are {', '.join(known[:_NAMED])}"
        )
        yield Note(code="direct_unknown", message=message)


def _few(found: Result) -> Iterator[Note]:
    n, least = found.conversions.total, found.asked.request.min_n
    if n < least:
        message = f"{found.conversions.begun}: {n:,}, fewer than {least}. What each {found.asked.by} is given may be chance"
        yield Note(code="few_conversions", message=message)


def _tables(found: Result) -> Iterator[Table]:
    yield tables.credit(found)
    if found.asked.reconcile:
        yield reconciled.table(found)
    several = len(found.given) > 1 and not found.alike
    if several:
        yield tables.models(found)
    made = [shapes.paths(found), shapes.lengths(found), shapes.waits(found), shapes.removal(found)]
    if several:
        made += [tables.value(found), tables.agreement(found)]
    yield from (table for table in made if table is not None)
