"""What the files can tell at all: a stage that no file knows is missing, and not at zero.

Asked of all rows, filtered or not: one owner without lost deals has a win rate, a file without any
has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from funnelkit.metrics import stages
from funnelkit.metrics.fold import added
from funnelkit.metrics.reasons import (
    NO_LOST_DEALS,
    NO_OPEN_DEALS,
    NO_OUTCOME,
    NO_STATUS,
    NO_TIMES,
    NO_TIMES_FOR_SLA,
    NO_WON_DATES,
    UNLINKED,
    Reason,
    no_own_stage,
    no_stage,
    not_loaded,
)
from funnelkit.metrics.stages import REJECTED

if TYPE_CHECKING:
    from funnelkit.metrics.aggregate import Answer, Stream
    from funnelkit.metrics.facts import Facts

PROBES = ("leads", "leads_mql", "lead_times", "deals_created", "won_unlinked", "spend")
"""Counted in every report, whatever its metrics: the period, this survey and most notes need them."""
_ENOUGH_LINKED = 20
"""One linked deal in so many: below, lead-to-customer metrics are n/a."""


class Survey:
    """What is known of the loaded files as a whole."""

    def __init__(self, facts: Facts, answers: Mapping[Stream, Answer]) -> None:
        self._facts = facts
        self._leads = _combinations(answers, "leads", "created_at")
        self._deals = _combinations(answers, "deals", "closed_at")
        said = {flags.get("status") or "" for flags, _ in self._leads}
        self.words = said | {REJECTED[status] for status in said if status in REJECTED}
        self.statuses = {flags["status"] for flags, _ in self._deals} - {"unknown"}
        self._lags = any(
            lag is not None
            for stream, answer in answers.items()
            if (stream.table, stream.value) == ("leads", "lag_days")
            for lag in answer.column("lag_days")
        )

    def reason(self, need: str) -> Reason | None:
        """Why the files do not tell what *need* names, or None where they do."""
        if need.startswith("stage_"):
            return self._stage(need.removeprefix("stage_"))
        checks: dict[str, Callable[[], Reason | None]] = {
            "outcome": self._outcome,
            "link": self._link,
            "leads": lambda: None if "leads" in self._facts.frames else not_loaded("leads"),
            "times": lambda: None if self._facts.timed else NO_TIMES,
            "sla_times": self._sla_times,
            "won_dates": self._won_dates,
            "customers": self._customers,
            "deal_status": lambda: NO_STATUS if self._deals and not self.statuses else None,
            "lost_deals": lambda: self._beyond_won(NO_LOST_DEALS),
            "open_deals": lambda: self._beyond_won(NO_OPEN_DEALS),
        }
        return checks[need]()

    def seen(self, stage: str) -> bool:
        """Whether some file speaks of *stage* itself."""
        if stage == "opportunity" and (self._deals_beyond_won() or self._converted()):
            return True
        return stage in self.words or any(
            self._facts.has("leads", column)
            for column in self._facts.path.own_columns(stage)
            if column not in ("deal_created_at", "won_at")
        )

    def _stage(self, stage: str) -> Reason | None:
        path = self._facts.path
        if stage not in stages.RANK:
            return None if self.seen(stage) else no_own_stage(stage, path.label(stage))
        if path.alone(stage):
            return None if self.seen(stage) else no_stage(stage)
        # An opportunity says that a lead came far, but not that anybody qualifies leads before.
        later = path.names[path.ranks[stage] : path.ranks["opportunity"]]
        return None if self.words & {*later} or self.seen(stage) else no_stage(stage)

    def _deals_beyond_won(self) -> bool:
        return bool(self.statuses - {"won"}) and self._link() is None

    def _converted(self) -> bool:
        return "deals" not in self._facts.frames and self._facts.has("leads", "converted_to_deal")

    def _outcome(self) -> Reason | None:
        if "deals" in self._facts.frames:
            return self._link()
        told = self._facts.has("leads", "customer_at") or self._facts.has("leads", "converted")
        won = any(flags.get("has_won") for flags, _ in self._leads)
        return None if told or won or "customer" in self.words else NO_OUTCOME

    def _customers(self) -> Reason | None:
        if "deals" in self._facts.frames:
            return NO_STATUS if self._deals and not self.statuses else None
        return None if "payments" in self._facts.frames else self._outcome()

    def _link(self) -> Reason | None:
        if "leads" not in self._facts.frames:
            return not_loaded("leads")
        rows = sum(n for _, n in self._deals)
        linked = sum(n for flags, n in self._deals if flags.get("linked"))
        return None if linked and linked * _ENOUGH_LINKED >= rows else UNLINKED

    def _sla_times(self) -> Reason | None:
        # The agreed time of whole days can be told from days.
        return None if self._facts.timed or self._facts.sla_in_days else NO_TIMES_FOR_SLA

    def _won_dates(self) -> Reason | None:
        won = any(flags.get("has_won") for flags, _ in self._leads)
        return NO_WON_DATES if won and not self._lags else None

    def _beyond_won(self, otherwise: Reason) -> Reason | None:
        if self._deals and not self.statuses:
            return NO_STATUS
        return otherwise if self.statuses == {"won"} else None


def _combinations(answers: Mapping[Stream, Answer], table: str, day: str) -> list[tuple[dict[str, Any], int]]:
    """The combinations of flags that occur in *table*, with the number of rows of each."""
    streams = [s for s in answers if (s.table, s.day) == (table, day)]
    if not streams:
        return []
    stream = max(streams, key=lambda s: len(s.flags))
    found = added([answers[stream].column(c) for c in stream.flags], answers[stream].counts)
    return [(dict(zip(stream.flags, flags, strict=True)), n) for flags, n in found.items()]
