"""Very many groups, stood for by few nodes with nearly the same likelihood, whatever the parameters.

At each number of purchases a group's log-likelihood is a smooth function of t_x and T. In a small cell it is
all but a polynomial of low degree, of which the sum over groups follows from the sums of n u^i w^j over them,
where u and w are their places in the cell. So a cell is replaced by points, those of the rule of Gauss and
Legendre, with weights n that have the same sums; some of the weights are below 0. (Dutt, Gu and Rokhlin 1996,
Fast Algorithms for Polynomial Interpolation, Integration, and Differentiation, SIAM J. Numer. Anal.
33:1689-1711, do so for particles.) How good they are is for the caller to see, from the groups themselves.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from funnelkit.models.lifetime.groups import PART, Floats, Groups, parts

_SMALL = 6000
"""Up to so many groups a fit is quick without nodes."""
_ALONG_T, _ALONG_SHARE = (np.polynomial.legendre.leggauss(points)[0] / 2 for points in (3, 5))
"""The points along T, and those along the share t_x / T, in a cell from -1/2 to 1/2."""
_MOST = 40
"""Who bought as often is kept as a group: there are few, and their likelihoods bend too much."""
_GRADE = 0.4
"""The less, the smaller are the cells near 0, where the likelihood bends more."""
_LONG = 12
"""Cells along T, were there any from 0 to the longest."""
_INSIDE = np.float64(1 - 1e-12)
"""The end of the last cell belongs to it."""
_TINY = np.finfo(np.float64).tiny


class _Grid(Struct, frozen=True, kw_only=True):
    """The cells: those of each number of purchases one after another, within these by T, then by share."""

    longest: float
    youngest: float
    """The least T, graded."""
    rows: int
    """Cells along T."""
    scale: float
    """Cells along a unit of T, graded."""
    columns: NDArray[np.intp]
    """Cells along the share, for each number of purchases."""
    begin: NDArray[np.intp]
    """The first cell of each number of purchases, and at last how many cells there are."""


def nodes(data: Groups) -> list[Groups]:
    """The mean of each cell, for a first estimate, and the nodes. Nothing where the groups are few already.

    With both come, as they are, the groups for which they do not stand.
    """
    if data.x.size <= _SMALL:
        return []
    grid = _grid(data)
    bought = np.minimum(data.x, _MOST).astype(np.intp)
    sums = _sums(grid, data)
    # Of purchases that few groups have, there would be more nodes than groups.
    dense = np.bincount(bought, minlength=_MOST + 1) > sums.shape[0] * np.diff(grid.begin)
    dense[_MOST] = False
    some = np.arange(_MOST + 1) < _MOST
    return [
        _joined(found, data, np.flatnonzero(~there[bought]))
        for found, there in ((_means(grid, sums, some), some), (_points(grid, sums, dense), dense))
    ]


def _joined(found: Groups, data: Groups, kept: NDArray[np.intp]) -> Groups:
    return Groups(
        x=np.concatenate((found.x, data.x[kept])),
        t_x=np.concatenate((found.t_x, data.t_x[kept])),
        T=np.concatenate((found.T, data.T[kept])),
        n=np.concatenate((found.n, data.n[kept])),
    )


def _grid(data: Groups) -> _Grid:
    longest = max(float(data.T.max()), _TINY)
    youngest, oldest = (float(_graded(T, longest)) for T in (data.T.min(), longest))
    spread = max(oldest - youngest, 1e-6)
    rows = int(np.ceil(spread * _LONG))
    columns = 6 + np.arange(_MOST + 1) // 2
    columns[0] = 1
    return _Grid(
        longest=longest,
        youngest=youngest,
        rows=rows,
        scale=rows / spread * _INSIDE,
        columns=columns,
        begin=np.concatenate(([0], np.cumsum(columns * rows))),
    )


def _sums(grid: _Grid, data: Groups) -> Floats:
    """The sums of n u^i w^j: a row for each i and j, a column for each cell."""
    found = np.zeros((_ALONG_T.size * _ALONG_SHARE.size, grid.begin[-1]))
    terms = np.empty((_ALONG_T.size, _ALONG_SHARE.size, PART))
    for part in parts(data):
        cell, u, w = _place(grid, part)
        order = np.argsort(cell, kind="stable")
        cell, u, w = cell[order], u[order], w[order]
        terms = terms[..., : order.size]
        terms[0, 0] = part.n[order]
        for i in range(1, _ALONG_T.size):
            np.multiply(terms[i - 1, 0], u, out=terms[i, 0])
        for j in range(1, _ALONG_SHARE.size):
            np.multiply(terms[:, j - 1], w, out=terms[:, j])
        first = np.append(0, 1 + np.flatnonzero(cell[1:] != cell[:-1]))
        found[:, cell[first]] += np.add.reduceat(terms, first, axis=-1).reshape(-1, first.size)
    return found


def _place(grid: _Grid, data: Groups) -> tuple[NDArray[np.unsignedinteger], Floats, Floats]:
    """The cell of each group, and where it is within it."""
    bought = np.minimum(data.x, _MOST).astype(np.intp)
    columns = grid.columns[bought]
    u = (_graded(data.T, grid.longest) - grid.youngest) * grid.scale
    w = _graded(data.t_x, data.T) * (columns * _INSIDE)
    row, column = u.astype(np.intp), w.astype(np.intp)
    cell = grid.begin[bought] + row * columns + column
    # Numbers of two bytes are sorted by their digits, in a tenth of the time.
    return cell.astype(np.min_scalar_type(grid.begin[-1])), u - row - 0.5, w - column - 0.5


def _points(grid: _Grid, sums: Floats, dense: NDArray[np.bool_]) -> Groups:
    """The nodes of those cells that hold a customer and belong to a *dense* number of purchases."""
    used = _used(grid, sums, dense)
    weigh = np.kron(_weights(_ALONG_T), _weights(_ALONG_SHARE))
    return _at(grid, used, _ALONG_T[:, None, None], _ALONG_SHARE[:, None], weigh @ sums[:, used])


def _means(grid: _Grid, sums: Floats, dense: NDArray[np.bool_]) -> Groups:
    """The mean place of each cell that holds a customer and belongs to a *dense* number of purchases."""
    used = _used(grid, sums, dense)
    n, along_share, along_t = sums[0, used], sums[1, used], sums[_ALONG_SHARE.size, used]
    return _at(grid, used, along_t / n, along_share / n, n)


def _used(grid: _Grid, sums: Floats, dense: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.flatnonzero(np.repeat(dense, np.diff(grid.begin)) & (sums[0] > 0))


def _at(grid: _Grid, cells: NDArray[np.intp], u: Floats, w: Floats, n: Floats) -> Groups:
    """Groups of *n* customers at the places *u* and *w* within *cells*, which are along the last axis."""
    bought = np.searchsorted(grid.begin, cells, side="right") - 1
    columns = grid.columns[bought]
    row, column = np.divmod(cells - grid.begin[bought], columns)
    T = _ungraded((row + 0.5 + u) / grid.scale + grid.youngest, grid.longest)
    share = np.minimum((column + 0.5 + w) / (columns * _INSIDE), 1.0)
    t_x = np.where(bought > 0, np.minimum(_ungraded(share, T), T), 0.0)
    shape = t_x.shape
    return Groups(
        x=np.broadcast_to(bought.astype(np.float64), shape).ravel(),
        t_x=t_x.ravel(),
        T=np.broadcast_to(T, shape).ravel(),
        n=n.ravel(),
    )


def _weights(points: Floats) -> Floats:
    """Times the sums of the powers 0, 1 and so on: the weights of *points* that have these sums."""
    return np.asarray(np.linalg.inv(np.vander(points, increasing=True).T))


def _graded(time: Floats | float, whole: Floats | float) -> Floats:
    """Which share *time* is of the *whole*, stretched near 0; 0 of nothing."""
    return np.asarray((1 + _GRADE) * time / (time + _GRADE * whole + _TINY))


def _ungraded(graded: Floats, whole: Floats | float) -> Floats:
    """The time of a graded share."""
    return np.asarray(whole * _GRADE * graded / (1 + _GRADE - graded))
