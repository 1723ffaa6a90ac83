"""Values of money by their rank, found on the engine: a median needs two of a million, its limits two more.

A group has as many different amounts as rows, so they are not counted one by one; an engine numbers
them in their order, and only those about the ranks that are asked for come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.metrics import placing
from funnelkit.metrics.columns import KEPT

if TYPE_CHECKING:
    from funnelkit.collect import Frame
    from funnelkit.metrics.windows import Timeline, Window

Key = tuple[str, ...]
Ordered = Sequence[tuple[int, int]]
"""Values in their order and for how many ranks each stands; right at the ranks of the median and its limits."""
_WINDOW, _PLACE, _N = "_window", "_place", "_n"
_NONE = -1
_NEAR = 5
"""So many ranks about that of a limit are taken: the normal law tells it nearly."""
_Z2 = 1.96**2


class Ranks:
    """The values of one column, by group and window."""

    def __init__(self, frame: Frame, day: str, by: tuple[str, ...], value: str) -> None:
        self._frame = frame
        self._day = day
        self._by = by
        self._value = value
        self._known: dict[tuple[Key, Window], Ordered] = {}

    def ordered(self, key: Key, window: Window) -> Ordered:
        """The values of the group *key* in *window*; of the empty key those of all groups."""
        return self._known.get((key, window), ())

    def find(self, where: Mapping[str, frozenset[Any]], timeline: Timeline) -> None:
        """Ask for the values of rows that fit *where* and pass the filters, in every group and window."""
        if KEPT in collect.names(self._frame):
            self._frame = self._frame.filter(nw.col(KEPT))
        for column, values in where.items():
            self._frame = self._frame.filter(nw.col(column).is_in(sorted(values)))
        for layer in _layered(timeline.windows):
            self._known |= self._asked(self._frame, layer, timeline, ())
            if self._by:
                self._known |= self._asked(self._frame, layer, timeline, self._by)

    def merge(self, into: Key, beside: Sequence[Key], timeline: Timeline) -> None:
        """Ask for the values of all groups but those *beside*, together as the group *into*."""
        others = self._frame
        if beside:
            others = others.filter(~nw.any_horizontal(*map(self._is, beside), ignore_nulls=True))
        for layer in _layered(timeline.windows):
            found = self._asked(others, layer, timeline, ())
            self._known |= {(into, window): values for (_, window), values in found.items()}

    def _asked(
        self, frame: Frame, windows: Sequence[Window], timeline: Timeline, by: Sequence[str]
    ) -> dict[tuple[Key, Window], Ordered]:
        place = placing.found(self._day, timeline, _places(windows, timeline))
        frame = frame.with_columns(place.alias(_WINDOW)).filter(nw.col(_WINDOW) != _NONE)
        frame = frame.with_columns(
            nw.col(self._value).rank("ordinal").over(*by, _WINDOW).alias(_PLACE),
            nw.len().over(*by, _WINDOW).alias(_N),
        )
        found: dict[tuple[Key, Window], list[tuple[int, int, int]]] = {}
        rows = collect.rows(frame.filter(_wanted()).select(*by, _WINDOW, _PLACE, self._value, _N))
        for *key, place, rank, value, n in rows:
            found.setdefault((tuple(key), windows[place]), []).append((int(rank), int(value), int(n)))
        return {cell: _stretched(sorted(ranked)) for cell, ranked in found.items()}

    def _is(self, key: Key) -> nw.Expr:
        named = zip(self._by, key, strict=True)
        return nw.all_horizontal(*(nw.col(c) == value for c, value in named), ignore_nulls=False)


def _layered(windows: Sequence[Window]) -> list[list[Window]]:
    """*windows* in few layers, none overlapping another of its layer: one query answers a layer.

    The short ones first, so that the points of a trend lie in one layer and are not mixed with others.
    """
    layers: list[list[Window]] = []
    for window in sorted(set(windows), key=lambda w: (w.everything, w.days, w.start)):
        fitting = next((layer for layer in layers if not any(_meet(window, w) for w in layer)), None)
        if fitting is None:
            layers.append([window])
        else:
            fitting.append(window)
    return layers


def _meet(one: Window, other: Window) -> bool:
    return one.everything or other.everything or (one.start <= other.end and other.start <= one.end)


def _places(windows: Sequence[Window], timeline: Timeline) -> list[int]:
    """For each piece of *timeline* the place of the window that it is in; ``_NONE`` where it is in none."""
    found = [_NONE] * timeline.pieces
    for place, window in enumerate(windows):
        for piece in [*timeline.span(window), *([timeline.undated] if window.everything else [])]:
            found[piece] = place
    return found


def _wanted() -> nw.Expr:
    """The least value, those about the middle, and those about the limits of the median."""
    n = nw.col(_N)
    off = (n + 1 - 2 * nw.col(_PLACE)).abs()
    about = ((off + 2 * _NEAR) * (off + 2 * _NEAR) >= _Z2 * n) & (
        (off < 2 * _NEAR) | ((off - 2 * _NEAR) * (off - 2 * _NEAR) <= _Z2 * n)
    )
    return (nw.col(_PLACE) == 1) | (off <= 1) | about


def _stretched(ranked: Sequence[tuple[int, int, int]]) -> Ordered:
    """(rank, value, n), ascending, as values and counts: each value stands for the ranks below it that are not known."""
    before = 0
    found = []
    for rank, value, _ in ranked:
        found.append((value, rank - before))
        before = rank
    if before < ranked[-1][2]:
        found.append((ranked[-1][1], ranked[-1][2] - before))
    return found
