"""Weights that are the same on every engine and are Poisson, and the limits that come of them."""

from __future__ import annotations

from collections import Counter
from hashlib import md5
from itertools import pairwise

import duckdb
import numpy as np
import pytest
import scipy.stats

from funnelkit.metrics.bootstrap import MODULUS, THRESHOLDS, limits, seed, weight

M = 2147483647
SQL = f"""
with seeds as (
    select id, ('0x' || substr(md5(id), 1, 15))::bigint as s from ids
), places as (
    select id, r, (s % {M} + r * ((s // {M}) % {M})) % {M} as x
    from seeds, range(20) as replicates(r)
), powers as (
    select id, r, x, x * x % {M} as x2 from places
), numbers as (
    select id, r, (x2 * x2 % {M}) * x % {M} as u from powers
)
select id, r, {" + ".join(f"(u >= {t})::int" for t in THRESHOLDS)} from numbers
"""


def test_sql_gives_the_same_weights() -> None:
    ids = [f"lead-{number}" for number in range(200)] + ["", "Ü ñ 名"]
    with duckdb.connect() as connection:
        connection.execute("create table ids (id varchar)")
        connection.executemany("insert into ids values (?)", [[i] for i in ids])
        rows = connection.execute(SQL).fetchall()
    assert len(rows) == 20 * len(ids)
    assert all(weight(seed(i), r) == w for i, r, w in rows)


def test_a_seed_is_the_first_sixty_bits_of_md5() -> None:
    assert seed("") == 0xD41D8CD98F00B20
    assert seed("a") == int.from_bytes(md5(b"a").digest()[:8], "big") >> 4


def test_weights_change_at_the_thresholds() -> None:
    assert MODULUS == M
    root = pow(5, -1, M - 1)
    for least, threshold in enumerate(THRESHOLDS, start=1):
        # The seed whose fifth power is the threshold, and the one whose fifth power is one less.
        assert weight(pow(threshold, root, M), 0) == least
        assert weight(pow(threshold - 1, root, M), 0) == least - 1


def test_thresholds_are_the_poisson_distribution() -> None:
    below = scipy.stats.poisson.cdf(range(12), 1)
    assert [t / MODULUS for t in THRESHOLDS] == pytest.approx(list(below), abs=1 / MODULUS)
    assert THRESHOLDS[-1] < MODULUS
    assert all(a < b for a, b in pairwise(THRESHOLDS))


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    """Weights of 2,000 rows in 60 replicates."""
    seeds = [seed(f"row {number}") for number in range(2000)]
    return np.array([[weight(s, r) for r in range(60)] for s in seeds])


def test_weights_are_poisson(weights: np.ndarray) -> None:
    counts = Counter(weights.ravel().tolist())
    found = [counts[k] for k in range(5)] + [sum(n for k, n in counts.items() if k >= 5)]
    known = [*scipy.stats.poisson.pmf(range(5), 1), scipy.stats.poisson.sf(4, 1)]
    assert scipy.stats.chisquare(found, np.array(known) * weights.size).pvalue > 0.001


def test_replicates_do_not_depend_on_each_other(weights: np.ndarray) -> None:
    correlations = np.corrcoef(weights.T)[np.triu_indices(60, 1)]
    # 1,770 correlations of 2,000 pairs each have a standard deviation of 0.0224, and a maximum of about 4 of them.
    assert correlations.std() == pytest.approx(2000**-0.5, rel=0.08)
    assert abs(correlations).max() < 5 * 2000**-0.5
    sums = weights.sum(axis=0)
    assert sums.var(ddof=1) == pytest.approx(2000, rel=0.6)
    # Steps from replicate to replicate do not repeat, as those of a straight line would.
    steps = np.diff(weights, axis=1)
    assert abs(np.corrcoef(steps[:, ::2].ravel()[:-1], steps[:, ::2].ravel()[1:])[0, 1]) < 0.02


def test_limits_are_percentiles_of_quotients() -> None:
    replicates = [(float(k), 10.0) for k in range(101)] + [(5.0, 0.0)]
    found = limits(40, 8, replicates, level=0.9)
    assert (found.value, found.low, found.high, found.replicates) == pytest.approx((5, 0.5, 9.5, 101))
    assert limits(40, 8, replicates[::-1], level=0.9) == found
    usual = limits(40, 8, replicates)
    assert (usual.low, usual.high) == pytest.approx((0.25, 9.75))


def test_resampling_a_mean_comes_to_its_standard_error(weights: np.ndarray) -> None:
    amounts = np.random.default_rng(5).gamma(1.5, 1000, size=2000).round()
    tops, bottoms = weights.T @ amounts, weights.sum(axis=0)
    found = limits(amounts.sum(), 2000, list(zip(tops.tolist(), bottoms.tolist(), strict=True)), level=0.6827)
    error = amounts.std(ddof=1) / 2000**0.5
    assert (found.high - found.low) / 2 == pytest.approx(error, rel=0.25)
    assert found.low < found.value < found.high


def test_nothing_to_divide_by_has_no_limits() -> None:
    with pytest.raises(ValueError, match="nothing to divide"):
        limits(0, 0, [(1, 1)])
    with pytest.raises(ValueError, match="no replicate"):
        limits(1, 1, [(1, 0)])
