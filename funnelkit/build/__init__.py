"""A linked dataset and a request become a Report.

The layer between metrics and renderers. It imports the metrics, and with them the engine: import it
only where a report is really built.
"""

from funnelkit.build.assemble import build
from funnelkit.build.request import Filter, Request

__all__ = ["Filter", "Request", "build"]
