"""What a header is: a preset's export, or a table in the words that people use.

A preset counts more than any number of known words. Among words, the table wins whose needed
columns are all there, whose values look right, and whose words are most its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from funnelkit.errors import SourceError
from funnelkit.sources import stageheaders, tablewords
from funnelkit.sources.deciding import periodic
from funnelkit.sources.files.export import Proposal, Records
from funnelkit.sources.preset import Header, Preset, choose, currency_in
from funnelkit.stagecolumns import is_stage_entry
from funnelkit.tables import TABLES, Table
from funnelkit.words import currency_code

_PRESET = 1000.0
_ANYWAY = 100.0
"""What it says for a header that is called a table, that it would be taken for it anyway: of sheets that one is meant."""
_MARGIN = 0.75
"""By so much the best table must lead, or the file is ambiguous."""


class Recognition(Struct, frozen=True, kw_only=True):
    """What an export is, and which of its headers is which canonical column."""

    table: str
    preset: Preset | None
    columns: Mapping[str, str]
    how: Mapping[str, str]
    """Per column: the preset, a known word, or the configuration."""
    currency: str | None = None
    """A code that a header holds."""

    @property
    def preset_name(self) -> str | None:
        """The name of the preset, where there is one."""
        return self.preset.name if self.preset else None


class Recogniser(Struct, frozen=True, kw_only=True):
    """Recognition with what the command line and the configuration say of a file beforehand."""

    presets: tuple[Preset, ...]
    kind: str | None = None
    """A table or a preset by name, from ``KIND=FILE`` or the configuration."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Canonical column -> header, from the configuration."""
    closed: bool = False
    """Nothing but *columns* is read."""
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Column of leads -> the headers that it may have, for the days of the user's own stages."""

    def __call__(self, header: tuple[str, ...], below: Records, file: str) -> Proposal[Recognition] | None:
        """What *header* is, or None."""
        names = Header(header)
        if any(names.find(wanted) is None for wanted in self.columns.values()):
            return None
        own = {target: names.find(wanted) or "" for target, wanted in self.columns.items()}
        found = self._by_preset(names, file)
        if found is None:
            found = self._by_words(header, below, file, own)
        elif self.kind != found.kind.preset_name and (wanted := _lacking(found.kind, names)):
            # A header with a few of a tool's words is the tool's only where the words alone give no more.
            other = self._by_words(header, below, file, own)
            if other and all(_tells(targets, other.kind) for targets in wanted):
                found = other
        if found and found.kind.preset:
            found = Proposal(kind=_worded(found.kind, header, below), score=found.score)
        if found and found.kind.table == "leads" and self.stages:
            days = {
                t: h
                for t, headers in self.stages.items()
                if (h := next(filter(None, map(names.find, headers)), None))
            }
            own = {**days, **own}
        if found and found.kind.table == "deals":
            found = replace(found, kind=_with_stages(found.kind, header))
        if found is None or not own:
            return found
        kind = found.kind
        merged = Recognition(
            table=kind.table,
            preset=kind.preset,
            columns={**_stages(kind.columns), **own}
            if self.closed
            else {**_others(kind.columns, own), **own},
            how={**kind.how, **dict.fromkeys(own, "configuration")},
            currency=kind.currency,
        )
        return Proposal(kind=merged, score=found.score + len(own))

    def _by_preset(self, names: Header, file: str) -> Proposal[Recognition] | None:
        forced = next((p for p in self.presets if p.name == self.kind), None)
        if forced is None:
            allowed = [p for p in self.presets if self.kind in (None, p.table)]
            preset = choose(names.names, allowed, file)
            return _of_preset(preset, names, _PRESET) if preset else None
        proposal = _of_preset(forced, names, 0.0)
        return proposal if len(proposal.kind.columns) > 1 else None

    def _by_words(
        self, header: tuple[str, ...], below: Records, file: str, own: Mapping[str, str]
    ) -> Proposal[Recognition] | None:
        if self.kind and self.kind not in TABLES:
            return None
        scored = []
        seen = tablewords.Seen(header, below)
        for table in [TABLES[self.kind]] if self.kind else TABLES.values():
            columns = tablewords.columns_of(table, seen)
            if not self.kind and not all(column in table.columns for column in own):
                continue
            if not (columns or own) or (not self.kind and not tablewords.complete(table, {**columns, **own})):
                continue
            named = tablewords.named(table, file)
            signed = tablewords.signed(table, columns, seen)
            if not (self.kind or own or named or signed):
                continue
            # Ad spend may call itself cost too; where the cells are kinds of cost, the name says nothing for it.
            named = named or (signed and table.name == "costs" and tablewords.named(TABLES["spend"], file))
            score = tablewords.score(table, columns, seen) + (named or tablewords.moves(table, columns, seen))
            scored.append((score, table.name, columns))
        if not scored:
            return self._undated(seen, own, file)
        scored.sort(key=lambda s: (-s[0], s[1]))
        best = scored[0]
        if self.kind and self._anyway(header, below, file) == self.kind:
            best = (best[0] + _ANYWAY, *best[1:])
        if len(scored) > 1 and best[0] - scored[1][0] < _MARGIN:
            raise SourceError(
                f"{file}: could be {best[1]} or {scored[1][1]}",
                hint=f"Say which: {best[1]}={file}",
                code="ambiguous_kind",
            )
        columns = {**best[2], **tablewords.unreadable(TABLES[best[1]], best[2], seen)}
        kind = Recognition(
            table=best[1],
            preset=None,
            columns=columns,
            how=dict.fromkeys(columns, "known word"),
            currency=_currency(TABLES[best[1]], best[2]),
        )
        return Proposal(kind=kind, score=best[0])

    def _anyway(self, header: tuple[str, ...], below: Records, file: str) -> str | None:
        """The table that it would be taken for where nobody says what it is."""
        try:
            found = replace(self, kind=None)(header, below, file)
        except SourceError:
            return None
        return found.kind.table if found else None

    def _undated(
        self, seen: tablewords.Seen, own: Mapping[str, str], file: str
    ) -> Proposal[Recognition] | None:
        """A table that lacks nothing but dates that can be read, so that its refusal tells which cannot."""
        scored = []
        for table in [TABLES[self.kind]] if self.kind else TABLES.values():
            columns = tablewords.columns_of(table, seen, trusted=True)
            if len(columns) < _KNOWN or tablewords.complete(
                table, {**tablewords.columns_of(table, seen), **own}
            ):
                continue
            named = tablewords.named(table, file)
            if tablewords.complete(table, {**columns, **own}) and (
                self.kind or named or tablewords.signed(table, columns, seen)
            ):
                scored.append((tablewords.score(table, columns, seen), table.name, columns))
        if not scored:
            return None
        _, name, columns = max(scored, key=lambda one: one[:2])
        kind = Recognition(table=name, preset=None, columns=columns, how=dict.fromkeys(columns, "known word"))
        return Proposal(kind=kind, score=0.0)


_KNOWN = 2
"""A header with fewer columns of a table than this may be anything."""


def _others(columns: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """*columns* without the headers that stand for a column of *own*."""
    return {target: header for target, header in columns.items() if header not in own.values()}


_CODE = re.compile(r"[(\[]([A-Z]{3})[)\]]|\b([A-Z]{3})$|((?:[A-Z]{1,2})?\$|[€£¥₹])")
_WORDS = ("ALL", "TOP")
"""Codes that a header holds as words far more often."""


def _currency(table: Table, columns: Mapping[str, str]) -> str | None:
    """The currency that the headers of the money *columns* name, where they name one."""
    money = [header for column, header in columns.items() if table.columns[column].kind == "money"]
    signs = {sign for header in money for match in _CODE.finditer(header) for sign in match.groups() if sign}
    codes = {code for sign in signs if sign not in _WORDS and (code := currency_code(sign))}
    return codes.pop() if len(codes) == 1 else None


def _lacking(kind: Recognition, names: Header) -> list[set[str]]:
    """For each thing that the preset needs and the file lacks, the columns that would give it."""
    preset = kind.preset
    if preset is None or preset.refuse:
        return []
    missing = [set(need.any_of) for need in preset.needs if not any(map(names.find, need.any_of))]
    return [
        {t for t, source in preset.columns.items() if headers & set(source.headers)} for headers in missing
    ]


_OUTCOME = frozenset(("status", "stage", "won", "won_at"))
"""What became of a deal is told by any of these."""


def _tells(targets: set[str], kind: Recognition) -> bool:
    """Whether *kind* has one of the columns *targets*, or another that says the same."""
    same = _OUTCOME if kind.table == "deals" and targets & _OUTCOME else frozenset[str]()
    return bool((targets | same) & kind.columns.keys())


def _of_preset(preset: Preset, names: Header, score: float) -> Proposal[Recognition]:
    columns: dict[str, str] = {}
    currency = None
    for target, source in preset.columns.items():
        header = next((h for wanted in source.headers if (h := names.find(wanted))), None)
        if header:
            columns[target] = header
            currency = currency or currency_in(source.headers, header)
    kind = Recognition(
        table=preset.table,
        preset=preset,
        columns=columns,
        how=dict.fromkeys(columns, f"preset {preset.name}"),
        currency=currency,
    )
    return Proposal(kind=kind, score=score + len(columns))


_COMMON = ("date", "start", "campaign", "currency", "impressions")
"""Columns of ad reports that mean the same whatever the tool calls them; clicks and conversions do not."""
_OF_TEAMS = ("owner", "mql_at", "sal_at", "sql_at", "first_response_at", "score", "rejected_reason")
"""What a CRM has no field for, or another one, so that each team makes its own and calls it what everybody does."""


def _worded(kind: Recognition, header: Sequence[str], below: Records) -> Recognition:
    """*kind* with what its preset does not find under the names of any language that it knows."""
    sought = _sought(kind)
    if not sought:
        return kind
    found = {
        column: name
        for column, name in tablewords.columns_of(TABLES[kind.table], tablewords.Seen(header, below)).items()
        # The start of a campaign is none of a row, but a week or a month is.
        if column in sought
        and name not in kind.columns.values()
        and (column != "start" or periodic.unit(name))
    }
    return replace(
        kind, columns={**kind.columns, **found}, how={**kind.how, **dict.fromkeys(found, "known word")}
    )


def _with_stages(kind: Recognition, header: Sequence[str]) -> Recognition:
    """*kind*, of deals, with the days of their stages, where each stage has a column."""
    days = stageheaders.columns(header)
    how = {**kind.how, **dict.fromkeys(days, "days of stages")}
    return replace(kind, columns={**kind.columns, **days}, how=how)


def _stages(columns: Mapping[str, str]) -> dict[str, str]:
    """Those of *columns* that are days of stages, which are told by their headers whatever else is said."""
    return {target: header for target, header in columns.items() if is_stage_entry(target)}


def _sought(kind: Recognition) -> set[str]:
    """The columns that the words are asked for: of ads those that the preset looks for, of leads those of the team."""
    preset = kind.preset
    if preset is None or preset.refuse:
        return set()
    asked = {"spend": preset.columns.keys() & {*_COMMON}, "leads": {*_OF_TEAMS}}
    return asked.get(kind.table, set()) - kind.columns.keys()


def nearly_spend(header: Sequence[str], file: str) -> str | None:
    """The header of the day in what is ad spend by its words or its file name, and lacks nothing but a cost."""
    found = tablewords.columns_of(TABLES["spend"], tablewords.Seen(header, ()))
    dated = found.get("date") or found.get("start")
    named = tablewords.named(TABLES["spend"], file)
    return dated if dated and "cost" not in found and (named or len(found) > _KNOWN) else None
