"""``funnelkit attribution``: which touches are given how much of what was won."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import OWN, Asked, shares

HELP = """Which channels, sources or campaigns are given how much of what was won, by every model side by side.

\b
  funnelkit attribution touches.csv leads.csv deals.csv ads.csv
  funnelkit attribution touches.csv deals.csv --by campaign --model markov,u_shaped,last
  funnelkit attribution leads.csv deals.csv
  funnelkit attribution touches.csv deals.csv ads.csv --reconcile

Touches are rows of a person, a time and a channel. Without any, leads' first and latest source are what is known.
Attribution is not causation: it shares out what was won, and does not tell what would have been won anyway.
"""


@shares(
    a.FILES,
    a.words("by", "DIM", "channel, source, medium or campaign; channel."),
    OWN,
    a.WHERE,
    a.TOP.saying("Only the N that are given most, the others as one; 20."),
    a.PERIOD.saying("Only conversions in it: 2026-Q3, 2026, last-quarter, 2026-01-01..2026-03-31."),
    *a.FRAME,
    a.MIN_N,
    *a.ROWS,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def attribution(
    asked: Asked,
    model: Annotated[list[str] | None, typer.Option("--model", metavar="NAME,...", help="Models, the one that counts first: linear, first, last, last_non_direct, linear_distinct, u_shaped, w_shaped, full_path, j_shaped, inverse_j, time_decay, markov, shapley, shapley_rate.")] = None,
    of: Annotated[str | None, typer.Option("--of", metavar="WHAT", help="Conversions: deal, customer, payment, lead, mql, sal, sql or opportunity.")] = None,
    window: Annotated[int | None, typer.Option("--window", metavar="DAYS", help="Touches older than this at the conversion earn nothing; 90.")] = None,
    half_life: Annotated[int | None, typer.Option("--half-life", metavar="DAYS", help="Of time_decay: so much older is half as much; 7, for sales that take months 30.")] = None,
    order: Annotated[int | None, typer.Option("--order", metavar="K", help="Of markov: so many touches back are looked at; 1.")] = None,
    weights: Annotated[str | None, typer.Option("--weights", metavar="F,M,L", help="Of u_shaped: first touch, those between, last; 40,20,40.")] = None,
    direct: Annotated[list[str] | None, typer.Option("--direct", metavar="NAME,...", help="What last_non_direct passes over; direct.")] = None,
    reconcile: Annotated[bool, typer.Option("--reconcile", help="What ad platforms claim beside what the CRM has.")] = False,
) -> None:  # fmt: skip
    """Make the study and write it where it was asked for."""
    from funnelkit.cli.output import listed
    from funnelkit.pipeline import attributing
    from funnelkit.render import study

    said = attributing.Said(
        of=of,
        models=tuple(listed(model)),
        window=window,
        half_life=half_life,
        order=order,
        weights=weights,
        direct=tuple(listed(direct)),
        reconcile=reconcile,
    )
    asked.answer(lambda observe: attributing.attribution(asked.files, asked.options, observe, said), study)
