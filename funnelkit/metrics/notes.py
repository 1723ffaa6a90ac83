"""What a reader of the numbers must know, said only where the files show it, with the numbers in it.

Each function below looks for one thing and gives no note, or one. The code of a note is stable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.metrics import beyond, customernotes, exposure, moneynotes, spendcover, stagerates
from funnelkit.metrics.beginning import Truncation
from funnelkit.metrics.entries import Measure
from funnelkit.metrics.fold import TOTAL, Key
from funnelkit.metrics.windows import Window
from funnelkit.periods import from_day
from funnelkit.rounding import percent
from funnelkit.statistics import intervals
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.metrics.cell import Cell
    from funnelkit.metrics.counted import Counted
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.tally import Counts

_FROM_LEADS = frozenset({"lead_conversion_rate", "lead_to_won_days", "lead_to_won_days_median"})
_YOUNG = 0.01
"""Share of young leads from which they are worth a word."""
FREE = Measure(
    id="new_won_free",
    table="deals",
    date="closed_at",
    where={"is_new": frozenset({1}), "status": frozenset({"won"}), "free": frozenset({True})},
    needs=("deal_status",),
)
"""Won deals with an amount of 0: counted for a note."""


class View(Struct, frozen=True, kw_only=True):
    """What the notes are about."""

    counted: Counted
    evaluator: Evaluator
    window: Window
    befores: Sequence[Window]
    """The comparison periods."""
    metrics: frozenset[str]
    """The metrics of the report that have a value or could have one."""
    rows: Sequence[tuple[Key, Mapping[str, Cell]]]
    min_n: int
    truncated: Truncation | None
    """Whether the data begin without their first wins."""
    apart: bool = False
    """Whether the change is taken apart, to which unequal days bring a part of their own."""
    begun: Mapping[str, Truncation] = MappingProxyType({})
    """The same by stage, for the rates that ask how long leads take to it."""

    def sum(self, measure: str, window: Window | None = None) -> int:
        """What *measure* adds up to in the period, 0 where it says nothing."""
        if measure in self.counted.lacks:
            return 0
        found = self.evaluator.catalog.measures[measure]
        return self.evaluator.tally.sum(found, TOTAL, window or self.window)

    def values(self, histogram: str, window: Window | None = None) -> Counts:
        """The values of *histogram* in the period, none where it says nothing."""
        if histogram in self.counted.lacks:
            return {}
        found = self.evaluator.catalog.histograms[histogram]
        return self.evaluator.tally.values(found, TOTAL, window or self.window)

    def amounts(self) -> int:
        """How many won deals of the period have an amount."""
        if "won_amounts" in self.counted.lacks:
            return 0
        size = self.evaluator.catalog.metrics["deal_size"]
        return self.evaluator.moments(size, TOTAL, self.window).n


def notes(view: View) -> Iterator[Note]:
    """The notes that *view* gives rise to."""
    for code, find in _ALL.items():
        if message := find(view):
            yield Note(code=code, message=message)


def _left_truncated(view: View) -> str:
    found = view.truncated
    windows = (view.window, *view.befores)
    if found is None or not any(w.everything or w.start < found.first_win for w in windows):
        return ""
    if not view.metrics & (_FROM_LEADS | {"roas"}):
        return ""
    return found.said()


def _stages_truncated(view: View) -> str:
    windows, path = (view.window, *view.befores), view.counted.facts.path
    return " ".join(
        found.said(name := path.label(stage), f"{name}s")
        for stage, found in view.begun.items()
        if stage != "customer" and any(w.everything or w.start < found.first_win for w in windows)
    )


def _young_cohort(view: View) -> str:
    horizon = view.evaluator.settings.horizon
    leads = view.sum("leads")
    cohort = (
        view.evaluator.catalog.metrics["lead_conversion_rate"].cohort
        and "lead_conversion_rate" in view.metrics
    )
    if not cohort or "lead_times" in view.counted.lacks or not leads:
        return ""
    times = view.evaluator.catalog.histograms["lead_times"]
    dated = view.evaluator.maturing.cohort(times, TOTAL, view.window)
    young = dated.leads - dated.old
    if young / leads < _YOUNG:
        return ""
    return (
        f"Leads younger than {horizon} days: {young} of {leads} in the period ({percent(young / leads)}). Their "
        "conversion so far understates what it will be; see mature and projected."
    )


def _spread_spend(view: View) -> str:
    rows = view.counted.spread() if "spend" not in view.counted.lacks else 0
    if not rows:
        return ""
    return (
        f"Rows of spend for a range of days that a period cuts: {rows}. Their cost is spread evenly over "
        "the days."
    )


def _unmatched_deals(view: View) -> str:
    won, unlinked = view.sum("deals_won"), view.sum("won_unlinked")
    if not (won and unlinked) or "leads" not in view.counted.facts.frames:
        return ""
    return (
        f"Won deals without a lead: {unlinked} of {won} in the period. They count as deals, revenue and "
        "customers, but not in the conversion of leads."
    )


def _undated_rows(view: View) -> str:
    found = []
    for table, day in (("leads", "created_at"), ("deals", "created_at"), ("spend", None)):
        measure = {"leads": "leads", "deals": "deals_created", "spend": "spend"}[table]
        if measure in view.counted.lacks or view.counted.facts.lacks_day(table, day):
            continue
        if n := view.counted.undated(table, day):
            found.append(f"{n} of {table}")
    if not found:
        return ""
    what = "the totals alone" if view.window.everything else "no period"
    return f"Rows without a date: {', '.join(found)}. They count in {what}."


def _negative_lags(view: View) -> str:
    n = sum(n for (lag, won), n in view.values("lead_times").items() if won and lag < 0)
    if not n or not view.metrics & _FROM_LEADS:
        return ""
    return f"Leads dated after their win: {n}. Left out of the days from lead to win, counted as won."


def _undated_wins(view: View) -> str:
    if "deals_won" in view.counted.lacks or not (n := view.counted.undated_wins()):
        return ""
    what = "the totals alone" if view.window.everything else "no period"
    return f"Won deals without a close date: {n}. They count in {what}."


def _status_without_date(view: View) -> str:
    path = view.counted.facts.path
    measures = {path.label(stage): stagerates.undated(stage) for stage in path.names[1:-1]}
    known = view.evaluator.catalog.measures
    undated = {label: view.sum(name) for label, name in measures.items() if name in known}
    found = [f"{label} {n}" for label, n in undated.items() if n]
    if not found:
        return ""
    return f"Leads whose stage has no date count on the day they were created, in mature rates too: {', '.join(found)}."


def _cycle_longer_than_period(view: View) -> str:
    times = view.values("lead_times", view.evaluator.tally.timeline.everything)
    lags = {lag: n for (lag, _), n in times.items() if lag >= 0}
    if not lags or view.window.everything or not view.metrics & {"cac", "cac_paid"}:
        return ""
    median = intervals.quantile(sorted(lags.items()), 0.5)
    if median <= view.window.days:
        return ""
    return (
        f"From lead to win it takes {median:g} days (median), longer than the period of {view.window.days}: "
        "the customers of the period were paid for before it, so CAC compares unlike things."
    )


def _small_groups(view: View) -> str:
    sizes = [cells["leads"].value for _, cells in view.rows if "leads" in cells]
    small = [size for size in sizes if size is not None and size < view.min_n]
    if not small:
        return ""
    return (
        f"Groups of fewer than {view.min_n} leads: {len(small)} of {len(sizes)}. Their rates are shown, but "
        "not ranked or called better or worse."
    )


def _zero_amount(view: View) -> str:
    n = view.amounts()
    zero = view.evaluator.tally.sum(FREE, TOTAL, view.window) if FREE.id not in view.counted.lacks else 0
    if not zero or not view.metrics & {"deal_size", "deal_size_median"}:
        return ""
    return f"Won deals with an amount of 0: {zero} of {n}. They count in the deal size."


def _missing_amount(view: View) -> str:
    if "won_amounts" in view.counted.lacks or not view.metrics & {"deal_size", "deal_size_median"}:
        return ""
    won = view.sum("new_won")
    missing = won - view.amounts()
    return (
        f"Won deals without an amount: {missing} of {won}. Left out of the deal size." if missing > 0 else ""
    )


def _unequal_periods(view: View) -> str:
    as_of = view.evaluator.tally.timeline.as_of
    *first, last = (min(w.end, as_of) - w.start + 1 for w in (view.window, *view.befores))
    if {*first} <= {last}:
        return ""
    whole = all(window.end <= as_of for window in (view.window, *view.befores))
    if view.apart or (whole and all(exposure.neighbours((first[0], days)) for days in (*first, last))):
        how = "called better or worse per day"
    else:
        how = "compared per day, in size and call"
    return f"The periods have {', '.join(map(str, first))} and {last} days: counts and sums are {how}."


def _outside_data(view: View) -> str:
    days = view.counted.asked.days("leads", "deals", "spend")
    if not days or view.window.everything:
        return ""
    apart = view.window.start > max(days[-1], view.evaluator.tally.timeline.as_of)
    if apart or view.window.end < days[0]:
        return (
            f"The data are of {from_day(days[0])} to {from_day(days[-1])}: nothing of the period is in them."
        )
    if any(before.start < days[0] for before in view.befores):
        return f"The data begin on {from_day(days[0])}, after the start of the comparison period."
    return ""


_ALL: Mapping[str, Callable[[View], str]] = {
    "outside_data": _outside_data,
    "left_truncated": _left_truncated,
    "stages_truncated": _stages_truncated,
    "young_cohort": _young_cohort,
    "unmatched_deals": _unmatched_deals,
    "undated_rows": _undated_rows,
    "undated_wins": _undated_wins,
    "status_without_date": _status_without_date,
    "negative_lags": _negative_lags,
    "zero_amount": _zero_amount,
    "missing_amount": _missing_amount,
    "customer_counts": customernotes.two_counts,
    "cost_kinds": moneynotes.cost_kinds,
    "costs_so_far": moneynotes.costs_so_far,
    "won_without_quota": moneynotes.won_without_quota,
    "coverage_undue": moneynotes.coverage_undue,
    "pipeline_chances": moneynotes.pipeline_chances,
    "pipeline_unweighted": moneynotes.pipeline_unweighted,
    "spread_spend": _spread_spend,
    "spend_after_as_of": beyond.spend,
    "spend_uncovered": spendcover.note,
    "visits_after_as_of": beyond.visits,
    "cycle_longer_than_period": _cycle_longer_than_period,
    "unequal_periods": _unequal_periods,
    "small_groups": _small_groups,
}
"""What is looked for, by the code of its note, in the order in which notes are printed."""
