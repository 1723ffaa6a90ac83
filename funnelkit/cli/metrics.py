"""``funnelkit metrics``: the catalogue of metrics, and one of them worked out on files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from funnelkit.cli import arguments as a

if TYPE_CHECKING:
    from funnelkit.pipeline.options import Options

HELP = """The metrics, by id; one of them with its formula, convention, source and an example, or worked out on files.

\b
  funnelkit metrics
  funnelkit metrics cac
  funnelkit metrics cac leads.csv deals.csv ads.csv --period last-month
"""


def metrics(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="A metric, to be explained.", show_default=False)] = None,
    files: a.Files = None,
    where: a.Where = None,
    period: a.PeriodSpec = None,
    as_of: a.AsOf = None,
    timezone: a.Timezone = None,
    currency: a.Currency = None,
    horizon: a.Horizon = None,
    anchor: a.Anchor = None,
    stage_entry: a.StageEntry = None,
    drop_tests: a.DropTests = False,
    dedupe_emails: a.DedupeEmails = False,
    merge_unknown: a.MergeUnknown = False,
    clamp_negative: a.ClampNegative = False,
    gross: a.Gross = False,
    first_close: a.FirstClose = False,
    constant_currency: a.ConstantCurrency = None,
    date_order: a.DateOrder = None,
    decimal: a.Decimal = None,
    format: a.Format = None,
    output: a.Output = None,
    engine: a.EngineName = "auto",
    config: a.Config = None,
    no_config: a.NoConfig = False,
    quiet: a.Quiet = False,
    debug: a.Debug = False,
    no_color: a.NoColor = False,
) -> None:  # fmt: skip
    """List the metrics, explain one, or work it out."""
    options = a.options(locals())

    if id is None or not files:
        _told(id, options)
        return
    from funnelkit.cli.answer import answer
    from funnelkit.pipeline import working
    from funnelkit.render import study

    answer(
        lambda observe: working.worked(id, files, options, observe),
        study,
        format=format,
        output=output,
        quiet=quiet,
        no_color=no_color,
    )


def _told(id: str | None, options: Options) -> None:
    """The catalogue, or what it says of one metric."""
    from funnelkit.cli import output as out
    from funnelkit.pipeline import listings

    known = listings.known(options, [id] if id else ())
    out.emit(listings.metric(known, id) if id else listings.metrics(known))
