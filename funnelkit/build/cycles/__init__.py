"""How long deals take, and how they end: of those closed, and honestly with those still open."""

from funnelkit.build.cycles.stagestudy import of_stages
from funnelkit.build.cycles.study import study

__all__ = ["of_stages", "study"]
