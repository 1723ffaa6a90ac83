"""``funnelkit metrics``: the catalogue of metrics, and one of them worked out on files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from funnelkit.cli import arguments as a
from funnelkit.cli.shared import Asked, shares

if TYPE_CHECKING:
    from funnelkit.pipeline.options import Options

HELP = """The metrics, by id; one of them with its formula, convention, source and an example, or worked out on files.

\b
  funnelkit metrics
  funnelkit metrics cac
  funnelkit metrics cac leads.csv deals.csv ads.csv --period last-month
"""


@shares(
    a.FILES,
    a.WHERE,
    a.PERIOD,
    *a.FRAME,
    a.HORIZON,
    a.ANCHOR,
    a.STAGE_ENTRY,
    *a.ROWS,
    a.CLAMP_NEGATIVE,
    *a.WORTH,
    *a.STYLES,
    a.FORMAT,
    a.OUTPUT,
    a.ENGINE,
    *a.CONFIGURATION,
    a.QUIET,
    a.DEBUG,
    a.NO_COLOR,
)
def metrics(
    asked: Asked,
    id: Annotated[str | None, typer.Argument(metavar="ID", help="A metric, to be explained.", show_default=False)] = None,
) -> None:  # fmt: skip
    """List the metrics, explain one, or work it out."""
    if id is None or not asked.files:
        _told(id, asked.options)
        return
    from funnelkit.pipeline import working
    from funnelkit.render import study

    asked.answer(lambda observe: working.worked(id, asked.files, asked.options, observe), study)


def _told(id: str | None, options: Options) -> None:
    """The catalogue, or what it says of one metric."""
    from funnelkit.cli import output as out
    from funnelkit.pipeline import listings

    known = listings.known(options, [id] if id else ())
    out.emit(listings.metric(known, id) if id else listings.metrics(known))
