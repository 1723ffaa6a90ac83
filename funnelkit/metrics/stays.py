"""How long deals stayed in each stage, counted on the engine from the entries of their stage history.

An entry ends the stay before it. The last one lasts until the deal was closed, or until the as-of day where it is
open. Rows that say the stage a deal was in already, as some tools write for a new amount, begin no stay, and
stages that say an outcome are none to stay in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from msgspec import Struct, field

from funnelkit import collect
from funnelkit.stageorder import Place, ranked, ranks

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.metrics.fold import Key

STILL, ON, BACK, WON, LOST = range(5)
"""How a stay ended: not yet, in a later stage, in an earlier one, with the deal won, with it lost or dropped."""
CLOSED = ("won", "lost", "other")
_ORDER = ("_at", "_rank", "stage")
_VISITS = 10
"""A number of visits and the end of the last one make one number: no more ends than this."""


class Stays(Struct, kw_only=True):
    """The deals of one group that entered a stage."""

    left: dict[int, int] = field(default_factory=dict)
    """Days in the stage of those that left it, all their stays together or the first alone."""
    still: dict[int, int] = field(default_factory=dict)
    """The same of those that are in it."""
    ends: dict[int, int] = field(default_factory=dict)
    """How the last stay of each ended."""
    again: int = 0
    """Those that came back to it."""
    untimed: int = 0
    """Those that left it on a day that nobody knows, or before they came."""

    @property
    def entered(self) -> int:
        """How many there are."""
        return sum(self.ends.values())


def counted(
    rows: Frame, places: Sequence[Place], by: Sequence[str], as_of: int, *, first: bool
) -> Mapping[tuple[Key, Place], Stays]:
    """The stays in each stage by group. *rows* are as `stageorder.entries` gives them; *first* counts no re-entries."""
    stays = _visited(_ended(_begun(ranked(rows, places)), as_of))
    one = ["deal_id", "_rank", "pipeline", *by]
    counts = nw.col("_visit") == 1 if first else nw.col("_visit") >= 1
    wrong = counts & ((nw.col("_days") < 0).fill_null(False) | nw.col("_days").is_null())
    found = (
        stays.with_columns(
            _timed=nw.when(counts).then(nw.col("_days")),
            _wrong=wrong.cast(nw.Int64),
            _last=nw.col("_visit") * _VISITS + nw.col("_end"),
            _open=(counts & (nw.col("_end") == STILL)).cast(nw.Int64),
        )
        .group_by(*one)
        .agg(
            nw.col("_timed").sum().alias("days"),
            nw.col("_wrong").max().alias("wrong"),
            nw.col("_last").max().alias("last"),
            nw.col("_open").max().alias("open"),
        )
    )
    keys = ["_rank", "pipeline", *by, "days", "wrong", "last", "open"]
    cells = collect.columns(found.group_by(*keys).agg(nw.len().alias("n")))
    return _folded(cells, by, ranks(places))


def ended(rows: Frame, places: Sequence[Place], as_of: int) -> Frame:
    """Each stay: its stage, ``_days`` in it, ``_end``, and ``_wait``, the days from its beginning to the deal's outcome.

    Of open deals that is the as-of day. *rows* are as `stageorder.entries` gives them.
    """
    stays = _ended(_begun(ranked(rows, places)), as_of)
    closed = nw.col("status").is_in(CLOSED)
    until = nw.when(closed).then(nw.col("closed_at")).otherwise(nw.lit(as_of))
    return stays.with_columns(_wait=(until - nw.col("entered_at")).cast(nw.Int64))


def _folded(
    cells: Mapping[str, list[Any]], by: Sequence[str], known: Mapping[tuple[str, int], Place]
) -> Mapping[tuple[Key, Place], Stays]:
    done: dict[tuple[Key, Place], Stays] = {}
    groups = list(zip(*(cells[c] for c in by), strict=True)) if by else [()] * len(cells["n"])
    for i, n in enumerate(map(int, cells["n"])):
        place = known[cells["pipeline"][i], int(cells["_rank"][i])]
        visits, end = divmod(int(cells["last"][i]), _VISITS)
        for key in {groups[i], ()}:
            stays = done.setdefault((key, place), Stays())
            stays.ends[end] = stays.ends.get(end, 0) + n
            stays.again += n if visits > 1 else 0
            if cells["wrong"][i]:
                stays.untimed += n
                continue
            days, side = int(cells["days"][i]), stays.still if cells["open"][i] else stays.left
            side[days] = side.get(days, 0) + n
    return done


def _begun(rows: Frame) -> Frame:
    """The rows that begin something: a stage other than the one before."""
    before = _beside(rows, "stage", 1)
    rows = before.with_columns(_new=(nw.col("_beside").is_null() | (nw.col("_beside") != nw.col("stage"))))
    return rows.filter(nw.col("_new")).drop(["_beside", "_new"])


def _ended(rows: Frame, as_of: int) -> Frame:
    """The stays in stages that are no outcome: their days, and how they ended."""
    rows = _beside(rows, "entered_at", -1).rename({"_beside": "_next"})
    rows = _beside(rows, "_outcome", -1).rename({"_beside": "_then"})
    rows = _beside(rows, "_rank", -1).rename({"_beside": "_to"}).filter(nw.col("_outcome") == "")
    follows, closed = ~nw.col("_next").is_null(), nw.col("status").is_in(CLOSED)
    # What ended it: the next row, else the deal itself.
    outcome = nw.when(follows).then(nw.col("_then")).otherwise(
        nw.when(closed).then(nw.col("status")).otherwise(nw.lit(""))
    )  # fmt: skip
    rows = rows.with_columns(_how=outcome)
    moved = nw.when(nw.col("_to") > nw.col("_rank")).then(nw.lit(ON)).otherwise(nw.lit(BACK))
    ended = nw.when(follows).then(moved).otherwise(nw.lit(STILL))
    ended = nw.when(nw.col("_how") == "").then(ended).otherwise(nw.lit(LOST))
    ended = nw.when(nw.col("_how") == "won").then(nw.lit(WON)).otherwise(ended)
    until = nw.when(follows).then(nw.col("_next")).otherwise(
        nw.when(closed).then(nw.col("closed_at")).otherwise(nw.lit(as_of))
    )  # fmt: skip
    return rows.with_columns(_end=ended.cast(nw.Int64), _days=(until - nw.col("entered_at")).cast(nw.Int64))


def _visited(stays: Frame) -> Frame:
    """*stays* with how many there have been of the deal in the stage, this one included."""
    groups = ("deal_id", "pipeline", "_rank")
    ones = stays.with_columns(_one=nw.lit(1).cast(nw.Int64))
    if isinstance(ones, nw.DataFrame):
        return ones.with_columns(_visit=nw.col("_one").cum_sum().over(*groups))
    return ones.with_columns(_visit=nw.col("_one").cum_sum().over(*groups, order_by=_ORDER))


def _beside(rows: Frame, column: str, step: int) -> Frame:
    """*rows* with ``_beside``: the cell of *column* so many rows before in the history of the deal."""
    shifted = nw.col(column).shift(step)
    if isinstance(rows, nw.DataFrame):
        # In memory the rows are put in order once, by `ranked`.
        return rows.with_columns(_beside=shifted.over("deal_id"))
    return rows.with_columns(_beside=shifted.over("deal_id", order_by=_ORDER))
