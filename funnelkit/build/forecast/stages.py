"""The open deals by stage: what each will bring in the period, beside what the CRM says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelkit.build.forecast.asked import PIPELINE
from funnelkit.metrics.cell import Cell
from funnelkit.models.forecast.series import Refusal
from funnelkit.studies import TEXT, Entry, Field, Table

if TYPE_CHECKING:
    from funnelkit.build.forecast.assemble import Assembled


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
                Entry(cell=Cell(value=part.deals)),
                Entry(cell=Cell(value=part.money / scale)),
                Entry(cell=Cell(value=part.wins)),
                Entry(cell=Cell(value=part.value / scale)),
                Entry(cell=Cell(value=part.wins / part.deals, n=part.deals)),
            )
            for part in found.pipeline.stages
        ),
        caption="chances by age, as deals before were won",
    )
