"""From the user's words to a study of cohorts: read, link, count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.metrics.stages import STAGES
from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.dataset import Dataset
    from funnelkit.pipeline.options import Options
    from funnelkit.studies import Study

KINDS = ("leads", "payments")


def cohorts(
    files: Sequence[str],
    options: Options,
    observe: Observe = nobody,
    *,
    of: str | None = None,
    stage: str = STAGES[-1],
    step: int | None = None,
    ages: int | None = None,
) -> Study:
    """The cohorts of *files*: *of* leads towards a *stage*, by ages *step* days apart, or of payments.

    Raises UsageError for what does not exist, and for what the files do not tell.
    """
    _check(of, step, ages)
    from funnelkit.pipeline import requests

    def wanted(config: Config) -> frozenset[str]:
        stages = requests.path(options, config).names[1:]
        if stage not in stages:
            raise UsageError(f"there is no stage {stage!r}", hint=did_you_mean(stage, stages))
        return requests.columns(options, config)

    with read(files, options, observe, wanted) as done:
        observe(Work("linking and counting"))
        return _study(done, options, of, stage, step, ages)


def _check(of: str | None, step: int | None, ages: int | None) -> None:
    if of is not None and of not in KINDS:
        raise UsageError(f"there are no cohorts of {of!r}", hint=did_you_mean(of, KINDS))
    for name, number in (("age-days", step), ("ages", ages)):
        if number is not None and number < 1:
            raise UsageError(f"--{name} {number}: too few", hint="Give a number from 1 on.")


def _study(
    done: Read, options: Options, of: str | None, stage: str, step: int | None, ages: int | None
) -> Study:
    from funnelkit.build import cohorts, request
    from funnelkit.build.cohorts.request import AGES, GROUPS, Given
    from funnelkit.metrics import catalog
    from funnelkit.pipeline import requests
    from funnelkit.pipeline.linked import linked

    # A weekly report by channel is not what makes cohorts weekly: only what the command line says does.
    config = replace(done.config, by=(), grain="month", compare=None)
    found = linked(done, options, requests.dimensions(options, config))
    data = found.data
    if not data.dated:
        raise UsageError(
            "none of the files holds a date, and without one there are no cohorts",
            hint="Load an export with a date column.",
        )
    wanted = requests.request(options, config, done.zone, data.as_of)
    request.check(wanted, data, catalog.load())
    kind = of or ("leads" if "leads" in data.frames else "payments")
    if kind not in data.frames:
        raise UsageError(
            f"no {kind} are loaded, and cohorts of {kind} need them",
            hint="Load them, or name the others with --of." if of else "Load leads or payments.",
        )
    asked = cohorts.Asked(
        request=wanted, stage=stage, step=step, ages=ages or AGES, groups=options.top or GROUPS
    )
    if kind == "leads":
        return cohorts.of_leads(Given(data=data, sources=found.sources, notes=found.notes), asked)
    return cohorts.of_payments(
        Given(data=_named(data, done), sources=found.sources, notes=found.notes), asked
    )


def _named(data: Dataset, done: Read) -> Dataset:
    """*data*, whose payments say whose they are; where deals are loaded nobody has asked for that before."""
    from funnelkit import collect
    from funnelkit.linking.identity import CUSTOMER_KEYS

    payments = data.frames["payments"]
    if "customer" not in collect.names(collect.frame(payments)):
        payments = done.engine.named(payments, CUSTOMER_KEYS, "customer")
    return replace(data, frames={**data.frames, "payments": done.engine.held(payments)})
