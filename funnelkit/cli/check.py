"""``funnelkit check``: targets and alerts, with an exit code that a script can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from funnelkit.cli import arguments as a

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


def check(
    files: a.Files = None,
    targets: Annotated[str | None, typer.Option("--targets", metavar="FILE", help="CSV or YAML with metric, segment, period, value; else `targets` of funnelkit.yaml.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The check's today, or the word today; else the last day on which something happened in the data.")] = None,
    timezone: a.Timezone = None,
    currency: a.Currency = None,
    horizon: a.Horizon = None,
    anchor: a.Anchor = None,
    stage_entry: a.StageEntry = None,
    min_n: a.MinN = None,
    drop_tests: a.DropTests = False,
    dedupe_emails: a.DedupeEmails = False,
    merge_unknown: a.MergeUnknown = False,
    clamp_negative: a.ClampNegative = False,
    gross: a.Gross = False,
    first_close: a.FirstClose = False,
    constant_currency: a.ConstantCurrency = None,
    date_order: a.DateOrder = None,
    decimal: a.Decimal = None,
    strict: a.Strict = False,
    format: a.Format = None,
    output: a.Output = None,
    engine: a.EngineName = "auto",
    memory_limit: a.MemoryLimit = None,
    config: a.Config = None,
    no_config: a.NoConfig = False,
    quiet: a.Quiet = False,
    verbose: a.Verbose = False,
    debug: a.Debug = False,
    no_color: a.NoColor = False,
) -> None:  # fmt: skip
    """Make the check, write it where it was asked for, and exit with what came of it."""
    options = a.options(locals())

    from funnelkit.cli.answer import answer
    from funnelkit.pipeline import checking
    from funnelkit.render import study

    made: list[Outcome] = []

    def make(observe: Observe) -> Study:
        made.append(checking.check(files or [], options, targets, observe))
        return made[-1].study

    answer(
        make,
        study,
        format=format,
        output=output,
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
    )
    if code := made[-1].exit_code:
        raise typer.Exit(code)
