"""Cohorts and what has become of them by age: leads by when they were created, customers by when they first paid."""

from funnelkit.build.cohorts.leads import study as of_leads
from funnelkit.build.cohorts.payments import study as of_payments
from funnelkit.build.cohorts.request import Asked

__all__ = ["Asked", "of_leads", "of_payments"]
