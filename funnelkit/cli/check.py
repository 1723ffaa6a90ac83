"""``funnelkit check``: targets and alerts, with an exit code that a script can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

if TYPE_CHECKING:
    from funnelkit.build.checks import Outcome
    from funnelkit.pipeline.watching import Observe
    from funnelkit.studies import Study

HELP = """Hold the numbers against targets and alerts.

\b
  funnelkit check leads.csv deals.csv --targets targets.csv
  funnelkit check --as-of today -q -f json -o check.json

Exit 0: all is well; 4: a target is missed or an alert is raised; 5: input is missing or old. 5 comes
before 4, since what old input shows may not be true; the JSON counts both.
"""


@shares(
    a.FILES,
    a.AS_OF.saying(
        "The check's today, or the word today; else the last day on which something happened in the data."
    ),
    a.TIMEZONE,
    a.CURRENCY,
    a.HORIZON,
    a.ANCHOR,
    a.STAGE_ENTRY,
    a.MIN_N,
    *a.ROWS,
    a.CLAMP_NEGATIVE,
    *a.WORTH,
    *a.READING,
    *a.ANSWER,
)
def check(
    asked: Asked,
    targets: Annotated[str | None, typer.Option("--targets", metavar="FILE", help="CSV or YAML with metric, segment, period, value; else `targets` of funnelkit.yaml.")] = None,
) -> None:  # fmt: skip
    """Make the check, write it where it was asked for, and exit with what came of it."""
    from funnelkit.pipeline import checking
    from funnelkit.render import study

    made: list[Outcome] = []

    def make(observe: Observe) -> Study:
        made.append(checking.check(asked.files, asked.options, targets, observe))
        return made[-1].study

    asked.answer(make, study)
    if code := made[-1].exit_code:
        raise typer.Exit(code)
