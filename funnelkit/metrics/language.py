"""One entry of the catalogue, read from YAML and checked word by word.

The language is closed: what is not described here is an error that names the nearest word, so a
misspelt key never silently changes a number. People may write a part of it (``OWN_MEASURE`` and
``OWN_METRIC``); the built-in catalogue uses all of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from funnelkit.errors import ConfigError, UsageError, did_you_mean
from funnelkit.metrics.columns import DERIVED, EVENT_DAYS, table_columns
from funnelkit.metrics.entries import Histogram, Measure, Metric
from funnelkit.metrics.formula import Formula, parse
from funnelkit.tables import RANGED, TABLES

OWN_MEASURE = frozenset({"label", "table", "count", "sum", "where", "date"})
OWN_METRIC = frozenset({"label", "formula", "unit", "better"})
GROUPS = ("funnel", "handoff", "sales", "economics", "ads", "emails", "web", "revenue")
UNITS = ("count", "money", "ratio", "multiple", "minutes", "days", "money_per_day", "number")
BETTER = ("higher", "lower", "none")
INTERVALS = (
    "wilson",
    "poisson",
    "counts",
    "t",
    "order",
    "km",
    "auc",
    "kappa",
    "days",
    "deals",
    "customers",
    "kept",
    "acquired",
    "repaid",
)
COHORT, EVENT, CLOSE = ANCHORS = ("cohort", "event", "close")
STATISTICS = (
    "mean",
    "median",
    "quantile",
    "survival",
    "conversion",
    "within",
    "auc",
    "kappa",
    "lagged",
    "weighted",
)
OF_CUSTOMERS = (
    "before",
    "kept",
    "more",
    "revenue_before",
    "revenue_least",
    "revenue_now",
    "revenue_more",
    "paying",
    "revenue_paying",
    "repeating",
    "acquired",
    "revenue_acquired",
)
"""What can be counted of customers who paid in a period, in the same period a year before, or first of all in it."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MEASURE = OWN_MEASURE | {"needs", "cumulative", "optional", "of_customers"}
_HISTOGRAM = frozenset({"table", "of", "where", "date", "split", "aged", "needs"})
_METRIC = OWN_METRIC | frozenset(STATISTICS) | frozenset(
    ["group", "anchor", "instead", "main", "by_name", "product", "interval", "share", "cases", "cohort", "exact", "method", "times", "trailing_months", "needs_period", "above_zero", "convention", "source", "example"]
)  # fmt: skip
_NET = "net"
"""What a payment leaves after its refund."""
_SUMMED = ("money", "integer", "decimal")


def read_measure(name: str, entry: Any, *, allowed: Collection[str] = _MEASURE) -> Measure:
    """The measure that *entry* describes."""
    at = f"measures.{name}"
    entry = _checked(at, name, entry, allowed, required=("table",))
    table = _one_of(at, "table", entry["table"], TABLES if allowed is OWN_MEASURE else table_columns())
    if (
        sum(key in entry for key in ("count", "sum", "of_customers")) != 1
        or entry.get("count", True) is not True
    ):
        raise ConfigError(f"{at}: needs either `count: true` or `sum: COLUMN`")
    if "sum" in entry:
        kinds = table_columns()[table]
        known = [column for column, kind in kinds.items() if kind in _SUMMED]
        _one_of(at, "sum", entry["sum"], known)
    return Measure(
        id=name,
        table=table,
        column=_NET if str(entry.get("of_customers", "")).startswith("revenue") else entry.get("sum"),
        where=_where(at, table, entry.get("where", {})),
        date=_date(at, table, entry.get("date")),
        needs=tuple(entry.get("needs", ())),
        cumulative=bool(entry.get("cumulative")),
        optional=bool(entry.get("optional")),
        of_customers=_one_of(at, "of_customers", entry["of_customers"], OF_CUSTOMERS)
        if "of_customers" in entry
        else "",
    )


def read_histogram(name: str, entry: Any) -> Histogram:
    """The histogram that *entry* describes."""
    at = f"histograms.{name}"
    entry = _checked(at, name, entry, _HISTOGRAM, required=("table", "of", "date"))
    table = _one_of(at, "table", entry["table"], table_columns())
    return Histogram(
        id=name,
        table=table,
        of=_one_of(at, "of", entry["of"], table_columns()[table]),
        date=_date(at, table, entry["date"]) or "",
        where=_where(at, table, entry.get("where", {})),
        split=entry.get("split"),
        aged=bool(entry.get("aged")),
        needs=tuple(entry.get("needs", ())),
    )


def read_metric(name: str, entry: Any, *, allowed: Collection[str] = _METRIC) -> Metric:
    """The metric that *entry* describes; whether the names in it exist is for the catalogue to say."""
    at = f"metrics.{name}"
    entry = _checked(at, name, entry, allowed, required=())
    worked = [key for key in ("formula", *STATISTICS) if key in entry]
    if len(worked) != 1:
        raise ConfigError(f"{at}: needs a `formula`" if allowed is OWN_METRIC else f"{at}: {worked}")
    plain = [
        "main",
        "by_name",
        "share",
        "cases",
        "cohort",
        "instead",
        "exact",
        "method",
        "times",
        "trailing_months",
        "needs_period",
        "above_zero",
        "convention",
        "source",
        "example",
    ]
    return Metric(
        id=name,
        label=str(entry.get("label") or name.replace("_", " ").capitalize()),
        group=_one_of(at, "group", entry.get("group", "economics"), GROUPS),
        unit=_one_of(at, "unit", entry.get("unit", "number"), UNITS),
        better=_one_of(at, "better", entry.get("better", "none"), BETTER),
        anchor=_one_of(at, "anchor", entry["anchor"], ANCHORS)
        if "anchor" in entry
        else COHORT * bool(entry.get("cohort")),
        interval=_one_of(at, "interval", entry["interval"], INTERVALS) if "interval" in entry else None,
        product={str(label): _formula(at, text) for label, text in entry.get("product", {}).items()},
        **_worked(at, worked[0], entry[worked[0]]),
        **{key: entry[key] for key in plain if key in entry},
    )


def _worked(at: str, kind: str, value: Any) -> dict[str, Any]:
    """How the metric is worked out."""
    if kind == "formula":
        return {"formula": _formula(at, value)}
    if kind == "conversion":
        return {"statistic": kind, "reached": value["reached"], "among": value["of"], "of": value["times"]}
    if kind == "lagged":
        return {"statistic": kind, "reached": value["cost"], "among": value["of"], "of": value["times"]}
    if kind == "kappa":
        return {"statistic": kind, "judged": tuple(value)}
    if kind == "weighted":
        return {"statistic": kind, "among": value}
    if kind == "within":
        minutes = None if value["minutes"] == "sla" else value["minutes"]
        return {
            "statistic": kind,
            "of": value["of"],
            "minutes": minutes,
            "otherwise": value.get("otherwise", ""),
        }
    if isinstance(value, Mapping):
        return {"statistic": kind, "of": value["of"], "q": value["q"]}
    return {"statistic": kind, "of": value}


def _formula(at: str, text: Any) -> Formula:
    try:
        return parse(str(text))
    except UsageError as error:
        raise ConfigError(f"{at}: {error}", hint=error.hint) from error


def _checked(
    at: str, name: str, entry: Any, allowed: Collection[str], required: Collection[str]
) -> dict[str, Any]:
    if not _NAME.fullmatch(str(name)):
        raise ConfigError(f"{at}: not a name", hint="Small letters, digits and _, a letter first.")
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{at}: needs keys and values, not {entry!r}")
    for key in entry:
        if key not in allowed:
            raise ConfigError(f"{at}: there is no key {key!r}", hint=did_you_mean(str(key), allowed))
    for key in required:
        if key not in entry:
            raise ConfigError(f"{at}: the key {key!r} is missing")
    return dict(entry)


def _one_of(at: str, key: str, value: Any, known: Collection[str]) -> str:
    if value not in known:
        raise ConfigError(f"{at}: {key} cannot be {value!r}", hint=did_you_mean(str(value), known))
    return str(value)


def _where(at: str, table: str, where: Any) -> dict[str, frozenset[Any]]:
    """For each column the values that fit."""
    if not isinstance(where, Mapping):
        raise ConfigError(f"{at}: where needs `column: value`, not {where!r}")
    found = {}
    for column, value in where.items():
        kind = {**table_columns()[table], **dict.fromkeys(DERIVED.get(table, ()), "text")}.get(column)
        if kind is None:
            raise ConfigError(
                f"{at}: the {table} table has no {column!r}",
                hint=did_you_mean(str(column), table_columns()[table]),
            )
        values = value if isinstance(value, list | tuple) else [value]
        found[str(column)] = frozenset(_word(v) if kind != "integer" else int(v) for v in values)
    return found


def _word(value: Any) -> str:
    """A value as text columns have it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _date(at: str, table: str, date: Any) -> str | None:
    """The day column that counts: the one given, or the table's own."""
    if table in RANGED:
        if date not in (None, "date"):
            raise ConfigError(f"{at}: the {table} table counts by its days; leave out `date`")
        return None
    kinds = table_columns()[table]
    known = [column for column, kind in kinds.items() if kind == "date"]
    known += EVENT_DAYS if table == "leads" else ()
    return _one_of(at, "date", date if date is not None else TABLES[table].date, known)
