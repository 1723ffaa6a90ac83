"""How long customers stay and what they are worth, estimated from counts of customers who look alike.

Two kinds of data. Where the end of a contract is seen, the survivors of each cohort
(:mod:`.survivors`) are fitted by :mod:`.sbg` or :mod:`.bdw`. Where customers leave in silence, the
groups of equal (x, t_x, T) (:mod:`.groups`) are fitted by :mod:`.bgnbd`, :mod:`.mbgnbd`,
:mod:`.pareto` or, where there are set occasions to buy, :mod:`.bgbb`; :mod:`.money` adds the amounts.

Each of them gives a :class:`.fitted.Fitted`, or raises :class:`.refusal.NoFitError` where the data do
not hold what the model needs. :func:`.limits.limits` gives the limits of whatever follows from a fit.
These modules import numpy and scipy, so a caller imports them only when a model is asked for.
"""
