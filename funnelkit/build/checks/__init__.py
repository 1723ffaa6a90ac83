"""Targets and alerts held against the data, and the answer of ``funnelkit check``."""

from funnelkit.build.checks.asked import Goal, Watch
from funnelkit.build.checks.beside import beside
from funnelkit.build.checks.study import Outcome, study
from funnelkit.build.checks.targets import Day

__all__ = ["Day", "Goal", "Outcome", "Watch", "beside", "study"]
