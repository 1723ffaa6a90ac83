"""Which touches are given how much of what was won: journeys counted on the engine, credit by every model, their tables."""

from funnelkit.build.attribution.request import Asked, Given, asked
from funnelkit.build.attribution.study import study

__all__ = ["Asked", "Given", "asked", "study"]
