"""funnelkit.yaml: what a team has decided once, checked before anything else happens.

The keys are declared in ``keys``, as data; reading and the JSON Schema for editors both come from
that declaration. Everything wrong with a file is told at once, with its lines. Nothing in it executes.
"""

from funnelkit.config.load import NAME, find, load
from funnelkit.config.model import ColumnSpec, Config, SourceSpec
from funnelkit.config.schema import config_schema

__all__ = ["NAME", "ColumnSpec", "Config", "SourceSpec", "config_schema", "find", "load"]
