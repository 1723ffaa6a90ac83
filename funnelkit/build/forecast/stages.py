"""The open deals by stage: what each will bring in the period, beside what the CRM says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.entries import number
from funnelkit.build.forecast import crm
from funnelkit.build.forecast.asked import PIPELINE
from funnelkit.metrics.cell import Cell
from funnelkit.metrics.reasons import Reason
from funnelkit.metrics.statistics import empty
from funnelkit.models.forecast.series import Refusal
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.forecast.assemble import Assembled
    from funnelkit.build.forecast.flow import Flow


def stages(made: Assembled) -> Iterator[Table]:
    """The open deals by stage, where there are any."""
    one = next((one for one in made.forecasts if one.way is not None and one.way.name == PIPELINE), None)
    if one is None or one.way is None:
        return
    found = one.way.parts(made.asked.period)
    if isinstance(found, Refusal) or found.pipeline is None:
        return
    scale = 10 ** made.data.scales["deals"].get("amount", 0)
    yield Table(
        id="stages",
        title="Open deals by stage",
        fields=(
            Field(id="stage", label="stage", unit=TEXT),
            Field(id="deals", label="open deals", unit="count"),
            Field(id="money", label="their amounts", unit="money"),
            Field(id="wins", label=f"wins in {made.asked.period.label}", unit="count"),
            Field(id="value", label="what these bring", unit="money"),
            Field(id="chance", label="chance of a deal", unit="ratio"),
        ),
        rows=tuple(
            (
                Entry(text=part.stage or "(no stage)"),
                number(part.deals),
                number(part.money / scale),
                number(part.wins),
                number(part.value / scale),
                number(part.wins / part.deals, part.deals),
            )
            for part in found.pipeline.stages
        ),
        caption="chance: of being won in the days of the period that are left, by "
        + (
            "what became of deals that were in the stage for as long (Aalen and Johansen from that day on); of few, drawn "
            "towards all stages as if ten of their deals stood beside"
            if one.way.flow.stages
            else "what became of deals of this age in any stage (Aalen and Johansen), since no history of stages is loaded"
        )
        + "; pipeline_weighted asks of all deals that were in the stage whether they were won, at whatever age and time",
    )
    yield from _crm(made, one.way.flow)


def _crm(made: Assembled, flow: Flow) -> Iterator[Table]:
    """The CRM's own probabilities beside those of the past, where the file has them."""
    unit = 10 ** made.data.scales["deals"].get("probability", 0)
    known = crm.words(made.daily.made.counted.facts, flow, unit)
    if not known:
        return
    scale = 10 ** made.data.scales["deals"].get("amount", 0)
    yield Table(
        id="crm",
        title="What the CRM says of open deals",
        fields=(
            Field(id="says", label="CRM says", unit="ratio"),
            Field(id="deals", label="open deals", unit="count"),
            Field(id="money", label="their amounts", unit="money"),
            Field(id="own", label="past deals say", unit="ratio"),
            Field(id="wins", label="wins by the CRM", unit="count"),
            Field(id="expected", label="by past deals", unit="count"),
        ),
        rows=tuple(_word(one, scale) for one in known),
        caption="however long it takes, as far as past deals were followed; by past deals: those of which enough tell",
    )


def _word(one: crm.Word, scale: int) -> tuple[Entry, ...]:
    own = (
        Cell(value=one.wins / one.told, n=one.told)
        if one.told
        else empty(Reason("too_few_deals", "too few past deals were open for as long"))
    )
    return (
        number(one.probability),
        number(one.deals),
        number(one.money / scale),
        Entry(cell=own),
        number(one.deals * one.probability),
        number(one.wins),
    )
