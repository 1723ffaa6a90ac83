"""How far a lead has come: by dates, by status, by its deals.

A lead that reached a later stage has reached every earlier one, with or without a date of its own,
unless only its own evidence is to count: for optional stages, or for all of them (*strict*).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from funnelkit.agreements import Step
from funnelkit.stagecolumns import stage_day

STAGES = ("lead", "mql", "sal", "sql", "opportunity", "customer")
LABELS = {
    "lead": "Lead",
    "mql": "MQL",
    "sal": "SAL",
    "sql": "SQL",
    "opportunity": "Opportunity",
    "customer": "Customer",
}
RANK = {stage: rank for rank, stage in enumerate(STAGES)}
REACHED, STRICT = "reached", "strict"
ENTRIES = (REACHED, STRICT)
"""What counts as having entered a stage: to have reached or passed it, or nothing but a day or status of its own."""

ENTRY_DATES: tuple[tuple[str, str], ...] = (
    ("mql", "mql_at"),
    ("sal", "sal_at"),
    ("sql", "sql_at"),
    ("opportunity", "opportunity_at"),
    ("opportunity", "deal_created_at"),
    ("customer", "customer_at"),
    ("customer", "won_at"),
)
"""The date columns that say when a lead entered a stage, earliest stage first."""

REJECTED = {"rejected": "lead", "mql_rejected": "mql"}
"""What the status of a lead is that sales turned down, and the stage that it says the lead had come to."""

_FLAGS = {"opportunity": "has_deal", "customer": "has_won"}
"""A deal is the opportunity itself, and a won one the customer."""


def missing(column: str) -> str:
    """The flag that says whether the date *column* is missing in a row."""
    return f"missing_{column}"


class Path(Struct, frozen=True, dict=True):
    """The stages of a lead in their order, and what counts as having entered them."""

    steps: tuple[Step, ...] = tuple(Step(name=name, label=label) for name, label in LABELS.items())
    """From lead to customer; every stage that funnelkit knows is among them."""
    strict: bool = False
    shown: tuple[str, ...] = ()
    """The stages of the funnel; empty shows those that the files speak of."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The stages by name."""
        return tuple(step.name for step in self.steps)

    @cached_property
    def own(self) -> tuple[Step, ...]:
        """The stages that only this team has."""
        return tuple(step for step in self.steps if step.name not in RANK)

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The place of each stage, from 0."""
        return {name: rank for rank, name in enumerate(self.names)}

    def step(self, stage: str) -> Step:
        """What is said of *stage*."""
        return self.steps[self.ranks[stage]]

    def label(self, stage: str) -> str:
        """How *stage* is called in reports."""
        return self.step(stage).label

    def alone(self, stage: str) -> bool:
        """Whether only its own evidence counts for *stage*. A customer is one by the win in any case."""
        return stage in self.names[1:-1] and (self.strict or self.step(stage).optional)

    @cached_property
    def entry_dates(self) -> tuple[tuple[str, str], ...]:
        """The date columns that say when a lead entered a stage, earliest stage first."""
        own = tuple((step.name, stage_day(step.name)) for step in self.own)
        return (
            tuple(sorted((*ENTRY_DATES, *own), key=lambda pair: self.ranks[pair[0]])) if own else ENTRY_DATES
        )

    def own_columns(self, stage: str) -> tuple[str, ...]:
        """The date columns of *stage* itself."""
        return tuple(column for name, column in self.entry_dates if name == stage)

    def entry_columns(self, stage: str) -> tuple[str, ...]:
        """The date columns that tell when *stage* was entered, its own first, then those of later stages."""
        if self.alone(stage):
            return self.own_columns(stage)
        rank = self.ranks[stage]
        return tuple(column for name, column in self.entry_dates if self.ranks[name] >= rank)

    @cached_property
    def dated_by(self) -> tuple[str, ...]:
        """The flags that say which dates are missing."""
        return tuple(missing(column) for _, column in self.entry_dates)

    @cached_property
    def reached_by(self) -> tuple[str, ...]:
        """The flags that say how far a lead has come."""
        return ("status", *_FLAGS.values(), *self.dated_by)

    def dated(self, flags: Mapping[str, Any]) -> str:
        """The latest known stage with a date of entry, own or by a later one; lead where there is none."""
        return self._known(self._latest_date(flags))

    def reached(self, flags: Mapping[str, Any]) -> str:
        """The latest known stage that a lead has reached by any evidence."""
        return self._known(self._latest(flags))

    def handed(self, flags: Mapping[str, Any]) -> str:
        """Whether marketing handed a lead over: it was qualified or came further, or sales turned it down."""
        refused = flags.get("status") in REJECTED
        return "true" if refused or RANK[self.reached(flags)] >= RANK["mql"] else "false"

    def counts(self, stage: str, flags: Mapping[str, Any]) -> bool:
        """Whether a lead counts as having entered *stage*."""
        if stage == self.names[-1]:
            return bool(flags.get("has_won"))
        return self._itself(stage, flags) if self.alone(stage) else self._latest(flags) >= self.ranks[stage]

    def undated(self, stage: str, flags: Mapping[str, Any]) -> bool:
        """Whether it counts without a day on which it did."""
        days = (flags.get(missing(column)) is False for column in self.entry_columns(stage))
        return self.counts(stage, flags) and not any(days)

    def skipped(self, stage: str, flags: Mapping[str, Any]) -> bool:
        """Whether it came further without any evidence of *stage* itself, where the files have days of that."""
        known = any(flags.get(missing(column)) is not None for column in self.own_columns(stage))
        return known and self.passed(stage, flags)

    def passed(self, stage: str, flags: Mapping[str, Any]) -> bool:
        """Whether it came further without any evidence of *stage* itself, also where no file has days of that."""
        return self._latest(flags) > self.ranks[stage] and not self._itself(stage, flags)

    def _itself(self, stage: str, flags: Mapping[str, Any]) -> bool:
        """Whether something speaks of *stage* itself: a date, the deal, the status.

        Strict, the status counts only where no file has dates of the stage.
        """
        if stage == self.names[0] or flags.get(_FLAGS.get(stage, "")):
            return True
        days = [m for column in self.own_columns(stage) if (m := flags.get(missing(column))) is not None]
        is_in = _said(flags) == stage
        return not all(days) or (is_in and not self.strict) if days else is_in

    @cached_property
    def _dates(self) -> tuple[tuple[int, str], ...]:
        """The place of the stage of each date, and the flag that says whether the date is missing."""
        return tuple((self.ranks[stage], missing(column)) for stage, column in self.entry_dates)

    def _latest_date(self, flags: Mapping[str, Any]) -> int:
        return max([rank for rank, flag in self._dates if flags.get(flag) is False], default=0)

    def _latest(self, flags: Mapping[str, Any]) -> int:
        ranks = [self._latest_date(flags), self.ranks.get(_said(flags), 0)]
        return max(ranks + [self.ranks[stage] for stage, flag in _FLAGS.items() if flags.get(flag)])

    def _known(self, rank: int) -> str:
        """The last of the stages that funnelkit knows up to *rank*: a stage of one's own lies behind it."""
        return next(name for name in reversed(self.names[: rank + 1]) if name in RANK)


def _said(flags: Mapping[str, Any]) -> str:
    """The stage that the status speaks of."""
    status = flags.get("status") or ""
    return REJECTED.get(status, status)


USUAL = Path()
"""The path of a team that has said nothing else."""
