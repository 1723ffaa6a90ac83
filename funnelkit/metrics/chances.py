"""How likely a deal in a stage is to be won, by what became of the deals that were in the stage.

Two ways to count them. In it: a day says that the deal entered the stage. Reached or passed: a deal that entered a
later stage, or was won, has reached all before it. The second is how stages convert, and no chance of a deal that is
in a stage: winners that jumped the stage would count, and losers that jumped it would not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct, field

from funnelkit import collect
from funnelkit.stageorder import Place, ranked, ranks
from funnelkit.statistics import competing

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.metrics.fold import Key

_OUTCOMES = ("won", "lost", "other")
_OPEN = "open"


class Reached(Struct, kw_only=True, dict=True):
    """What became of the deals of one group that were in a stage, or reached or passed it."""

    counts: dict[str, int] = field(default_factory=dict)
    """How many were won, lost, other, open."""
    waits: dict[str, dict[int, int]] = field(default_factory=dict)
    """By the same words, days from coming to the stage to the outcome or the as-of day, of those that are known."""

    def add(self, status: str, days: int | None, n: int) -> None:
        """Count *n* deals more."""
        self.counts[status] = self.counts.get(status, 0) + n
        if days is not None and days >= 0:
            waits = self.waits.setdefault(status, {})
            waits[days] = waits.get(days, 0) + n

    @property
    def deals(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def won(self) -> int:
        """How many were won."""
        return self.counts.get("won", 0)

    @property
    def decided(self) -> int:
        """How many were won or lost."""
        return self.won + self.counts.get("lost", 0)

    @cached_property
    def incidence(self) -> competing.Incidence:
        """The shares that came to each outcome, by days since they came to the stage (Aalen and Johansen)."""
        return competing.aalen_johansen(
            {name: self.waits.get(name, {}) for name in _OUTCOMES}, self.waits.get(_OPEN, {})
        )

    @cached_property
    def mature(self) -> tuple[float, float] | None:
        """The share won of those won or lost, with open deals counted for as long as they were seen; None of none.

        Also how many decided deals without open ones would show it with the same standard error.
        """
        last = max(self.incidence.times, default=0)
        won, lost = (competing.share_at(self.incidence, name, last) for name in ("won", "lost"))
        if not won + lost:
            return None
        _, trials = competing.effective_counts(self.incidence, "won", last)
        return won / (won + lost), trials * (won + lost)


def counted(
    rows: Frame, places: Sequence[Place], by: Sequence[str], as_of: int, *, passed: bool
) -> Mapping[tuple[Key, Place], Reached]:
    """What became of the deals that were in each stage, by group; with *passed* those that reached or passed it.

    *rows* are those of `stageorder.entries`.
    """
    known = ranks(places)
    own = ranked(rows, places).filter(nw.col("_outcome") == "")
    several = range(1 + max((rank for _, rank in known), default=-1))
    rank = nw.col("_rank")
    beyond = own.with_columns(
        *(
            nw.when(rank >= k if passed else rank == k).then(nw.col("entered_at")).alias(f"_{k}")
            for k in several
        )
    )
    keys = ["pipeline", "status", *by]
    deals = beyond.group_by("deal_id", *keys).agg(
        nw.col("closed_at").max(), *(nw.col(f"_{k}").min() for k in several)
    )
    closed = nw.col("status").is_in(_OUTCOMES)
    done: dict[tuple[Key, Place], Reached] = {}
    for k in several:
        reached = _reached(deals, nw.col(f"_{k}"), passed=passed)
        until = nw.when(closed).then(nw.col("closed_at")).otherwise(nw.lit(as_of))
        waits = reached.with_columns(_days=until - nw.col("_since")).group_by(*keys, "_days")
        cells = collect.columns(waits.agg(nw.len().alias("n")))
        groups = list(zip(*(cells[c] for c in by), strict=True)) if by else [()] * len(cells["n"])
        for i, n in enumerate(map(int, cells["n"])):
            if (place := known.get((cells["pipeline"][i], k))) is None:
                continue
            status, days = cells["status"][i], cells["_days"][i]
            for key in {groups[i], ()}:
                found = done.setdefault((key, place), Reached())
                found.add(status if status in _OUTCOMES else _OPEN, None if days is None else int(days), n)
    return done


def _reached(deals: Frame, entered: nw.Expr, *, passed: bool) -> Frame:
    """The deals of a stage that they *entered*, with ``_since``, the day on which they came to it."""
    if not passed:
        return deals.filter(~entered.is_null()).with_columns(_since=entered)
    is_won = nw.col("status") == "won"
    won = nw.when(is_won).then(nw.col("closed_at"))
    return deals.filter(~entered.is_null() | is_won).with_columns(_since=nw.coalesce(entered, won))
