"""The deals of a request by stage: how long they stayed, and what became of those that reached it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import narwhals.stable.v2 as nw
from msgspec import Struct

from funnelkit import collect, stageorder
from funnelkit.build.periods import Spans, spans
from funnelkit.errors import UsageError
from funnelkit.metrics import catalog, chances, stays
from funnelkit.metrics.columns import KEPT
from funnelkit.metrics.counted import ask
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.survey import PROBES
from funnelkit.stageorder import Place

if TYPE_CHECKING:
    from funnelkit.build.request import Request
    from funnelkit.collect import Frame
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.chances import Reached
    from funnelkit.metrics.facts import Facts
    from funnelkit.metrics.fold import Key
    from funnelkit.metrics.stays import Stays

HISTORY = "stage_history"
Reentries = Literal["sum", "first"]


class Staying(Struct, frozen=True, kw_only=True, dict=True):
    """The stages of all pipelines in their order, and their deals by group."""

    request: Request
    spans: Spans
    reentries: Reentries
    places: tuple[Place, ...]
    deals: int
    """How many have a history."""
    stageless: int
    """Those of them of which it tells the outcome alone."""
    stays: Mapping[tuple[Key, Place], Stays]
    reached: Mapping[tuple[Key, Place], Reached]
    """What became of the deals that reached or passed each stage."""
    inside: Mapping[tuple[Key, Place], Reached]
    """What became of those that were in it."""

    @cached_property
    def pipelines(self) -> bool:
        """Whether the stages are of more than one pipeline."""
        return len({place.pipeline for place in self.places}) > 1

    @cached_property
    def groups(self) -> Sequence[Key]:
        """The groups that have any deals, those with most first."""
        sizes: dict[Key, int] = {}
        for (key, _), reached in self.reached.items():
            sizes[key] = max(sizes.get(key, 0), reached.deals)
        return sorted((key for key in sizes if key != TOTAL), key=lambda key: (-sizes[key], key))

    def known(self, key: Key) -> list[Place]:
        """The stages that any deal of a group has reached, in their order."""
        return [place for place in self.places if (key, place) in self.reached]


def staying(data: Dataset, request: Request, reentries: Reentries) -> Staying:
    """The deals of *data* by stage; UsageError where no history tells of them."""
    if "status" not in data.present.get(HISTORY, ()):
        raise UsageError(
            "nothing says when deals entered their stages: no stage history of the deals is loaded",
            hint="Load one with the id of the deal, the stage and the day on which it was entered, such as Salesforce's Opportunity History.",
        )
    known = catalog.load()
    filters = [(f.dimension, f.values, f.negate) for f in request.where]
    probes = [known.measures.get(name) or known.histograms[name] for name in PROBES]
    asked = ask(data, filters, request.by, probes, request.horizon)
    found = spans(asked, request, data.as_of)
    for dimension in (*request.by, *(f.dimension for f in request.where)):
        if dimension not in data.present[HISTORY]:
            raise UsageError(f"the deals have no {dimension}", hint="Leave it out of --by and --where.")
    rows = stageorder.entries(_chosen(asked.facts, found).to_native(), request.by)
    places = stageorder.places(rows)
    if not places:
        raise UsageError(
            "no deal that was created in the period has a stage history",
            hint="Give another --period, or leave it out.",
        )
    deals, staged = _deals(rows), _deals(rows.filter(nw.col("_outcome") == ""))
    first = reentries == "first"
    return Staying(
        request=request,
        spans=found,
        reentries=reentries,
        places=places,
        deals=deals,
        stageless=deals - staged,
        stays=stays.counted(rows, places, request.by, data.as_of, first=first),
        reached=chances.counted(rows, places, request.by, data.as_of, passed=True),
        inside=chances.counted(rows, places, request.by, data.as_of, passed=False),
    )


def _deals(rows: Frame) -> int:
    return collect.count(rows.select("deal_id").unique())


def _chosen(facts: Facts, found: Spans) -> Frame:
    """The history of the deals that pass the filters and were created in the period."""
    frame = facts.frames[HISTORY]
    if facts.filters and (kept := facts.derived(HISTORY, KEPT)) is not None:
        frame = frame.filter(kept)
    if found.everything:
        return frame
    if not facts.has("deals", "created_at"):
        raise UsageError("the deals have no day of creation", hint="Leave --period out.")
    return frame.filter(nw.col("created_at") >= found.main.start, nw.col("created_at") <= found.main.end)
