"""A linked dataset and a question become a study of why a metric changed.

Imports the metrics, and with them the engine: import it only where a study is really made.
"""

from funnelkit.build.why.assemble import explain
from funnelkit.build.why.request import Question, sides

__all__ = ["Question", "explain", "sides"]
