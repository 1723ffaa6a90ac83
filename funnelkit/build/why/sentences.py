"""The answer in words: what changed, by which effects, where, and whether it is more than noise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.build.why.labels import Label, labels, plural, unit
from funnelkit.metrics.compare import FEW, NO_CALL
from funnelkit.metrics.reasons import NO_DENOMINATOR

if TYPE_CHECKING:
    from funnelkit.build.why.judging import Finding
    from funnelkit.build.why.request import Say
    from funnelkit.build.why.tables import Shown
    from funnelkit.metrics.entries import Metric

_MOST = 5
"""So many effects are named."""
_SMALL = 0.02
"""Effects of less than this share of the largest are left to the table."""
_FEW = 3
"""So many segments are, where there is one effect alone."""


def sentences(shown: Shown, findings: Sequence[Finding], chosen: Finding | None, say: Say, *, asked: bool) -> Iterator[str]:  # fmt: skip
    """What is to be said of the change by the *findings*; *asked* if the user named the dimensions."""
    words = _Words(shown, say)
    if chosen is None:
        yield words.change(None)
        yield "There are no two segments to take it apart by: load a file with a channel, an owner or a campaign."
        return
    yield words.change(chosen)
    yield words.called(chosen)
    if not asked and len(findings) > 1:
        yield words.choice(findings, chosen)


def immature(metric: Metric, horizon: int) -> str:
    """Why nothing can be said, where one side has too little to divide by."""
    if metric.statistic != "conversion":
        return f"{metric.label}: n/a, {NO_DENOMINATOR.message}."
    return (
        f"{metric.label}: n/a, no lead of one side has had all of {horizon} days yet. Ask about an earlier period, or "
        "shorten --horizon."
    )


class _Words:
    """Amounts of one study in words."""

    def __init__(self, shown: Shown, say: Say) -> None:
        self._shown = shown
        self._say = say
        self._unit = unit(shown.metric, shown.shifts)
        self._labels = labels(shown.shifts)

    def change(self, found: Finding | None) -> str:
        """The change, its effects, and whether it is noise."""
        shown = self._shown
        cells = [shown.cell(side) for side in shown.sides.both]
        old, new = (cell.value or 0 for cell in cells)
        before, after = (
            f"{self._say(value, shown.metric.unit)} ({side.label})"
            for value, side in zip((old, new), shown.sides.both, strict=True)
        )
        size = self._say(abs(new - old), self._unit)
        if new == old:
            head = f"{shown.metric.label}: no difference between {before} and {after}"
        elif shown.between:
            head = f"{shown.metric.label} is {size} {'higher' if new > old else 'lower'}, {after} against {before}"
        else:
            head = f"{shown.metric.label} {'rose' if new > old else 'fell'} {size} from {before} to {after}"
        effects = f": {', '.join(self._effects(found))}" if found else ""
        return f"{head}{effects}; {self._noise()}."

    def called(self, found: Finding) -> str:
        """The effects in single segments that are more than noise, and those that too few cases keep from a call."""
        calls, few = [], []
        for key in found.keys:
            words = zip(found.verdicts[key], found.uncalled[key], strict=True)
            for effect, (word, why), label in zip(
                found.apart.segments[key], words, self._labels, strict=False
            ):
                one = abs(effect.value), f"{key[0]} {self._signed(effect.value)}{self._kind(label)}"
                if word != NO_CALL:
                    calls.append(one)
                elif why == FEW and effect.limits and not _holds_none(effect.limits):
                    few.append(one)
        if calls:
            said = f"Beyond noise: {_largest(calls)}."
        else:
            said = f"No effect of a single {found.dimension} {'on enough cases ' if few else ''}is more than noise."
        return (
            f"{said} On too few cases to be called (--min-n), though their limits leave out 0: {_largest(few)}."
            if few
            else said
        )

    def choice(self, findings: Sequence[Finding], chosen: Finding) -> str:
        """Which dimension is shown, and why."""
        others = ", ".join(one.dimension for one in findings)
        if chosen.apart_from_all > 0:
            why = (
                f"its segments moved most unlike each other, by {self._say(chosen.apart_from_all, self._unit)} "
                "beyond noise"
            )
        else:
            why = "in none of them did segments move unlike each other by more than noise, and it is the most usual"
        return f"Shown by {chosen.dimension}, of {others}: {why}. --by shows others."

    def _effects(self, found: Finding) -> Iterable[str]:
        """Each effect as a whole, the largest first, with the segment that has most of it."""
        several = plural(found.dimension)
        if len(self._labels) == 1:
            largest = sorted(found.keys, key=lambda key: -abs(found.apart.segments[key][0].value))[:_FEW]
            return (f"{key[0]} {self._signed(found.apart.segments[key][0].value)}" for key in largest)
        shown = [
            (effect.value, self._said(effect.value, label, several) + self._mostly(found, i))
            for i, (effect, label) in enumerate(zip(found.apart.total, self._labels, strict=False))
        ]
        shown.sort(key=lambda one: -abs(one[0]))
        return [text for value, text in shown if abs(value) >= _SMALL * abs(shown[0][0])]

    def _said(self, value: float, label: Label, several: str) -> str:
        return f"{self._signed(value)} {label.said.format(several=several)}"

    def _mostly(self, found: Finding, i: int) -> str:
        if self._labels[i].id not in ("rate", "volume"):
            return ""
        whole = found.apart.total[i].value
        # Segments may pull the other way: most of an effect is in one that has its sign.
        parts = [(found.apart.segments[key][i].value, key[0]) for key in found.keys]
        value, name = max(parts, key=lambda part: part[0] * whole, default=(0.0, ""))
        return f" (mostly {name}, {self._signed(value)})" if value * whole > 0 and len(parts) > 1 else ""

    def _kind(self, label: Label) -> str:
        """What an effect of one segment is, where it has several."""
        return "" if len(self._labels) == 1 else f" ({label.title.lower()})"

    def _noise(self) -> str:
        if self._shown.young:
            return "young leads can still change it, so nothing is called"
        if self._shown.verdict != NO_CALL:
            return "beyond noise"
        limits = self._shown.whole.limits
        if limits is None:
            return "nothing tells whether that is more than noise"
        few = self._shown.uncalled == FEW or not _holds_none(limits)
        return "on too few cases to be called" if few else "no more than noise"

    def _signed(self, value: float) -> str:
        return f"{'+' if value > 0 else '-' if value < 0 else ''}{self._say(abs(value), self._unit)}"


def _holds_none(limits: tuple[float, float | None]) -> bool:
    """Whether there may be no effect at all."""
    low, high = limits
    return low <= 0 and (high is None or high >= 0)


def _largest(effects: list[tuple[float, str]]) -> str:
    """The largest of *effects*, sizes with their words, and how many more there are."""
    effects.sort(key=lambda effect: -effect[0])
    more = f", and {len(effects) - _MOST} more in the table" if len(effects) > _MOST else ""
    return f"{', '.join(text for _, text in effects[:_MOST])}{more}"
