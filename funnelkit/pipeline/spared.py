"""Columns of text that a report does not ask for are not read: of forty, ten are needed.

What they hold still tells rows apart that carry no id, so a table without ids is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from funnelkit.columns import SPARABLE
from funnelkit.sources.instants import CREATED
from funnelkit.stagecolumns import is_stage_entry
from funnelkit.tables import TABLES

if TYPE_CHECKING:
    from funnelkit.sources.recognise import Recognition


def spared(kinds: Iterable[Recognition], wanted: frozenset[str]) -> dict[str, frozenset[str]]:
    """For each table the columns that nothing asks for, where *kinds* are loaded and *wanted* is asked about."""
    from funnelkit.linking import payers
    from funnelkit.linking.identity import LEAD_KEYS

    loaded = list(kinds)
    of_deals = {column for kind in loaded if kind.table == "deals" for column in kind.columns}
    if of_deals & {"email", "domain"}:
        of_deals |= {"email", "domain"}
    links = {key.lead for key in LEAD_KEYS if key.deal in of_deals}
    if "domain" in links:
        links.add("email")
    of_payments = {column for kind in loaded if kind.table == "payments" for column in kind.columns}
    links |= {key.lead for key in payers.LEAD_KEYS if key.deal in of_payments}
    if any(kind.table == "quotas" for kind in loaded):
        wanted |= {"owner"}
    if any(kind.table == "stage_history" or any(map(is_stage_entry, kind.columns)) for kind in loaded):
        # Stages of one name in two pipelines are two stages.
        wanted |= {"pipeline"}
    of_leads = links | (_for_activities(loaded) if any(k.table == "activities" for k in loaded) else set())
    found = {"leads": SPARABLE["leads"] - of_leads - wanted, "deals": SPARABLE["deals"] - wanted}
    return {
        table: columns if _have_ids(table, loaded) else columns & CREATED for table, columns in found.items()
    }


def _for_activities(kinds: Iterable[Recognition]) -> set[str]:
    """The columns of leads that say whom the activities are of, who owns them, and how long they waited."""
    keys = {column for kind in kinds if kind.table == "activities" for column in kind.columns}
    return {"owner", *CREATED, *(keys & {"email"})}


def _have_ids(table: str, kinds: Sequence[Recognition]) -> bool:
    return all(TABLES[table].key in kind.columns for kind in kinds if kind.table == table)
