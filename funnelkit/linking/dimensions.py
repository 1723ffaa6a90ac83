"""The dimensions of every fact: a channel for each row, blanks named, and a deal's from its lead.

A deal or customer belongs to the channel of its lead; its owner is the one who sold. What no file
says stays missing here and is never turned into a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.dimensions import BLANK, DIMENSIONS, NO_LEAD, UNKNOWN
from funnelkit.engines import Engine

_EVIDENCE = ("channel", "source", "medium", "campaign_type", "platform")
_OF_THE_DEAL = ("owner", "product")
"""Dimensions in which a deal's own value counts before its lead's."""

Classify = Callable[..., str]
UNKNOWN_WORDS = frozenset(
    "unknown|(unknown)|not known|not set|(not set)|not specified|unspecified|not provided|(not provided)|undefined|"
    "unassigned|(unassigned)|unbekannt|nicht bekannt|keine angabe|nicht angegeben|inconnu|inconnue|non renseigné|"
    "non spécifié|desconocido|desconocida|sin especificar|no especificado|desconhecido|desconhecida|não informado|"
    "não especificado|sconosciuto|sconosciuta|non specificato|onbekend|niet opgegeven|niet gespecificeerd".split(
        "|"
    )
)
"""Cells that say of a dimension that nobody knows it."""


def own(
    frame: Any,
    present: frozenset[str],
    classify: Classify,
    is_paid: Callable[[str], bool],
    engine: Engine,
    wanted: frozenset[str],
    *,
    merged: bool = False,
) -> tuple[Any, frozenset[str], frozenset[str]]:
    """*frame* with channel and is_paid from its own columns, blanks of the *wanted* ones named.

    Also the columns it has now, and its channels. Where they are *merged*, words for unknown are blanks too.
    """
    evidence = [
        c for c in _EVIDENCE if c in present or (c == "platform" and c in collect.names(collect.frame(frame)))
    ]
    channels: frozenset[str] = frozenset()
    if evidence:
        said = _merging(classify) if merged else classify
        frame, channels = engine.label(frame, evidence, said, "channel")
        present |= {"channel"}
    # A label is never missing.
    blank = present & wanted - ({"channel"} if evidence else set())
    filled = [_named(c, merged=merged) for c in DIMENSIONS if c in blank]
    flag = _paid(present, frozenset(filter(is_paid, channels)))
    return collect.frame(frame).with_columns(*filled, is_paid=flag).to_native(), present, channels


def _merging(classify: Classify) -> Classify:
    """*classify*, of which a blank channel and a word for unknown are one."""

    def said(**cells: str) -> str:
        channel = classify(**cells)
        return UNKNOWN if channel == BLANK or channel.strip().lower() in UNKNOWN_WORDS else channel

    return said


def _named(column: str, *, merged: bool) -> nw.Expr:
    """*column* with a name for its blanks."""
    if not merged:
        return nw.col(column).fill_null(BLANK)
    word = nw.col(column).str.strip_chars().str.to_lowercase()
    nothing = nw.col(column).is_null() | word.is_in(sorted(UNKNOWN_WORDS)).fill_null(False)
    return nw.when(~nothing).then(nw.col(column)).otherwise(nw.lit(UNKNOWN)).alias(column)


def paid(frame: Any, present: frozenset[str], channels: frozenset[str]) -> Any:
    """*frame* with is_paid: 1 where somebody is paid for the channel, which is then one of *channels*; 0 elsewhere."""
    return collect.frame(frame).with_columns(is_paid=_paid(present, channels)).to_native()


def _paid(present: frozenset[str], channels: frozenset[str]) -> nw.Expr:
    if "channel" not in present or not channels:
        return nw.lit(0).cast(nw.Int8)
    return nw.col("channel").is_in(sorted(channels)).fill_null(False).cast(nw.Int8)


def through_leads(
    frame: Any,
    present: frozenset[str],
    leads: Any,
    of_leads: frozenset[str],
    engine: Engine,
    wanted: frozenset[str],
) -> tuple[Any, frozenset[str]]:
    """*frame* (with ``_lead``) in the *wanted* dimensions of its leads, and lead_created_at; its columns now."""
    shared = [d for d in DIMENSIONS if d in of_leads & wanted]
    columns = {f"_{d}": d for d in shared}
    if "created_at" in of_leads:
        columns["lead_created_at"] = "created_at"
    table = collect.frame(engine.looked_up(frame, "_lead", leads, columns))
    # All at once: each step over a frame copies it.
    if shared:
        table = table.with_columns(*(_inherited(d, d in present) for d in shared))
        table = table.drop([f"_{d}" for d in shared])
    return table.to_native(), present | (of_leads & set(DIMENSIONS))


def _inherited(dimension: str, own: bool) -> nw.Expr:
    """The value of *dimension* for a deal that may have one of its *own*, and for its lead's."""
    found = [nw.col(f"_{dimension}")]
    if own:
        found.append(nw.col(dimension))
    if own and dimension in _OF_THE_DEAL:
        # A blank owner is no owner: the lead's counts then.
        named = ~nw.col(dimension).is_in([BLANK, NO_LEAD, UNKNOWN])
        found.insert(0, nw.when(named).then(nw.col(dimension)))
    # The literal stands last: on pandas one that stands first takes the first row's value everywhere.
    return nw.coalesce(*found, nw.lit(NO_LEAD)).alias(dimension)
