"""What is asked: why a metric changed from one period to another, or differs between two segments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.build.request import Filter, Request, check
from funnelkit.errors import UsageError

if TYPE_CHECKING:
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.entries import Metric

Say = Callable[[float, str], str]
"""A number as people read it, with its unit."""


class Question(Struct, frozen=True, kw_only=True):
    """One metric, two sides."""

    metric: str
    request: Request
    between: tuple[Filter, Filter] | None = None
    """The two segments that are compared, within one period; else two periods are."""
    top: int | None = None
    """How many segments are shown one by one."""


def checked(question: Question, dataset: Dataset, catalog: Catalog) -> tuple[Metric, Request]:
    """The metric, and the request with what goes without saying. Raises UsageError for what cannot be asked."""
    metric = catalog.metric(question.metric)
    request = replace(question.request, metrics=(metric.id,))
    if question.top is not None and question.top < 1:
        raise UsageError(f"cannot show the top {question.top} segments", hint="Give a number from 1 on.")
    if question.between and request.compare:
        raise UsageError(
            "two segments and two periods cannot be compared at once",
            hint="Leave out --between or --compare.",
        )
    if question.between is None:
        if request.period is None:
            raise UsageError(
                "two things are needed to tell why they differ",
                hint="Give --period last-month --compare prev, or two segments: --between channel=email,referral.",
            )
        if len(request.compare) > 1:
            raise UsageError(
                "one period is compared with one other here", hint=f"Say --compare {request.compare[0]}."
            )
        request = replace(request, compare=request.compare or ("prev",))
    check(request, dataset, catalog)
    for one in question.between or ():
        check(replace(request, where=(one,)), dataset, catalog)
    return metric, request


def sides(several: Sequence[Filter]) -> tuple[Filter, Filter] | None:
    """The two segments of ``--between``: one condition with two values, or two conditions."""
    if not several:
        return None
    if len(several) == 1 and len(several[0].values) == 2 and not several[0].negate:
        first, second = several[0].values
        return Filter(several[0].dimension, (first,)), Filter(several[0].dimension, (second,))
    if len(several) == 2:
        return several[0], several[1]
    raise UsageError(
        "--between needs two segments",
        hint="Write --between channel=email,referral, or --between country=DE --between country=AT,CH.",
    )
