"""What the words of a header say: which columns of a table it names, and whether the values below agree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from funnelkit import bulk
from funnelkit.columns import LATEST
from funnelkit.dates import numeric, read
from funnelkit.figures import is_bound, number_parts
from funnelkit.sources import ofmoney, vocabulary
from funnelkit.sources.deciding import periodic
from funnelkit.sources.files.export import Records
from funnelkit.styles import MISSING
from funnelkit.tables import Table

_FILE_WORDS = {
    "leads": ("lead", "contact", "mql", "prospect"),
    "deals": ("deal", "opportunit", "pipeline", "sales"),
    "spend": ("ads", "spend", "cost", "campaign", "ad_"),
    "emails": ("email", "mailing", "newsletter"),
    "payments": ("payment", "invoice", "order", "transaction", "charge"),
    "web": ("session", "traffic", "acquisition"),
    "stage_history": ("history",),
    "customers": ("customer",),
    "activities": ("activit", "aktivit", "atividad", "actividad", "attivit", "calls"),
    "touches": ("touch",),
    "costs": ("overhead", "salar", "payroll", "personnel", "personalkosten"),
    "quotas": ("quota",),
    # Ads and leads have files of these names too: what is in them must tell.
    "social": (),
    "search": (),
}
_DATE_LIKE = re.compile(r"\d\D{1,10}\d|\d\D{1,3}[^\W\d]{3,}|[^\W\d]{3,}\D{1,3}\d{2}|\d{8}")
_LEADS = re.compile(r"lead|prospect|contact|kontakt|mql|opt.?in|anfrage|inquiry|enquiry", re.IGNORECASE)
_PHONE = re.compile(r"(?:tele)?(?:ph|f)on|telefoon|télé|teléf|\bmobile?\b|\bhandy", re.IGNORECASE)
_QUALIFIED = frozenset(("mql", "sal", "sql", "opportunity", "customer"))


class Seen:
    """The first values under a header, looked at once for all tables that ask."""

    def __init__(self, header: Sequence[str], below: Records) -> None:
        self.header = header
        self._below = below[:50]
        self._cells: dict[int, list[str]] = {}
        self._plausible: dict[tuple[object, ...], bool] = {}

    def cells(self, position: int) -> list[str]:
        """The filled cells of a column."""
        if position not in self._cells:
            cells = (cells[position].strip() for _, cells in self._below if position < len(cells))
            self._cells[position] = [cell for cell in cells if cell.lower() not in MISSING]
        return self._cells[position]

    def pairs(self, first: str, second: str) -> set[tuple[str, str]]:
        """The different cells of two columns side by side, where both are filled."""
        places = self.header.index(first), self.header.index(second)
        rows = (cells for _, cells in self._below if max(places) < len(cells))
        return {
            (one, two) for row in rows if (one := row[places[0]].strip()) and (two := row[places[1]].strip())
        }

    def plausible(self, table: Table, column: str, position: int) -> bool:
        """Whether the column at *position* can be *column* of *table*."""
        kind = table.columns[column].kind
        worded = kind in ("status", "boolean")
        asked = (position, kind, *((table.name, column) if worded else ()))
        if asked not in self._plausible:
            self._plausible[asked] = _plausible(table, column, self.cells(position))
        return self._plausible[asked]


def columns_of(table: Table, seen: Seen, *, trusted: bool = False) -> dict[str, str]:
    """The columns of *table* that the header names, where the first values do not speak against it.

    *trusted*: a column that is called a date is one, whatever its values.
    """
    known = vocabulary.load()
    ranked: dict[str, tuple[int, int]] = {}
    for position, name in enumerate(seen.header):
        hit = known.column(table.name, name)
        if hit and (
            (trusted and table.columns[hit[0]].kind == "date") or seen.plausible(table, hit[0], position)
        ):
            column, rank = hit
            if column not in ranked or rank < ranked[column][0]:
                ranked[column] = (rank, position)
    for latest in LATEST if table.name == "leads" else ():
        # Where a file says of leads only by what they came last, that is where they came from.
        if latest in ranked and (only := latest.removeprefix("latest_")) not in ranked:
            ranked[only] = ranked.pop(latest)
    return {column: seen.header[position] for column, (_, position) in ranked.items()}


def score(table: Table, columns: Mapping[str, str], seen: Seen) -> float:
    """How much the words of *columns* are this table's own. Columns without any value say nothing."""
    filled = {c: h for c, h in columns.items() if seen.cells(seen.header.index(h))}
    weights = sum(vocabulary.load().weight(h) for h in filled.values())
    own = _OWN_CELLS if table.name == "activities" and "kind" in filled else 0
    return weights + len(columns) / 100 + (0.5 if table.key in columns else 0) + own


_OWN_CELLS = 2
"""What it says for activities that calls and meetings stand in the cells of their kind, as in those of no other table."""


def _plausible(table: Table, column: str, cells: Sequence[str]) -> bool:
    """Whether the first filled *cells* can be of *column*: half of them must be.

    Empty cells say nothing, but for the outcome of a deal: many exports have a status that is none.
    """
    kind = table.columns[column].kind
    if kind in ("status", "boolean"):
        if table.name == "payments":
            return True  # whatever its words: a payment whose status nobody understands is not taken for paid
        words = vocabulary.load().words(table.name, column, kind)
        found = [m for cell in cells if (m := words.parse(cell)) not in (None, vocabulary.UNCLEAR)]
        # A lead's status may be anything with a few known words in it; a deal's must mostly say an outcome, or both.
        if table.name == "leads":
            return bool(found) or not cells
        return len(found) * 2 > len(cells) or {"won", "lost"} <= set(found)
    if kind == "date":
        if bulk.all_iso(cells):
            return True
        good = sum(numeric(c) is not None or read(c, {}) is not None for c in cells)
        if not good and cells:
            return periodic.plausible(cells, column, table.name)
    elif kind in ("integer", "decimal", "money", "percent"):
        if bulk.all_numbers(cells):
            return True
        good = sum(number_parts(c) is not None or is_bound(c) for c in cells)
    else:
        return True
    return good * 2 >= len(cells)


def unreadable(table: Table, columns: Mapping[str, str], seen: Seen) -> dict[str, str]:
    """The date columns that *columns* lack and that are there, with cells that may be dates but cannot be read.

    They are left out later with a word on why; nobody shall be told to add a column that is there.
    """
    return {
        column: header
        for column, header in columns_of(table, seen, trusted=True).items()
        if column not in columns
        and header not in columns.values()
        and table.columns[column].kind == "date"
        and (cells := seen.cells(seen.header.index(header)))
        and sum(bool(_DATE_LIKE.search(cell)) for cell in cells) * 2 > len(cells)
    }


def complete(table: Table, columns: Mapping[str, str]) -> bool:
    """Whether *columns* are all that *table* needs."""
    return all(any(column in columns for column in group) for group in table.needs)


def signed(table: Table, columns: Mapping[str, str], seen: Seen) -> bool:
    """Whether *columns* are more than any list of things with a date has."""
    if table.name in vocabulary.OF_MONEY:
        return ofmoney.signed(table.name, columns, seen)
    if table.name in vocabulary.UNPAID and _is_of_ads(seen):
        return False
    if not table.signs or any(all(c in columns for c in sign) for sign in table.signs):
        return True
    if table.name != "leads":
        return False
    if any(_LEADS.search(columns.get(c, "")) for c in ("lead_id", "created_at", "owner", "status")):
        return True
    if "email" in columns and any(map(_PHONE.search, seen.header)):
        return True
    if "status" not in columns:
        return False
    words = vocabulary.load().words(table.name, "status", "status")
    return bool(_QUALIFIED & {words.parse(c) for c in seen.cells(seen.header.index(columns["status"]))})


def _is_of_ads(seen: Seen) -> bool:
    """Whether a header names what only ads have: such a report is spend, even where its cost is missing."""
    known = vocabulary.load()
    found = {hit[0] for name in seen.header if (hit := known.column("spend", name))}
    return bool(found & _OF_ADS)


_OF_ADS = frozenset(
    ("campaign_type", "campaign", "ad_group", "cost", "clicks_all", "conversions", "conversion_value")
)


def moves(table: Table, columns: Mapping[str, str], seen: Seen) -> bool:
    """Whether one deal or lead stands in several stages, which only a history of them says."""
    ids = [columns[key] for key in ("deal_id", "lead_id") if key in columns]
    if table.name != "stage_history" or not ids or "stage" not in columns:
        return False
    pairs = seen.pairs(ids[0], columns["stage"])
    return len({one for one, _ in pairs}) < len(pairs)


def named(table: Table, file: str) -> bool:
    """Whether the name of *file* says that it holds *table*."""
    return any(word in _file_words(file) for word in _FILE_WORDS[table.name])


def _file_words(file: str) -> str:
    """What the name of *file* says; its folders say nothing, and neither "leads" nor "downloads" are ads."""
    return Path(file).name.lower().replace("leads", "lead").replace("loads", "load")
