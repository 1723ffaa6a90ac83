"""What contracts bring as far as renewals have been seen, where no model can be fitted to them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from funnelkit.build.ltv.ahead import Limited
    from funnelkit.models.lifetime.groups import Floats
    from funnelkit.models.lifetime.survivors import Survivors

LABEL = "Kaplan-Meier"
_Z = 1.959963984540054


def value(data: Survivors, pays: Floats, least: int) -> Limited | None:
    """The sum of *pays*, each by who is left at its age; None where fewer than *least* came up for one of the renewals.

    The limits are Greenwood's of a restricted mean, taken as a logarithm.
    """
    needed = pays.size - 1
    kept, lost = data.kept[:needed], data.lost[:needed]
    risk = kept + lost
    if risk.size < needed or (risk < max(least, 1)).any():
        return None
    each = pays * np.concatenate(([1.0], np.cumprod(kept / risk)))
    total = float(each.sum())
    # All payments from a renewal on hang on who renewed then; where nobody did there are none.
    later = total - np.cumsum(each)[:-1]
    variance = float((later**2 * np.divide(lost, risk * kept, out=np.zeros_like(risk), where=kept > 0)).sum())
    if not total > 0:
        return total, total, total
    half = _Z * math.sqrt(variance) / total
    return total, total * math.exp(-half), total * math.exp(half)
