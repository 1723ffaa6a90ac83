"""What the user typed, as the request of a report: the command line first, then the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit import periods
from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from funnelkit.build import Filter, Request
    from funnelkit.config import Config
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.stages import Path
    from funnelkit.pipeline.options import Options


def request(options: Options, config: Config, zone: str, as_of: int) -> Request:
    """The request that *options* make, where they are silent *config*. *as_of* is a day number."""
    from funnelkit.build import Request
    from funnelkit.metrics.entries import CHANCES

    if (options.sort or options.top is not None) and not (options.by or config.by):
        raise UsageError("--sort and --top order the groups of --by", hint="Add --by channel, for instance.")
    spec = options.period or config.period
    horizon = options.horizon if options.horizon is not None else config.horizon
    min_n = options.min_n if options.min_n is not None else config.min_n
    for name, number in (("horizon", horizon), ("min-n", min_n)):
        if number < 1:
            raise UsageError(
                f"--{name} {number}: not a number of {_OF[name]}", hint="Give a number from 1 on."
            )
    probability = options.probability or config.probability
    if probability not in CHANCES:
        raise UsageError(
            f"--probability {probability}: there is no such source of chances",
            hint=did_you_mean(probability, CHANCES),
        )
    return Request(
        period=periods.parse(spec, as_of=as_of, calendar=config.calendar) if spec else None,
        grain=options.grain or config.grain,
        compare=_compared(options.compare or config.compare),
        by=_by(options, config),
        where=_where(options),
        metrics=tuple(options.metrics) or None,
        sort=options.sort,
        top=options.top,
        horizon=horizon,
        min_n=min_n,
        sla=config.sla,
        rules=config.qualification,
        gross_margin=config.gross_margin,
        discount=config.discount,
        probability=probability,
        timezone=zone,
        calendar=config.calendar,
        path=path(options, config),
        anchor=anchor(options, config),
    )


def path(options: Options, config: Config) -> Path:
    """The stages by which leads go, and what counts as having entered one."""
    from funnelkit.metrics.stages import ENTRIES, STRICT

    entry = options.stage_entry or config.stage_entry
    _one_of("--stage-entry", entry, ENTRIES)
    return replace(config.stages, strict=entry == STRICT)


def anchor(options: Options, config: Config) -> str:
    """The day that puts rates into a period, where anybody says it."""
    from funnelkit.metrics.language import ANCHORS

    found = options.anchor or config.anchor or ""
    _one_of("--anchor", found or ANCHORS[0], ANCHORS)
    return found


def catalog(options: Options, config: Config, asked: Iterable[str], *, aged: bool = False) -> Catalog:
    """The metrics that there are, those that are *asked* for by name among them, by the conventions asked for.

    *Aged*, rates between stages also tell what they are of leads that have had their time.
    """
    from funnelkit.metrics.catalog import load

    return load(
        config.measures, config.metrics, asked, path(options, config), anchor(options, config), aged=aged
    )


def _one_of(option: str, word: str, words: Sequence[str]) -> None:
    if word not in words:
        raise UsageError(f"{option} {word}: there is no such word for it", hint=did_you_mean(word, words))


def dimensions(options: Options, config: Config) -> frozenset[str]:
    """The dimensions that *options*, or *config*, ask about."""
    return frozenset({*_by(options, config), *(f.dimension for f in _where(options))})


def columns(options: Options, config: Config) -> frozenset[str]:
    """The columns that *options*, or *config*, name: of breakdowns and filters, and of the user's own measures."""
    own = (entry for entry in config.measures.values() if isinstance(entry, Mapping))
    named = {str(c) for entry in own for c in (*(entry.get("where") or ()), entry.get("sum")) if c}
    ruled = {c.column for rule in config.qualification for way in rule.ways for c in way}
    same = options.dedupe_emails or config.dedupe_emails
    return dimensions(options, config) | named | ruled | ({"email", "created_instant"} if same else set())


def _by(options: Options, config: Config) -> tuple[str, ...]:
    return tuple(options.by) or config.by


def _where(options: Options) -> tuple[Filter, ...]:
    return tuple(f for text in options.where for f in filters(text))


def _compared(specs: str | None) -> tuple[str, ...]:
    """The comparisons that commas part."""
    return tuple(dict.fromkeys(spec.strip() for spec in (specs or "").split(",") if spec.strip()))


_OF = {"horizon": "days", "min-n": "leads or deals"}


def day(text: str, option: str = "--as-of") -> int:
    """The day number of an ISO date, for *option*."""
    try:
        return periods.day_number(date.fromisoformat(text))
    except ValueError:
        raise UsageError(f"{option} {text}: not a date", hint="Write it as in 2026-09-30.") from None


def filters(text: str) -> Sequence[Filter]:
    """``channel=email,sms`` or ``owner!=Jo`` as filters; a comma parts values, and a new ``dim=`` begins another.

    >>> [str(f) for f in filters("country=DE,AT,owner!=Jo")]
    ['country=DE,AT', 'owner!=Jo']
    """
    from funnelkit.build import Filter

    found: list[Filter] = []
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if equals:
            negate = name.endswith("!")
            found.append(Filter(name.rstrip("!").strip(), (value.strip(),), negate))
        elif found:
            last = found[-1]
            found[-1] = Filter(last.dimension, (*last.values, part.strip()), last.negate)
        else:
            raise UsageError(
                f"--where {text}: does not say which value",
                hint="Write it as in --where channel=email or channel!=email.",
            )
    return found
