"""From the user's words to a study of the sales cycle: read, link, count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from funnelkit.errors import UsageError
from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.pipeline.options import Options
    from funnelkit.studies import Study


SUM, FIRST = "sum", "first"
"""What counts of a deal that came back to a stage: all of its stays there, or the first."""


def cycle(
    files: Sequence[str], options: Options, observe: Observe = nobody, *, stages: str | None = None
) -> Study:
    """How long the deals of *files* take; with *stages* (``SUM``, ``FIRST``) how long in each stage.

    Raises UsageError for what the files do not tell.
    """
    from funnelkit.pipeline import requests

    if stages not in (None, SUM, FIRST):
        raise UsageError(f"--reentries {stages}: there is no such way", hint=f"Say {SUM} or {FIRST}.")
    with read(files, options, observe, lambda config: requests.columns(options, config)) as done:
        observe(Work("linking and counting"))
        return _study(done, options, stages)


def _study(done: Read, options: Options, stages: str | None) -> Study:
    from funnelkit.build import cycles, request
    from funnelkit.metrics import catalog
    from funnelkit.pipeline import requests
    from funnelkit.pipeline.linked import linked

    # A weekly report is not what makes this one weekly: only what the command line says does.
    config = replace(done.config, by=(), grain=None, compare=None)
    found = linked(done, options, requests.dimensions(options, config))
    if not found.data.dated or "deals" not in found.data.frames:
        raise UsageError(
            "no deals with dates are loaded, and their cycle needs them",
            hint="Load an export of deals with the days on which each was created and closed.",
        )
    wanted = requests.request(options, config, done.zone, found.data.as_of)
    request.check(wanted, found.data, catalog.load())
    if stages:
        way: Literal["sum", "first"] = "first" if stages == FIRST else "sum"
        return cycles.of_stages(found.data, wanted, found.sources, found.notes, way)
    return cycles.study(found.data, wanted, found.sources, found.notes)
