"""The tables that were read, linked: what every command that measures begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.dataset import Dataset
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.linking.dataset import Canonical
    from funnelkit.linking.handled import Handling
    from funnelkit.pipeline.loading import Read
    from funnelkit.pipeline.options import Options
    from funnelkit.reports import Source

_UNUSED: Mapping[str, str] = {
    "customers": "a list of customers has no dates of its money: load the payments or invoices instead",
}
"""Tables that no metric reads, and what to load for them."""


class Linked(Struct, frozen=True, kw_only=True):
    """The dataset, and what is to be said of the files that it comes from."""

    data: Dataset
    sources: tuple[Source, ...]
    notes: Sequence[Note]


def linked(done: Read, options: Options, wanted: frozenset[str]) -> Linked:
    """The dataset of what was read, of which the dimensions *wanted* will be asked for."""
    from funnelkit.linking import dataset
    from funnelkit.pipeline import provenance, requests
    from funnelkit.sources import channels
    from funnelkit.sources.implausible import OF_DURATIONS

    known = channels.load(done.config.channels)
    asked = options.as_of or done.config.as_of
    data = dataset.build(
        _canonical(done),
        classify=known.classify,
        is_paid=channels.is_paid,
        as_of=requests.day(asked) if asked else None,
        currency=done.currency,
        engine=done.engine,
        wanted=wanted,
        zone=done.zone,
        rules=done.config.qualification,
        brand=done.config.brand,
        handling=_handling(options, done.config),
        exchange=done.exchange.deals if done.exchange else None,
    )
    unmapped = provenance.unmapped(data, known.knows)
    notes = (
        *(
            note
            for note in provenance.notes(done.files, done.together)
            if not (data.clamped and note.code in OF_DURATIONS)
        ),
        *done.notes,
        *data.notes,
        *unmapped,
        *_unused(done, wanted),
    )
    return Linked(data=data, sources=provenance.sources(done.files, done.together), notes=notes)


def _handling(options: Options, config: Config) -> Handling:
    from funnelkit.linking.handled import Handling
    from funnelkit.sources import outcomes

    first = options.first_close or config.first_close
    return Handling(
        merge_unknown=options.merge_unknown or config.merge_unknown,
        clamp_negative=options.clamp_negative or config.clamp_negative,
        gross=options.gross or config.gross,
        first_close=outcomes.of_stage if first else None,
    )


def _canonical(done: Read) -> dict[str, Canonical]:
    from funnelkit.linking.dataset import Canonical

    return {
        name: Canonical(frame=t.frame, scales=t.scales, present=t.present)
        for name, t in done.together.items()
        if name not in _UNUSED
    }


def _unused(done: Read, wanted: frozenset[str]) -> list[Note]:
    from funnelkit.linking.persons import PERSON, TOUCHES

    unused = dict(_UNUSED) | (
        {} if PERSON in wanted else {TOUCHES: "`funnelkit attribution` alone reads touches"}
    )
    return [
        Note(code="unused_table", message=f"{f.export.file} is not used: {unused[f.table]}")
        for f in done.files
        if f.table in unused
    ]
