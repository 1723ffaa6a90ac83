"""``funnelkit sources``: the exports that are known, and where to click to get them."""

from __future__ import annotations

from typing import Annotated

import typer

from funnelkit.cli import arguments as a

HELP = """The exports that are known by name, and where to click to get them.

\b
  funnelkit sources
  funnelkit sources hubspot_deals

Any other file is read by the words in its header, if a person would understand them.
"""


def sources(
    name: Annotated[str | None, typer.Argument(help="A preset, to be explained.", show_default=False)] = None,
    config: a.Config = None,
    no_config: a.NoConfig = False,
) -> None:
    """List the presets, or explain one."""
    from funnelkit.cli import output as out
    from funnelkit.pipeline import listings
    from funnelkit.pipeline.options import Options
    from funnelkit.pipeline.reading import presets, read_config

    known = presets(read_config(Options(config=config, no_config=no_config)))
    out.emit(listings.preset(known, name) if name else listings.presets(known))
