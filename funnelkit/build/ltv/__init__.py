"""What customers are worth: what they have brought by age, and what they are to bring by models of how they come again."""

from funnelkit.build.ltv.request import Asked, Given
from funnelkit.build.ltv.study import Valued, study

__all__ = ["Asked", "Given", "Valued", "study"]
