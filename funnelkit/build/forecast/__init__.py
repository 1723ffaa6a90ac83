"""Forecasts: what is in, what open deals and leads will bring, what is still to begin, and how right that was before."""

from funnelkit.build.forecast.asked import AHEAD, GRAINS, TOLD, WAYS, Asked, Given
from funnelkit.build.forecast.outlook import known_methods
from funnelkit.build.forecast.study import study

__all__ = ["AHEAD", "GRAINS", "TOLD", "WAYS", "Asked", "Given", "known_methods", "study"]
