"""Targets and alerts held against the data, and the answer of ``funnelkit check``."""

from funnelkit.build.checks.asked import Goal, Watch
from funnelkit.build.checks.study import Outcome, study

__all__ = ["Goal", "Outcome", "Watch", "study"]
