"""The handoff between marketing and sales: reasons of rejection, quality of the score, versions of the rule.

Its metrics are those of the report; what is here besides are the small tables that both teams read with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from funnelkit.agreements import UNTOUCHED_DAYS
from funnelkit.metrics import conversion
from funnelkit.metrics import statistics as stats
from funnelkit.metrics.fold import TOTAL
from funnelkit.metrics.stages import REJECTED
from funnelkit.metrics.windows import Window
from funnelkit.periods import from_day
from funnelkit.reports import Band, Handoff, Lift, Orphans, RuleVersion, Share
from funnelkit.statistics import agreement
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.agreements import Rule
    from funnelkit.build.periods import Spans
    from funnelkit.build.request import Request
    from funnelkit.dataset import Dataset
    from funnelkit.metrics.catalog import Catalog
    from funnelkit.metrics.cell import Number
    from funnelkit.metrics.entries import Histogram, Measure, Metric
    from funnelkit.metrics.evaluate import Evaluator
    from funnelkit.metrics.tally import Counts

METRICS = tuple(
    "mqls sals sqls mql_rate sal_rate sql_rate feedback_coverage response_minutes_median response_minutes_p90 "
    "response_within_5min response_within_1h response_within_24h sla_attainment followup_coverage followup_attempts "
    "mql_precision mql_recall "
    "handoff_kappa score_auc cost_per_mql cost_per_sal cost_per_sql match_rate touch_coverage".split()
)
_TOLD_BY = frozenset({"first_response_at", "rejected_reason", "score", "touches"})
"""Columns of leads that only the handoff is told from: with one of them, or with a rule, it is in the report."""
_SAID = frozenset({"no_times"})
"""Reasons for a missing value that are told even where nobody asked for the metric."""
_ORPHANS = ("handed_settled", "handed_untouched", "handed_unowned", "handed_orphaned")
_BY_VERSION = ("mql_rate", "sql_rate", "mql_precision")
_TOPS = (0.1, 0.2)
_NO_REASON = "(no reason)"


def wanted(dataset: Dataset, request: Request) -> bool:
    """Whether the files tell of the handoff, and nobody has asked for certain metrics."""
    told = _TOLD_BY & dataset.present.get("leads", frozenset())
    return request.metrics is None and "leads" in dataset.frames and bool(told or request.rules)


def parts(catalog: Catalog) -> Iterator[Histogram | Measure]:
    """What must be counted besides its metrics."""
    yield catalog.histograms["rejections"]
    yield from (catalog.measures[name] for name in _ORPHANS)


def shown(metric: Metric, evaluator: Evaluator, window: Window) -> bool:
    """Whether *metric* belongs into the report: it has a value, or the files nearly tell it."""
    reason = evaluator.undefined.anyhow(metric, TOTAL, window)
    return reason is None or reason.code in _SAID


class Maker(Struct, frozen=True):
    """Puts the block together from what was counted."""

    evaluator: Evaluator
    dataset: Dataset
    request: Request
    spans: Spans

    def handoff(self, metrics: Sequence[Metric]) -> Handoff:
        """The block; *metrics* are those of the report."""
        known = {metric.id for metric in metrics}
        handed, accepted, rejected = map(self._sum, ("leads_handed", "leads_sal", "leads_rejected"))
        decided = None if accepted is None or rejected is None else accepted + rejected
        return Handoff(
            metrics=tuple(name for name in METRICS if name in known),
            sla=str(self.request.sla),
            sla_minutes=self.request.sla.minutes,
            handed_over=handed,
            accepted=accepted,
            rejected=rejected,
            undecided=None if handed is None or decided is None else handed - decided,
            reasons=tuple(self._reasons(rejected)),
            bands=tuple(self._bands()),
            score_stderr=self._stderr(),
            lifts=tuple(self._lifts()),
            rules=tuple(self._rules()),
            by_rule=self.dataset.qualified,
            orphans=self._orphans(),
        )

    def notes(self) -> Iterator[Note]:
        """That leads of the period were qualified by different rules, where they were."""
        # Where the files say who is an MQL, no rule does.
        used = [(rule, n) for rule, _, n in self._versions() if n and self.dataset.qualified]
        if len(used) > 1:
            names = ", ".join(f"{rule.version} ({n} leads)" for rule, n in used)
            message = (
                f"The leads of the period fall under {len(used)} versions of the qualification rule: {names}. Rates "
                "that begin or end with MQLs mix them; the handoff has them version by version."
            )
            yield Note(code="several_rules", message=message)

    def _orphans(self) -> Orphans | None:
        handed, untouched, unowned, orphaned = map(self._sum, _ORPHANS)
        if handed is None or untouched is None:
            return None
        return Orphans(
            days=UNTOUCHED_DAYS,
            handed_over=handed,
            without_activity=untouched,
            without_owner=unowned,
            without_either=orphaned,
        )

    def _sum(self, name: str) -> int | None:
        if name in self.evaluator.lacks:
            return None
        measure = self.evaluator.catalog.measures[name]
        return self.evaluator.tally.sum(measure, TOTAL, self.spans.window)

    def _counts(self, name: str) -> Counts:
        if name in self.evaluator.lacks:
            return {}
        histogram = self.evaluator.catalog.histograms[name]
        return self.evaluator.tally.values(histogram, TOTAL, self.spans.window)

    def _reasons(self, rejected: int | None) -> Iterator[Share]:
        """The most frequent first; leads that were rejected without one stand last."""
        told = "status" in self.dataset.present["leads"]
        found: dict[str, int] = {}
        for (reason, status), n in self._counts("rejections").items():
            if status in REJECTED or not told:
                found[str(reason)] = found.get(str(reason), 0) + n
        if not found:
            return
        of = max(sum(found.values()), rejected or 0)
        rows = sorted(found.items(), key=lambda one: (-one[1], one[0]))
        if rest := of - sum(found.values()):
            rows.append((_NO_REASON, rest))
        yield from (Share(label=reason, cell=stats.share(n, of)) for reason, n in rows)

    def _scores(self) -> tuple[Mapping[Number, int], Mapping[Number, int]]:
        return conversion.outcomes(self._counts("scores"))

    def _bands(self) -> Iterator[Band]:
        won, others = self._scores()
        if not (won and others):
            return
        unit = 10 ** self.dataset.scales["leads"].get("score", 0)
        for band in agreement.calibration(won, others):
            yield Band(least=band.least / unit, most=band.most / unit, cell=stats.share(band.good, band.n))

    def _stderr(self) -> float | None:
        won, others = self._scores()
        return agreement.auc(won, others).stderr if won and others else None

    def _lifts(self) -> Iterator[Lift]:
        won, others = self._scores()
        if won and others:
            yield from (Lift(top=top, value=agreement.lift(won, others, top)) for top in _TOPS)

    def _rules(self) -> Iterator[RuleVersion]:
        catalog, evaluator = self.evaluator.catalog, self.evaluator
        for rule, window, leads in self._versions():
            cells = {name: evaluator.cell(catalog.metrics[name], TOTAL, window) for name in _BY_VERSION}
            since: date | None = None if rule.since is None else from_day(rule.since)
            yield RuleVersion(version=rule.version, since=since, rule=str(rule), leads=leads, cells=cells)

    def _versions(self) -> Iterator[tuple[Rule, Window, int]]:
        """Each version of the rule that holds in the period, its days of it, and the leads created then."""
        rules, main = self.request.rules, self.spans.main
        for rule, after in zip(rules, [*rules, None][1:], strict=True):
            start = main.start if rule.since is None else max(rule.since, main.start)
            end = main.end if after is None or after.since is None else min(after.since - 1, main.end)
            if start <= end:
                window = Window(start=start, end=end)
                leads = self.evaluator.tally.sum(self.evaluator.catalog.measures["leads"], TOTAL, window)
                yield rule, window, leads
