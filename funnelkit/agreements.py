"""What marketing and sales have agreed on: how soon a lead is answered, which leads are qualified, by which stages they go."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Sla(Struct, frozen=True, kw_only=True):
    """The time within which sales has agreed to answer a lead."""

    minutes: int = 24 * 60
    in_days: bool = False
    """Whether it was said in days, so that days alone can tell whether it was kept."""

    def __str__(self) -> str:
        for unit, name in ((24 * 60, "days"), (60, "h")):
            if self.minutes % unit == 0 and (name == "h" or self.in_days):
                return f"{self.minutes // unit} {name}"
        return f"{self.minutes} min"


DAILY = Sla()
"""What is agreed on where nobody says otherwise: 24 hours."""

UNTOUCHED_DAYS = 7
"""After so many days a lead that was handed over and has no activity, or nobody who owns it, is told of."""


class Condition(Struct, frozen=True, kw_only=True):
    """What one column of a lead must hold."""

    column: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    words: tuple[str, ...] = ()
    """One of these, in any case; for a column of text."""

    def __str__(self) -> str:
        low, high = self.at_least, self.at_most
        if self.words:
            return f"{self.column} {' or '.join(self.words)}"
        bounds = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
        return f"{self.column} {' and '.join(bounds)}"


class Rule(Struct, frozen=True, kw_only=True):
    """One version of the rule."""

    version: str
    since: int | None
    """The day from which on it holds for the leads that are created; None for always."""
    ways: tuple[tuple[Condition, ...], ...]
    """A lead is qualified that meets all conditions of one of these."""

    def __str__(self) -> str:
        return "; or ".join(", ".join(map(str, way)) for way in self.ways)


class Step(Struct, frozen=True, kw_only=True):
    """One stage on the way of a lead."""

    name: str
    label: str
    words: tuple[str, ...] = ()
    """What a status or stage column says of a lead that is in it, for a stage of the team's own."""
    dates: tuple[str, ...] = ()
    """The headers under which the files have the day on which it was entered, for a stage of the team's own."""
    optional: bool = False
    """Whether a lead may go another way, so that nobody has skipped it who was not in it."""
