"""``funnelkit metrics``: the catalogue of metrics."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """The metrics, by id; one of them with its formula, convention, source and an example.

\b
  funnelkit metrics
  funnelkit metrics cac
"""


def metrics(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="A metric, to be explained.", show_default=False)] = None,
    config: a.Config = None,
    no_config: a.NoConfig = False,
) -> None:  # fmt: skip
    """List the metrics, or explain one."""
    from funnelkit.cli import output as out
    from funnelkit.metrics import catalog
    from funnelkit.pipeline import listings
    from funnelkit.pipeline.options import Options
    from funnelkit.pipeline.reading import read_config

    own = read_config(Options(config=config, no_config=no_config))
    known = catalog.load(own.measures, own.metrics)
    out.emit(listings.metric(known, id) if id else listings.metrics(known))
