"""``funnelkit ltv``: what customers have brought, and what they are to bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

if TYPE_CHECKING:
    from funnelkit.build.ltv.individuals import Customers
    from funnelkit.pipeline.watching import Observe
    from funnelkit.studies import Study

HELP = """What a customer is worth: so far by age, and to come by models of how customers come again or renew.

\b
  funnelkit ltv payments.csv
  funnelkit ltv payments.csv --model bgnbd --holdout 26w --customers customers.csv
  funnelkit ltv payments.csv ads.csv --margin 0.7 --discount 0.1 --ahead 24
  funnelkit ltv leads.csv deals.csv --of deals --by channel -f json

The model is chosen by the data, and the answer says why. Where the data do not bear one it says so, and keeps to
what customers have brought.
"""


@shares(
    a.FILES,
    a.BY,
    a.WHERE,
    a.TOP.saying("Of --by only the N largest groups."),
    a.PERIOD.saying("Only customers who first bought in it: 2026-Q3, 2026, 2026-01-01..2026-03-31."),
    *a.FRAME,
    a.MIN_N,
    *a.ROWS,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def ltv(
    asked: Asked,
    of: Annotated[str | None, typer.Option("--of", metavar="KIND", help="payments or deals (won ones); else payments, where some are loaded.")] = None,
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="auto, historic, simple, sbg, bdw, bgnbd, mbgnbd, pareto or bgbb.")] = "auto",
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="Of time in the model: day, week, month, quarter or year; week. Of contracts their term.")] = None,
    holdout: Annotated[str | None, typer.Option("--holdout", metavar="TIME", help="Days, weeks or months at the end that the model may not know: 90, 39w, 6m.")] = None,
    fit_until: Annotated[str | None, typer.Option("--fit-until", metavar="DATE", help="Instead: the last day that the model may know.")] = None,
    ahead: Annotated[int, typer.Option("--ahead", metavar="MONTHS", help="How far to look ahead.")] = 12,
    discount: Annotated[str | None, typer.Option("--discount", metavar="RATE", help="What money loses in value in a year: 0.1 or 10%; else that of the configuration.")] = None,
    margin: Annotated[str | None, typer.Option("--margin", metavar="SHARE", help="Gross margin: 0.7 or 70%; else that of the configuration.")] = None,
    customers: Annotated[str | None, typer.Option("--customers", metavar="FILE", help="Write the customers one by one, with their ids, as CSV that only you can read.")] = None,
) -> None:  # fmt: skip
    """Make the study and write it where it was asked for."""
    from funnelkit.pipeline import valuing
    from funnelkit.render import study

    wanted = valuing.Wanted(
        of=of,
        model=model,
        unit=unit,
        holdout=holdout,
        fit_until=fit_until,
        ahead=ahead,
        discount=discount,
        margin=margin,
        each=customers is not None,
    )
    found: list[Customers] = []

    def make(observe: Observe) -> Study:
        made = valuing.ltv(asked.files, asked.options, wanted, observe)
        if customers is not None:
            _check(customers, [source.file for source in made.study.sources])
        found.extend([made.customers] if made.customers else [])
        return made.study

    asked.answer(make, study)
    if customers is not None:
        _write(customers, found[0])


def _check(target: str, files: Sequence[str]) -> None:
    """Raise UsageError where customers cannot be written to *target*: standard output, or one of the *files*."""
    from pathlib import Path

    from funnelkit.errors import UsageError

    path = Path(target)
    sources = (Path(name) for name in files if Path(name).exists())
    if target == "-" or (path.exists() and any(path.samefile(source) for source in sources)):
        raise UsageError(
            f"--customers {target}: not a file to write to", hint="Name a new file, such as customers.csv."
        )


def _write(target: str, found: Customers) -> None:
    """Write the customers to a file of their own, and say whose data it holds."""
    from pathlib import Path

    from funnelkit.cli import output as out
    from funnelkit.render.files import write
    from funnelkit.render.study.customers import render

    write({Path(target): render(found.columns, found.rows)}, private=True)
    # Said under --quiet too: it is about the people in the file.
    out.talk(f"wrote {target}: {len(found.rows):,} customers with their ids; only you can read it")
