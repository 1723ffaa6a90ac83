"""What a user may ask for, in one value: the options of the commands and of the Python API."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """The options of the commands. None means "not said": then the configuration or the default holds."""

    by: Sequence[str] = ()
    where: Sequence[str] = ()
    period: str | None = None
    grain: str | None = None
    compare: str | None = None
    as_of: str | None = None
    timezone: str | None = None
    currency: str | None = None
    horizon: int | None = None
    min_n: int | None = None
    probability: str | None = None
    metrics: Sequence[str] = ()
    anchor: str | None = None
    stage_entry: str | None = None
    sort: str | None = None
    top: int | None = None
    date_order: str | None = None
    decimal: str | None = None
    drop_tests: bool = False
    dedupe_emails: bool = False
    merge_unknown: bool = False
    clamp_negative: bool = False
    gross: bool = False
    first_close: bool = False
    constant_currency: str | None = None
    strict: bool = False
    engine: str = "auto"
    memory_limit: str | None = None
    config: str | Path | None = None
    no_config: bool = False


def given(words: dict[str, Any]) -> Options:
    """The options *words* of a call in Python, where one text stands for a list of one: ``by="channel,owner"``."""
    split = {name: words[name].split(",") for name in ("by", "metrics") if isinstance(words.get(name), str)}
    where = {"where": (words["where"],)} if isinstance(words.get("where"), str) else {}
    return Options(**words | split | where)
