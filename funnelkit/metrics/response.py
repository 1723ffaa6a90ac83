"""How long leads wait for their first answer: by the minute, those that still wait counted with the rest.

To leave out who was never answered makes every team look fast. A lead without an answer counts as one
that has waited until the last instant of the data; Kaplan-Meier takes it as far as it was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit.metrics.columns import UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.metrics.tally import Counts

DAY = 24 * 60
"""Minutes."""
_LONGEST = 30 * DAY
"""An answer after so many minutes is told from none no more, so that the different values stay few."""


class Columns(Struct, frozen=True):
    """What each lead says of its first answer."""

    minutes: nw.Expr
    """Until it was answered, one that has begun counting whole; else for how long it has waited."""
    age: nw.Expr
    """Since its creation, cut where that is old enough for every question; ``UNANSWERED`` where nobody answered."""


def of_leads(as_of: int, instant: int | None, sla: int) -> Columns:
    """The columns by instants up to *instant*; by whole days up to *as_of* where there are none.

    *sla* is the longest wait in minutes that is asked about, where it is more than a day.
    """
    enough = max(DAY, sla)
    cap = max(_LONGEST, enough)
    created, answered = nw.col("created_at"), nw.col("first_response_at")
    if instant is None:
        wait, age = (answered - created) * DAY, (nw.lit(as_of) - created) * DAY
    else:
        begun = nw.col("created_instant")
        passed = nw.col("first_response_instant") - begun
        # A day that was set aside as a typing error takes its instant with it.
        wait, age = nw.when(passed < 0).then(passed).otherwise((passed + 59) // 60), (instant - begun) // 60
    late = wait > cap
    seen = nw.when(age > cap).then(nw.lit(cap)).otherwise(age)
    minutes = (
        nw.when(~answered.is_null()).then(nw.when(late).then(nw.lit(cap)).otherwise(wait)).otherwise(seen)
    )
    known = nw.when(age > enough).then(nw.lit(enough)).otherwise(age)
    told = ~answered.is_null() & ~late.fill_null(False)
    return Columns(minutes=minutes, age=nw.when(told).then(known).otherwise(nw.lit(UNANSWERED)))


def waits(counts: Counts) -> tuple[dict[int, int], dict[int, int]]:
    """Minutes until leads were answered, and for which the others have waited; answers before the lead left out."""
    answered: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for (minutes, age), n in counts.items():
        side = waiting if age == UNANSWERED else answered
        if minutes >= 0:
            side[minutes] = side.get(minutes, 0) + n
    return answered, waiting


def within(counts: Mapping[tuple[int, int], int], minutes: int) -> tuple[int, int]:
    """How many leads were answered within *minutes*, and of how many that are at least as old.

    >>> within({(3, 1440): 2, (90, 1440): 1, (2, 4): 1, (600, UNANSWERED): 4}, 5)
    (2, 7)
    """
    old = {(wait, age): n for (wait, age), n in counts.items() if wait >= 0 and max(age, 0) >= minutes}
    asked = {(wait, age): n for (wait, age), n in counts.items() if age == UNANSWERED and wait >= minutes}
    in_time = sum(n for (wait, _), n in old.items() if wait <= minutes)
    return in_time, sum(old.values()) + sum(asked.values())
