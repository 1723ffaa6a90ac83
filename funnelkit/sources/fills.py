"""Columns whose cells stand under two headers: what a row leaves blank under the first, the second may hold.

The second is asked for, decided and converted as a column of its own, beside those of the table; then
the two are put together and it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from funnelkit import collect
from funnelkit.sources.deciding.decisions import Asked, Decision
from funnelkit.sources.files.export import Export
from funnelkit.sources.preset import Header
from funnelkit.sources.recognise import Recognition
from funnelkit.styles import NumberStyle, Style

_MARK = "_fill"
HOPED_FOR = f"amount{_MARK}"
"""What a deal was hoped to bring, beside what it brought."""


def headers(export: Export[Recognition]) -> dict[str, str]:
    """Canonical column -> the header that fills its blank cells, where the file has both headers."""
    kind, names = export.kind, Header(export.header)
    if kind.preset is None:
        return {}

    def first(wanted: Sequence[str]) -> str | None:
        return next((h for name in wanted if (h := names.find(name))), None)

    # Who names a header means it alone; but a pinned file has every column named, as the preset took them.
    named = {target for target in kind.columns if kind.how.get(target) == "configuration"}
    pinned = named == set(kind.columns)
    found = {
        target: first(source.fill)
        for target, source in kind.preset.columns.items()
        if target in kind.columns
        and (kind.columns[target] == first(source.headers) if pinned else target not in named)
    }
    taken = set(kind.columns.values())
    return {target: header for target, header in found.items() if header and header not in taken}


def asked(export: Export[Recognition], wanted: Sequence[Asked], text: Any) -> list[Asked]:
    """For each column of *wanted* that another header fills, what is to be decided of that one."""
    second = headers(export)
    return [
        replace(one, target=f"{one.target}{_MARK}", header=header, cells=text.distinct(header))
        for one in wanted
        if (header := second.get(one.target))
    ]


def own(decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """The *decisions* on the table's own columns, which say what fills them."""
    found = {target: decision for target, decision in decisions.items() if not target.endswith(_MARK)}
    for first, second in _pairs(decisions):
        why = f"{found[first].evidence}; where it is blank, {decisions[second].header!r}"
        found[first] = replace(found[first], evidence=why, style=_common(decisions, first, second))
    return found


def filled(frame: Any, decisions: Mapping[str, Decision], table: str) -> Any:
    """*frame* with its own columns alone, each blank cell filled that can be.

    The amount of a deal waits for `outcomes.deals`, for it depends on the outcome.
    """
    pairs = _pairs(decisions)
    if not any(target.endswith(_MARK) for target in decisions):
        return frame
    import narwhals.stable.v2 as nw

    found = collect.frame(frame)
    kept = {second for _, second in pairs} & {HOPED_FOR if table == "deals" else ""}
    for first, second in pairs:
        common = _common(decisions, first, second)
        for target in (first, second):
            style = decisions[target].style
            if isinstance(common, NumberStyle) and isinstance(style, NumberStyle):
                found = found.with_columns(nw.col(target) * 10 ** (common.scale - style.scale))
        if second not in kept:
            found = found.with_columns(nw.coalesce(first, second).alias(first))
    return found.drop([c for c in collect.names(found) if c.endswith(_MARK) and c not in kept]).to_native()


def _common(decisions: Mapping[str, Decision], first: str, second: str) -> Style | None:
    """The style of the first column, with decimals enough for both."""
    one, two = decisions[first].style, decisions[second].style
    if isinstance(one, NumberStyle) and isinstance(two, NumberStyle):
        return replace(one, scale=max(one.scale, two.scale))
    return one


def _pairs(decisions: Mapping[str, Decision]) -> list[tuple[str, str]]:
    """Each column and the one that fills it, where both can be read."""
    both = [(t.removesuffix(_MARK), t) for t in decisions if t.endswith(_MARK)]
    return [(one, two) for one, two in both if decisions[one].style and decisions[two].style]
