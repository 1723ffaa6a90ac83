"""From the user's words to a study of what customers are worth: read, link, count, model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from funnelkit.errors import UsageError, did_you_mean
from funnelkit.pipeline.loading import Read, read
from funnelkit.pipeline.watching import Observe, Work, nobody

if TYPE_CHECKING:
    from funnelkit.build.ltv import Valued
    from funnelkit.config import Config
    from funnelkit.dataset import Dataset
    from funnelkit.pipeline.options import Options

_SPAN = re.compile(r"(\d+)\s*(d|w|m|days?|weeks?|months?)?", re.IGNORECASE)
_FARTHEST = 120
"""Ten years: no purchases tell of more."""
_DAYS = {"d": 1.0, "w": 7.0, "m": 365.25 / 12}


class Wanted(Struct, frozen=True, kw_only=True):
    """What only the value of customers is asked for, as it was typed."""

    of: str | None = None
    model: str = "auto"
    unit: str | None = None
    holdout: str | None = None
    fit_until: str | None = None
    ahead: int = 12
    discount: str | None = None
    margin: str | None = None
    each: bool = False
    """Also the customers one by one."""


def ltv(files: Sequence[str], options: Options, wanted: Wanted, observe: Observe = nobody) -> Valued:
    """What the customers of *files* are worth. Raises UsageError for what does not exist, or the files do not tell."""
    from funnelkit.pipeline import requests

    _check(wanted)
    with read(files, options, observe, lambda config: requests.columns(options, config)) as done:
        observe(Work("linking and counting"))
        return _study(done, options, wanted)


def _check(wanted: Wanted) -> None:
    from funnelkit.build.ltv.request import MODELS, UNITS

    for option, word, words in (
        ("--model", wanted.model, MODELS),
        ("--unit", wanted.unit or "day", tuple(UNITS)),
        ("--of", wanted.of or "payments", ("payments", "deals")),
    ):
        if word not in words:
            raise UsageError(f"{option} {word}: there is no such word for it", hint=did_you_mean(word, words))
    if not 1 <= wanted.ahead <= _FARTHEST:
        raise UsageError(
            f"--ahead {wanted.ahead}: not a number of months", hint=f"Give one from 1 to {_FARTHEST}."
        )
    if wanted.holdout and wanted.fit_until:
        raise UsageError("--holdout and --fit-until say the same", hint="Give one of them.")


def _study(done: Read, options: Options, wanted: Wanted) -> Valued:
    from funnelkit.build import ltv, request
    from funnelkit.metrics import catalog
    from funnelkit.pipeline import requests
    from funnelkit.pipeline.linked import linked

    # A weekly report by channel is not what makes this one weekly: only what the command line says does.
    config = _with_money(replace(done.config, by=(), grain=None, compare=None), wanted)
    found = linked(done, options, requests.dimensions(options, config))
    data = found.data
    kind = wanted.of or ("payments" if "payments" in data.frames else "deals")
    if not data.dated or kind not in data.frames:
        raise UsageError(
            f"no {kind} with dates are loaded, and what customers are worth is made from them"
            if wanted.of
            else "neither payments nor deals with dates are loaded, and what customers are worth is made from them",
            hint="Load payments, orders or won deals, with the customer, the day and the amount of each.",
        )
    asked = requests.request(replace(options, top=None), config, done.zone, data.as_of)
    request.check(asked, data, catalog.load())
    return ltv.study(
        ltv.Given(
            data=_named(data, done, kind), sources=found.sources, notes=found.notes, hold=done.engine.held
        ),
        ltv.Asked(
            request=replace(asked, top=options.top),
            kind=kind,
            model=wanted.model,
            unit=wanted.unit,
            until=_until(wanted, data.as_of),
            ahead=wanted.ahead,
        ),
        each=wanted.each,
    )


def _named(data: Dataset, done: Read, kind: str) -> Dataset:
    """*data*, whose rows of *kind* say whose they are."""
    from funnelkit import collect
    from funnelkit.linking.identity import CUSTOMER_KEYS

    rows = data.frames[kind]
    if "customer" not in collect.names(collect.frame(rows)):
        rows = done.engine.named(rows, CUSTOMER_KEYS, "customer")
    return replace(data, frames={**data.frames, kind: rows})


def _with_money(config: Config, wanted: Wanted) -> Config:
    """*config* with the margin and the discount of the command line."""
    given = {"gross_margin": ("--margin", wanted.margin), "discount": ("--discount", wanted.discount)}
    said = {key: _share(option, text) for key, (option, text) in given.items() if text is not None}
    return replace(config, **said)


def _share(option: str, text: str) -> Decimal:
    try:
        found = Decimal(text.strip().rstrip("%").strip()) / (100 if "%" in text else 1)
    except InvalidOperation:
        found = Decimal(-1)
    if not 0 <= found <= 1:
        raise UsageError(f"{option} {text}: not a share", hint="Write it as in 0.1, or 10%.")
    return found


def _until(wanted: Wanted, as_of: int) -> int | None:
    """The last day that the model may know."""
    from funnelkit.pipeline import requests

    if wanted.fit_until:
        found = requests.day(wanted.fit_until, "--fit-until")
        if found > as_of:
            raise UsageError(
                f"--fit-until {wanted.fit_until}: the data end before that day", hint="Give an earlier one."
            )
        return found
    if not wanted.holdout:
        return None
    match = _SPAN.fullmatch(wanted.holdout.strip())
    if not match or not int(match[1]):
        raise UsageError(
            f"--holdout {wanted.holdout}: not a length of time",
            hint="Write days, weeks or months, as in 90, 39w or 6m.",
        )
    return as_of - round(int(match[1]) * _DAYS[(match[2] or "d")[0].lower()])
