"""funnelkit: a funnel report from the exports of marketing and sales tools.

The command is ``funnelkit``; in Python each question is a function: ``report`` gives the Report, ``cohorts``,
``cycle``, ``ltv``, ``attribution``, ``forecast``, ``why`` and ``metric`` a Study, ``check`` an Outcome, ``catalog``
the metrics that there are, ``load`` the canonical tables, and ``keep`` keeps these on the disk.

*files* are paths, globs, folders or ``KIND=path``, as on the command line; without any, those of the
configuration. *options* are the long options of the command in Python: ``by=["channel"]``,
``where=["channel!=direct"]``, ``period="2026-Q3"``, ``compare="prev"``, ``grain="month"``, ``metrics=["cac"]``,
``config="funnelkit.yaml"``, ``no_config=True``. Each function raises funnelkit.errors.FunnelkitError with a
sentence that says what to mend; an option that does not exist or is of another kind is a UsageError, which is one.

Importing this package imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funnelkit.pipeline.calls import checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from funnelkit.build.checks import Outcome
    from funnelkit.metrics.entries import Metric
    from funnelkit.pipeline.reporting import Tables
    from funnelkit.reports import Report
    from funnelkit.studies import Study

    Files = str | Path | Sequence[str | Path]

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "attribution",
    "catalog",
    "check",
    "cohorts",
    "cycle",
    "forecast",
    "keep",
    "load",
    "ltv",
    "metric",
    "report",
    "why",
]


@checked
def report(files: Files = (), **options: Any) -> Report:
    """The funnel report of *files*, as ``funnelkit report`` makes it; ``.to_frame()`` is a pandas frame of it."""
    from funnelkit.pipeline import reporting
    from funnelkit.pipeline.options import given

    return reporting.report(_texts(files), given(options))


@checked
def cohorts(
    files: Files = (),
    *,
    of: str | None = None,
    stage: str = "customer",
    age_days: int | None = None,
    ages: int | None = None,
    **options: Any,
) -> Study:
    """What has become of the leads, or *of* the customers of "payments", by when they came: ``funnelkit cohorts``.

    *stage* is what leads become, *age_days* lie from one age to the next, and at most so many *ages* are shown.
    """
    from funnelkit.pipeline import cohorting
    from funnelkit.pipeline.options import given

    return cohorting.cohorts(_texts(files), given(options), of=of, stage=stage, step=age_days, ages=ages)


@checked
def cycle(files: Files = (), *, stages: bool = False, reentries: str = "sum", **options: Any) -> Study:
    """How long deals take and how they end, or stay in their *stages*, with those still open: ``funnelkit cycle``."""
    from funnelkit.pipeline import cycling
    from funnelkit.pipeline.options import given

    return cycling.cycle(_texts(files), given(options), stages=reentries if stages else None)


@checked
def ltv(
    files: Files = (),
    *,
    of: str | None = None,
    model: str = "auto",
    unit: str | None = None,
    holdout: str | None = None,
    fit_until: str | None = None,
    ahead: int = 12,
    discount: float | str | None = None,
    margin: float | str | None = None,
    **options: Any,
) -> Study:
    """What customers are worth, so far and in the months *ahead*, by "payments" or won "deals": ``funnelkit ltv``.

    *holdout* ("90", "39w", "6m") or *fit_until* say what the model may not know; *discount* is a year's, *margin* a share.
    """
    from funnelkit.pipeline import valuing
    from funnelkit.pipeline.options import given

    wanted = valuing.Wanted(
        of=of,
        model=model,
        unit=unit,
        holdout=holdout,
        fit_until=fit_until,
        ahead=ahead,
        discount=None if discount is None else str(discount),
        margin=None if margin is None else str(margin),
    )
    return valuing.ltv(_texts(files), given(options), wanted).study


@checked
def forecast(files: Files = (), *, method: str = "auto", ahead: int | None = None, **options: Any) -> Study:
    """What the metrics of *files* will be, by a *method*, for *ahead* periods and the whole of one: ``funnelkit forecast``."""
    from funnelkit.pipeline import forecasting
    from funnelkit.pipeline.options import given

    return forecasting.forecast(_texts(files), given(options), method=method, ahead=ahead)


@checked
def attribution(
    files: Files = (),
    *,
    of: str | None = None,
    model: str | Sequence[str] = (),
    window: int | None = None,
    half_life: int | None = None,
    order: int | None = None,
    weights: str | None = None,
    direct: str | Sequence[str] = (),
    reconcile: bool = False,
    **options: Any,
) -> Study:
    """Which channels are given how much of what was won, by each *model*: ``funnelkit attribution``.

    *of* says what conversions are (deal, customer, lead ...); *window* and *half_life* are days; *weights* are of the
    U-shaped model ("40,20,40"); last_non_direct passes over *direct*; *reconcile* sets claims of ad platforms beside it.
    """
    from funnelkit.pipeline import attributing
    from funnelkit.pipeline.options import given

    def words(said: str | Sequence[str]) -> tuple[str, ...]:
        return tuple(said.split(",") if isinstance(said, str) else said) if said else ()

    said = attributing.Said(
        of=of,
        models=words(model),
        window=window,
        half_life=half_life,
        order=order,
        weights=weights,
        direct=words(direct),
        reconcile=reconcile,
    )
    return attributing.attribution(_texts(files), given(options), said=said)


@checked
def why(
    metric: str,
    files: Files = (),
    *,
    between: str | Sequence[str] = (),
    **options: Any,
) -> Study:
    """Why *metric* changed, or differs *between* two segments ("channel=paid_search,email"): ``funnelkit why``."""
    from funnelkit.pipeline import explaining
    from funnelkit.pipeline.options import given

    sides = (between,) if isinstance(between, str) else tuple(between)
    return explaining.why(metric, _texts(files), given(options), sides)


@checked
def check(files: Files = (), *, targets: str | Path | None = None, **options: Any) -> Outcome:
    """What has become of *targets* and alerts, those of the configuration unless a file is named: ``funnelkit check``.

    The Outcome has the ``study``, how many are ``breached`` and ``missing``, and the ``exit_code`` of the command.
    """
    from funnelkit.pipeline import checking
    from funnelkit.pipeline.options import given

    return checking.check(_texts(files), given(options), None if targets is None else str(targets))


@checked
def metric(id: str, files: Files = (), **options: Any) -> Study:
    """The metric *id* of *files* worked out in the open: ``funnelkit metrics ID FILES``."""
    from funnelkit.pipeline import working
    from funnelkit.pipeline.options import given

    return working.worked(id, _texts(files), given(options))


@checked
def catalog(*, config: str | Path | None = None, no_config: bool = False) -> Mapping[str, Metric]:
    """Every metric by its id, those of the configuration among them: label, unit, convention, source, example."""
    from funnelkit.pipeline import listings
    from funnelkit.pipeline.options import Options

    return listings.known(Options(config=config, no_config=no_config)).metrics


@checked
def load(files: Files = (), **options: Any) -> Tables:
    """The canonical tables of *files*: pandas frames with real dates and decimals, by table name."""
    from funnelkit.pipeline import reporting
    from funnelkit.pipeline.options import given

    return reporting.tables(_texts(files), given(options))


@checked
def keep(files: Files, folder: str | Path, *, only: bool = False, **options: Any) -> None:
    """Keep the tables of *files* in *folder*, as ``funnelkit load`` does; `report` and `load` then take the folder.

    With *only*, nothing else stays there. After an error the folder is as it was.
    """
    from pathlib import Path

    from funnelkit.pipeline import keeping
    from funnelkit.pipeline.options import given

    keeping.keep(_texts(files), Path(folder), given(options), only=only)


def _texts(files: Files) -> list[str]:
    """The names of *files*; a single one may stand for itself."""
    from os import PathLike

    return [str(files)] if isinstance(files, str | PathLike) else [str(file) for file in files]
