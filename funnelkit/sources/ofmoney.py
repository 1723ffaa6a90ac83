"""Whether a list of amounts is one of costs or quotas: days and amounts are in many lists, so that more must say it.

Costs are told by a column that is called a kind of cost, or whose cells are kinds of cost; quotas by an
amount that is called one. People, ids and campaigns in a file say that it is something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from funnelkit.sources import vocabulary

if TYPE_CHECKING:
    from funnelkit.sources.tablewords import Seen

_COST = re.compile(r"cost|kost|expense|coût|frais|dépense|gasto|custo|despesa|spesa", re.IGNORECASE)
_KINDS = re.compile(
    r"salar|wage|payroll|personnel|headcount|commission|bonus|freelanc|contractor|agenc|consult|tool|software|"
    r"licen[cs]e|subscription|saas|rent|overhead|gehalt|gehälter|lohn|löhne|personal|provision|agentur|lizenz|miete|"
    r"salaire|agence|outil|logiciel|loyer|salario|agencia|herramienta|alquiler|salário|agência|ferramenta|aluguel|"
    r"stipendi|agenzia|strument|affitto|salaris|lonen|bureau|huur",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"quota|cuota|\bcota\b|(?:sales|revenue|bookings) target|(?:vertriebs|umsatz|verkaufs)ziel|"
    r"objectif de vente|objetivo de ventas|meta de vendas|obiettivo di vendita|(?:verkoop|omzet)doel",
    re.IGNORECASE,
)
_OTHERS: Mapping[str, frozenset[str]] = {
    "leads": frozenset({"lead_id", "email"}),
    "deals": frozenset({"deal_id", "email", "stage", "created_at", "closed_at"}),
    "payments": frozenset({"customer_id", "email", "payment_id"}),
    "spend": frozenset({"campaign", "ad_group", "account", "impressions", "clicks", "conversions"}),
}
"""Columns of other tables that neither costs nor quotas have."""


def signed(table: str, columns: Mapping[str, str], seen: Seen) -> bool:
    """Whether *columns* of a header are those of costs or quotas, and of nothing else."""
    return _CHECKS[table](columns, seen) and not _others(columns, seen)


def _costs(columns: Mapping[str, str], seen: Seen) -> bool:
    if "kind" not in columns:
        return False
    cells = seen.cells(seen.header.index(columns["kind"]))
    told = sum(bool(_KINDS.search(cell)) for cell in cells)
    return bool(_COST.search(columns["kind"])) or 0 < len(cells) <= 2 * told


def _quotas(columns: Mapping[str, str], seen: Seen) -> bool:
    return bool(_QUOTA.search(columns.get("amount", "")))


_CHECKS: Mapping[str, Callable[[Mapping[str, str], Seen], bool]] = {"costs": _costs, "quotas": _quotas}


def _others(columns: Mapping[str, str], seen: Seen) -> bool:
    """Whether the header has a column that only other tables have."""
    known, own = vocabulary.load(), set(columns.values())
    return any(
        hit is not None and hit[0] in wanted
        for header in seen.header
        if header not in own
        for table, wanted in _OTHERS.items()
        for hit in [known.column(table, header)]
    )
