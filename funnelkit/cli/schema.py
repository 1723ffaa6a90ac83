"""``funnelkit schema``: the JSON Schemas of what goes in and what comes out."""

from __future__ import annotations

from typing import Annotated

import typer

HELP = """The JSON Schema of the report, of the answers of other commands, of the inspection or of funnelkit.yaml.

\b
  funnelkit schema report
  funnelkit schema study
  funnelkit schema config > funnelkit.schema.json
"""


def schema(
    what: Annotated[
        str, typer.Argument(metavar="report|study|inspect|config", help="Which schema.")
    ] = "report",
) -> None:
    """Print a JSON Schema."""
    import json

    from funnelkit.cli import output as out
    from funnelkit.pipeline.schemas import schema as find

    out.emit((json.dumps(find(what), indent=2, ensure_ascii=False) + "\n").encode())
