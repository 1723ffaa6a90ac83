"""From the user's words to a Report: read, put together, link, measure.

What the command line and the Python API call. The layers meet here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.watching import Observe, Work, nobody
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.linking.dataset import Canonical
    from funnelkit.reports import Report

Tables = Mapping[str, Any]
"""Canonical table -> pandas frame."""

__all__ = ["Options", "Tables", "report", "tables"]


def _canonical(done: Read) -> dict[str, Canonical]:
    from funnelkit.linking.dataset import Canonical

    return {
        name: Canonical(frame=t.frame, scales=t.scales, present=t.present)
        for name, t in done.together.items()
        if name not in _UNUSED
    }


_UNUSED: Mapping[str, str] = {
    "customers": "a list of customers has no dates of its money: load the payments or invoices instead",
}
"""Tables that no metric reads, and what to load for them."""


def _unused(done: Read) -> list[Note]:
    return [
        Note(code="unused_table", message=f"{f.export.file} is not used: {_UNUSED[f.table]}")
        for f in done.files
        if f.table in _UNUSED
    ]


def tables(files: Sequence[str], options: Options) -> Tables:
    """The canonical tables of *files*, with real dates and decimals, for use in pandas."""
    from funnelkit.pipeline.frames import public

    with read(files, options) as done:
        return {
            name: public(name, done.engine.in_memory(t.frame), t.scales) for name, t in done.together.items()
        }


def report(files: Sequence[str], options: Options, observe: Observe = nobody) -> Report:
    """The funnel report of *files*; *observe* hears of each before it is read, and of what comes after."""
    from funnelkit.pipeline import requests

    with read(files, options, observe, lambda config: requests.columns(options, config)) as done:
        observe(Work("linking and counting"))
        return _reported(done, options)


def _reported(done: Read, options: Options) -> Report:
    from funnelkit import build
    from funnelkit.linking import dataset
    from funnelkit.metrics import catalog
    from funnelkit.pipeline import provenance, requests
    from funnelkit.sources import channels

    config = done.config
    known = channels.load(config.channels)
    asked = options.as_of or config.as_of
    data = dataset.build(
        _canonical(done),
        classify=known.classify,
        is_paid=channels.is_paid,
        as_of=requests.day(asked) if asked else None,
        currency=done.currency,
        engine=done.engine,
        wanted=requests.dimensions(options, config),
        zone=done.zone,
        rules=config.qualification,
    )
    unmapped = provenance.unmapped(data, known.knows)
    notes = (
        *provenance.notes(done.files, done.together),
        *done.notes,
        *data.notes,
        *unmapped,
        *_unused(done),
    )
    return build.build(
        data,
        requests.request(options, config, done.zone, data.as_of),
        catalog.load(config.measures, config.metrics),
        provenance.sources(done.files, done.together),
        notes,
    )
