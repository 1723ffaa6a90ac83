"""Chain ladders that the literature and R's ChainLadder print: paid, incurred, with years that fall."""

from __future__ import annotations

import pytest

from funnelkit.statistics.triangle import chain_ladder

MORTGAGE = (
    (58046, 127970, 476599, 1027692, 1360489, 1647310, 1819179, 1906852, 1950105),
    (24492, 141767, 984288, 2142656, 2961978, 3683940, 4048898, 4115760),
    (32848, 274682, 1522637, 3203427, 4445927, 5158781, 5342585),
    (21439, 529828, 2900301, 4999019, 6460112, 6853904),
    (40397, 763394, 2920745, 4989572, 5648563),
    (90748, 951994, 4210640, 5866482),
    (62096, 868480, 1954797),
    (24983, 284441),
    (13121,),
)
"""Claims of mortgage guarantees, cumulative (Mack 1999, ASTIN Bulletin 29:361-366)."""

MERZ_WUTHRICH = (
    (2202584, 3210449, 3468122, 3545070, 3621627, 3644636, 3669012, 3674511, 3678633),
    (2350650, 3553023, 3783846, 3840067, 3865187, 3878744, 3898281, 3902425),
    (2321885, 3424190, 3700876, 3798198, 3854755, 3878993, 3898825),
    (2171487, 3165274, 3395841, 3466453, 3515703, 3548422),
    (2140328, 3157079, 3399262, 3500520, 3585812),
    (2290664, 3338197, 3550332, 3641036),
    (2148216, 3219775, 3428335),
    (2143728, 3158581),
    (2144738,),
)
"""Claims paid, cumulative (Merz and Wuthrich 2008, CAS E-Forum, Fall, 542-568; `MW2008` in R)."""

LONG_TAIL = (
    (
        13109,
        20355,
        21337,
        22043,
        22401,
        22658,
        22997,
        23158,
        23492,
        23664,
        23699,
        23904,
        23960,
        23992,
        23994,
        24001,
        24002,
    ),
    (
        14457,
        22038,
        22627,
        23114,
        23238,
        23312,
        23440,
        23490,
        23964,
        23976,
        24048,
        24111,
        24252,
        24538,
        24540,
        24550,
    ),
    (16075, 22672, 23753, 24052, 24206, 24757, 24786, 24807, 24823, 24888, 24986, 25401, 25681, 25705, 25732),
    (15682, 23464, 24465, 25052, 25529, 25708, 25752, 25770, 25835, 26075, 26082, 26146, 26150, 26167),
    (16551, 23706, 24627, 25573, 26046, 26115, 26283, 26481, 26701, 26718, 26724, 26728, 26735),
    (15439, 23796, 24866, 25317, 26139, 26154, 26175, 26205, 26764, 26818, 26836, 26959),
    (14629, 21645, 22826, 23599, 24992, 25434, 25476, 25549, 25604, 25709, 25723),
    (17585, 26288, 27623, 27939, 28335, 28638, 28715, 28759, 29525, 30302),
    (17419, 25941, 27066, 27761, 28043, 28477, 28721, 28878, 28948),
    (16665, 25370, 26909, 27611, 27729, 27861, 29830, 29844),
    (15471, 23745, 25117, 26378, 26971, 27396, 27480),
    (15103, 23393, 26809, 27691, 28061, 29183),
    (14540, 22642, 23571, 24127, 24210),
    (14590, 22336, 23440, 24029),
    (13967, 21515, 22603),
    (12930, 20111),
    (12539,),
)
"""Claims paid, cumulative, over 17 years (Merz and Wuthrich 2014; `MW2014` in R)."""

UK_MOTOR = (
    (3511, 6726, 8992, 10704, 11763, 12350, 12690),
    (4001, 7703, 9981, 11161, 12117, 12746),
    (4355, 8287, 10233, 11755, 12993),
    (4295, 7750, 9773, 11093),
    (4150, 7897, 10217),
    (5102, 9650),
    (6283,),
)
"""Claims paid, cumulative (Christofides 1997, Claims Reserving Manual 2, D5; `UKMotor` in R)."""

INCURRED = (
    (978, 2104, 2134, 2144, 2174, 2182, 2174),
    (1844, 2552, 2466, 2480, 2508, 2454),
    (2904, 4354, 4698, 4600, 4644),
    (3502, 5958, 6070, 6142),
    (2812, 4882, 4852),
    (2642, 4406),
    (5022,),
)
"""Claims incurred, which fall in some years (Quarg and Mack 2004; `MCLincurred` in R)."""

PAID = (
    (576, 1804, 1970, 2024, 2074, 2102, 2131),
    (866, 1948, 2162, 2232, 2284, 2348),
    (1412, 3758, 4252, 4416, 4494),
    (2286, 5292, 5724, 5850),
    (1868, 3778, 4648),
    (1442, 4010),
    (2044,),
)
"""Claims paid of the same (`MCLpaid` in R)."""


def roots(variances: tuple[float | None, ...]) -> list[float]:
    return [variance**0.5 for variance in variances if variance is not None]


def test_mortgage_guarantees_have_the_factors_of_mack_1999() -> None:
    """His table 1, without the factor of the tail: factors, and the parameters of their variance."""
    found = chain_ladder(MORTGAGE)
    printed = [11.10, 4.092, 1.708, 1.276, 1.139, 1.069, 1.026, 1.023]
    assert found.factors == pytest.approx(printed, abs=0.0051)
    assert found.factors[1:] == pytest.approx(printed[1:], abs=5.1e-4)
    printed = [1337, 988.5, 440.1, 207.0, 164.2, 74.60, 35.49, 16.89]
    assert roots(found.variances) == pytest.approx(printed, rel=5e-4)


def test_the_errors_of_merz_and_wuthrich_2008() -> None:
    """CDR(MackChainLadder(MW2008, est.sigma = "Mack")): reserves and errors of Mack."""
    found = chain_ladder(MERZ_WUTHRICH)
    reserves = [0, 4378, 9347, 28392, 51444, 111811, 187084, 411864, 1433505]
    assert [round(amount) for amount in found.to_come] == reserves
    errors = [0, 566, 1564, 4157, 10536, 30319, 35967, 45090, 69552]
    assert [round(error) for error in found.stderr if error is not None] == errors
    assert (found.total, found.total_stderr) == pytest.approx((2_237_826, 108_401), abs=0.5)


def test_the_errors_of_merz_and_wuthrich_2014() -> None:
    """CDR(MackChainLadder(MW2014, est.sigma = "Mack")) prints IBNR and Mack.S.E to these digits."""
    found = chain_ladder(LONG_TAIL)
    reserves = [0, 1.022874, 10.085643, 21.187574, 117.662565, 223.279748, 361.808180, 469.408830]
    reserves += [653.504225, 1008.763182, 1011.859648, 1406.702133, 1492.903495, 1917.636398]
    reserves += [2458.152208, 3384.341045, 9596.552341]
    errors = [0, 0.4083149, 2.5652899, 16.8984949, 157.2756452, 207.1650862, 261.9266093, 292.2622285]
    errors += [390.5874717, 502.0606072, 486.0911099, 806.9028971, 793.9381916, 891.6613403]
    errors += [916.4940218, 1106.1262716, 1295.6909824]
    assert found.to_come == pytest.approx(reserves, abs=5.1e-7)
    assert found.stderr == pytest.approx(errors, abs=5.1e-8)
    assert found.total == pytest.approx(24134.870088, abs=5.1e-7)


def test_uk_motor_claims_as_in_r() -> None:
    """MackChainLadder(UKMotor, est.sigma = "Mack")."""
    found = chain_ladder(UK_MOTOR)
    assert [round(amount) for amount in found.to_come] == [0, 351, 1038, 2045, 3663, 7162, 14397]
    printed = [0, 3.62, 22.90, 141.98, 426.70, 692.39, 900.58]
    assert found.stderr == pytest.approx(printed, abs=0.0051)
    assert (found.total, found.total_stderr) == pytest.approx((28655.77, 1417.27), abs=0.0051)


def test_factors_of_claims_that_fall() -> None:
    """Quarg and Mack 2004, Blaetter DGVFM 26:597-630: incurred claims shrink at three ages."""
    found = chain_ladder(INCURRED)
    assert [round(f, 3) for f in found.factors] == [1.652, 1.019, 1.000, 1.011, 0.990, 0.996]
    assert all(amount < 0 for amount in found.to_come[1:5])
    assert all(error is not None and error > 0 for error in found.stderr[1:])
    paid = chain_ladder(PAID)
    assert [round(f, 3) for f in paid.factors] == [2.437, 1.131, 1.029, 1.021, 1.021, 1.014]


def test_zeros_one_column_and_what_cannot_grow() -> None:
    assert chain_ladder([[5], [7], [0]]).to_come == (0, 0, 0)
    assert chain_ladder([[5, 0], [7]]).ultimates == (0, 0)
    with pytest.raises(ValueError, match="no cohort had anything at age 1"):
        chain_ladder([[5, 0, 0], [7, 0], [3]])
    # A cohort that began with nothing keeps nothing.
    assert chain_ladder([[10, 15], [20, 30], [0]]).to_come == (0, 0, 0)
