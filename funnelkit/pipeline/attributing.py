"""From the user's words to a study of attribution: read, link, count, give credit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict, replace

from funnelkit.columns import LATEST
from funnelkit.errors import UsageError
from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.pipeline.linked import Linked
    from funnelkit.pipeline.options import Options
    from funnelkit.studies import Study

_READ = frozenset({"email", *LATEST})
"""Columns of leads by which touches find their person, and by which leads came last."""


class Said(Struct, frozen=True, kw_only=True):
    """The command's own options as they were typed; None is what is usual."""

    of: str | None = None
    models: tuple[str, ...] = ()
    window: int | None = None
    half_life: int | None = None
    order: int | None = None
    weights: str | None = None
    direct: tuple[str, ...] = ()
    reconcile: bool = False


AS_USUAL = Said()


def attribution(
    files: Sequence[str], options: Options, observe: Observe = nobody, said: Said = AS_USUAL
) -> Study:
    """What the touches of *files* are given of what was won. Raises UsageError for what the files do not tell."""
    from funnelkit.pipeline import requests

    options = options if options.by else replace(options, by=("channel",))
    with read(files, options, observe, lambda config: requests.columns(options, config) | _READ) as done:
        observe(Work("linking and counting"))
        return _study(done, options, said)


def _study(done: Read, options: Options, said: Said) -> Study:
    from funnelkit.build import attribution, request
    from funnelkit.linking.persons import PERSON
    from funnelkit.metrics import catalog
    from funnelkit.pipeline import requests
    from funnelkit.pipeline.linked import linked

    # A weekly report is not what makes this one weekly: only what the command line says does.
    config = replace(done.config, by=(), grain=None, compare=None)
    found = linked(done, options, requests.dimensions(options, config) | {PERSON})
    if not {"leads", "deals", "payments"} & found.data.frames.keys():
        raise UsageError(
            "nothing tells who converted: neither leads nor deals nor payments are loaded",
            hint="Load the export of deals or leads that the touches led to.",
        )
    wanted = requests.request(options, config, done.zone, found.data.as_of)
    asked = attribution.asked(wanted, **asdict(said))
    _touches_tell(found, wanted.by[0])
    if wanted.by[0] not in request.dimensions(found.data):
        raise UsageError(
            f"no touches are loaded, and no lead or deal says by what {wanted.by[0]} it came",
            hint="Load the touches (touches=FILE: person, time and channel), or export the leads with their source.",
        )
    request.check(wanted, found.data, catalog.load())
    given = attribution.Given(data=found.data, engine=done.engine, sources=found.sources, notes=found.notes)
    return attribution.study(given, asked)


def _touches_tell(found: Linked, by: str) -> None:
    """Raise UsageError where touches are loaded and no file of them says by what *by* they came."""
    from funnelkit.build.attribution.request import BY
    from funnelkit.linking.persons import TOUCHES

    if TOUCHES not in found.data.frames or by in found.data.present[TOUCHES]:
        return
    files = ", ".join(source.file for source in found.sources if source.table == TOUCHES)
    others = [name for name in BY if name in found.data.present[TOUCHES]]
    raise UsageError(
        f"{files}: there is no column of the {by} of touches, by which they could be given credit",
        hint=f"Give --by {' or '.join(others)}, or add the column {by}."
        if others
        else f"Add the column {by}; or map one to it, as inspect tells.",
    )
