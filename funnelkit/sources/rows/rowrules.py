"""Which rows of an export are no rows of its table: totals, footers, blank ones, and what a preset names besides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from funnelkit.plans import RowRule
from funnelkit.sources.files.export import Export
from funnelkit.sources.preset import Header, OtherRows
from funnelkit.sources.recognise import Recognition
from funnelkit.tables import TABLES

_TOTAL = r"(grand |sub)?totals?( ?:.*)?|gesamt( ?:.*)?|summe|gesamtsumme|total (general|geral|général)( ?:.*)?|totale( ?:.*)?|totaal"
_SUBTOTAL = (
    r"(zwischensumme|teilsumme|sous-total|sub-total|subtotale|subtotaal|tussentotaal|totale parziale|mellansumma|delsumma|"
    r"delsum|deltotal|välisumma|suma częściowa|mezisoučet|részösszeg|ara toplam|промежуточный итог|итого|小計|小计|소계)( .*)?"
)
SUMMED = ("spend", "web", "emails", "costs", "quotas", "social", "search")
"""Tables of figures, under which tools and people write totals."""


def rules(export: Export[Recognition]) -> tuple[RowRule, ...]:
    """Which rows are totals, footers or blank."""
    kind = export.kind
    preset = kind.preset
    names = [h for h in export.header if h]
    mapped = tuple(dict.fromkeys(kind.columns.values()))
    found = [RowRule(reason="blank", message="blank row", headers=mapped)]
    labels = [h for t, h in kind.columns.items() if TABLES[kind.table].columns[t].kind == "text"]
    first = names[:3] if kind.table in SUMMED else names[:1]
    words = f"{_TOTAL}|{_SUBTOTAL}" if kind.table in SUMMED else _TOTAL
    by_hand = _total(words, [*first, *labels], kind)
    dates = [h for t, h in kind.columns.items() if TABLES[kind.table].columns[t].kind == "date"]
    dated = replace(by_hand, unless=tuple(dict.fromkeys([*by_hand.unless, *dates])))
    if preset is None:
        # People search for "total" too: of a search term it says nothing beside a day.
        return (*found, dated if kind.table == "search" else by_hand)
    if preset.totals:
        # The label stands in the first column that holds names, which is not always the first.
        found.append(_total("|".join(preset.totals), [*names[:6], *labels], kind))
    # People add a total by hand; a row of a tool that only sounds like one has its date.
    if kind.table != "search":
        found.append(dated)
    header = Header(names)
    blank = tuple(dict.fromkeys(h for wanted in preset.blank_totals if (h := header.find(wanted))))
    if blank:
        found.append(RowRule(reason="total", message="total row: its names are blank", headers=blank))
    if preset.footers:
        pattern = "|".join(preset.footers)
        found.append(
            RowRule(
                reason="footer", message="footer of the export", headers=tuple(names[:1]), pattern=pattern
            )
        )
    found += [rule for rows in preset.other_rows if (rule := _other(rows, header))]
    return tuple(found)


def _other(rows: OtherRows, header: Header) -> RowRule | None:
    column = header.find(rows.column)
    if column is None:
        return None
    # Without words it is the blank cell that tells.
    pattern = "|".join(map(re.escape, rows.words)) or None
    return RowRule(reason=rows.reason, message=rows.say, headers=(column,), pattern=pattern)


def _total(pattern: str, headers: Sequence[str], kind: Recognition) -> RowRule:
    table = TABLES[kind.table]
    # A company may be called Total; a total row has no id and no date of its own.
    own = [
        h
        for t, h in kind.columns.items()
        if table.key and (t == table.key or table.columns[t].kind == "date")
    ]
    return RowRule(
        reason="total",
        message="total row",
        headers=tuple(dict.fromkeys(headers)),
        pattern=pattern,
        unless=tuple(own),
    )


def fits(rule: RowRule, named: Mapping[str, str]) -> bool:
    """Whether *rule* means the row whose cells are *named* by their headers."""
    found = [named.get(h, "").strip() for h in rule.headers]
    if rule.pattern is None:
        return not any(found)
    return any(re.fullmatch(rule.pattern, cell, re.IGNORECASE) for cell in found)
