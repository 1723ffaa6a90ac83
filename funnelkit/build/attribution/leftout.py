"""What is told of touches that are in no path, and of conversions that no path can lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.collect import Frame
from funnelkit.linking.persons import PERSON
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.build.attribution.conversions import Conversions
    from funnelkit.metrics.facts import Facts


class Stages(NamedTuple):
    """Touches, as they become fewer."""

    all: Frame
    named: Frame
    """Those of a person, up to the as-of day."""
    before: Frame
    """Those before a conversion of their person."""
    within: Frame
    """Those in its window."""


def notes(
    facts: Facts, touches: Stages, ends: Frame, conversions: Conversions, window: int
) -> Iterator[Note]:
    """What is left out, each with how many; *ends* are the days on which persons converted."""
    whole, named, before, within = map(collect.count, touches)
    nobody = collect.count(touches.all.filter(nw.col(PERSON).is_null()))
    of_converted = collect.count(_of(touches.named, ends, "semi"))
    told = (
        ("anonymous_touches", nobody, "Touches of nobody who is named", "They are in no path"),
        ("touches_later", whole - named - nobody, "Touches after the as-of day", "They are left out"),
        (
            "touches_after",
            of_converted - before,
            "Touches after the conversion of their person",
            "They earn nothing of it",
        ),
        (
            "touches_before_window",
            before - within,
            f"Touches more than {window} days before the conversion",
            "They earn nothing; --window asks for more days",
        ),
        (
            "touches_unlinked",
            collect.count(_of(_of(touches.named, facts.frames["leads"], "anti"), ends, "anti"))
            if "leads" in facts.frames
            else 0,
            "Touches of persons and visitors whom no lead knows",
            "They count as journeys that did not convert",
        ),
    )
    for code, number, what, then in told:
        if number:
            yield Note(code=code, message=f"{what}: {number:,} of {whole:,}. {then}")
    if conversions.undated:
        message = (
            f"{conversions.begun} without a date: {conversions.undated:,}. Which touches came before them "
            "nobody knows, and they stand under (no touch)"
        )
        yield Note(code="undated_conversions", message=message)


def _of(touches: Frame, others: Frame, how: str) -> Frame:
    """Those *touches* whose person is among *others* (semi), or is not (anti)."""
    persons = others.filter(~nw.col(PERSON).is_null()).select(PERSON).unique()
    found: Frame = touches.join(persons, on=PERSON, how=how)  # type: ignore[arg-type]
    return found
