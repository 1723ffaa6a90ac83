"""Real exports, read as a careful analyst reads them."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from funnelkit.errors import SourceError
from funnelkit.pipeline import provenance
from tests.reading import column, rows, sums
from tests.real import ENTRIES, accepted, answer, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.sources.loaded import Loaded

NAMES = {"recipients": "sent", "abuse_complaints": "complaints"}
"""Names of sums that are called otherwise in the canonical tables."""
COLUMNS = set(
    "cost impressions clicks clicks_all conversions conversion_value sent delivered unique_opens opens unique_clicks "
    "clicks unsubscribes bounces complaints".split()
)


each = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
each_table = pytest.mark.parametrize(
    "entry", [pytest.param(e, id=path) for path, e in ENTRIES.items() if e["table"] != "refuse"]
)


def test_there_are_exports_of_every_tool() -> None:
    assert len({entry["tool"] for entry in ENTRIES.values()}) >= 20
    assert len(ENTRIES) >= 55


@each
def test_the_table_is_right_or_the_file_is_refused(entry: Mapping[str, Any]) -> None:
    found = answer(entry["path"])
    allowed = [one.split()[0] for one in accepted(entry)]
    if isinstance(found, SourceError):
        assert "refuse" in allowed
        assert found.hint
        assert found.exit_code == 3
    else:
        assert found.table in allowed


@each_table
def test_every_data_row_is_used(entry: Mapping[str, Any]) -> None:
    loaded = table_of(entry["path"])
    by_currency = entry.get("sums", {}).get("by_currency")
    # A payment that was never made is a row of the file and none of the table.
    paid = sum(money["paid_n"] for money in by_currency.values()) if by_currency else entry["data_rows"]
    assert loaded.used == paid
    assert loaded.rows == entry["records_after_header"]
    assert loaded.export.dialect.header_line == entry["header_line"]


@each_table
def test_the_sums_are_exact(entry: Mapping[str, Any]) -> None:
    loaded = table_of(entry["path"])
    found = sums(loaded)
    compared = 0
    for name, truth in entry.get("sums", {}).items():
        target = NAMES.get(name, name)
        if target not in COLUMNS or (truth is not None and not isinstance(truth, dict)):
            continue
        compared += 1
        if truth is None:
            assert target not in found, "not in the file, so not 0 either"
        else:
            assert found[target] == Decimal(str(truth["sum"])), target
    assert compared or loaded.table not in ("spend", "emails")


@each_table
def test_the_currency_is_that_of_the_file(entry: Mapping[str, Any]) -> None:
    loaded = table_of(entry["path"])
    if "currency" not in entry:
        return
    stated = {row["currency"] for row in rows(loaded) if row.get("currency")}
    # "USD (from the $ sign)": what the truth says beside the code is for people.
    assert stated == ({entry["currency"].split()[0]} if entry["currency"] else set())


def days(entry: Mapping[str, Any], loaded: Loaded) -> dict[str, tuple[Any, Any]]:
    """Canonical column -> first and last day by the truth."""
    found = dict(entry.get("sums", {}))
    named = {
        "created_at": found.get("created"),
        "paid_at": found.get("dates"),
        "entered_at": found.get("changed_at"),
        "closed_at": found.get("closed"),
    }
    known = {
        c: (dashed(t["min"]), dashed(t["max"]))
        for c, t in named.items()
        if isinstance(t, dict) and "min" in t
    }
    # "preamble a..b; rows c..d" and "start dates a..b, end dates c..d": it is the rows that are compared.
    said = str(entry.get("period", ""))
    period = re.findall(r"\d{4}-\d\d-\d\d", said.partition("rows ")[2] or said)
    if len(period) >= 2:
        known["start" if loaded.table in ("spend", "web") else "sent_at"] = (min(period), max(period))
    return known


def dashed(stamp: str) -> str:
    """The day of *stamp*, which may be written without dashes."""
    return re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", stamp)[:10]


@each_table
def test_the_first_and_last_day_are_right(entry: Mapping[str, Any]) -> None:
    loaded = table_of(entry["path"])
    found = rows(loaded)
    for name, (first, last) in days(entry, loaded).items():
        # The close date of an open deal is kept as an expectation.
        columns = {"start": ("start", "end"), "closed_at": ("closed_at", "expected_close_at")}.get(
            name, (name,)
        )
        seen = [row[c] or "" for row in found for c in columns if row.get(c)]
        if loaded.used < entry["data_rows"]:
            # The first or last row of the file may be one that was never paid.
            assert first <= min(seen) <= max(seen) <= last
        else:
            assert (min(seen), max(seen)) == (first, last), name
    anchor = {"leads": "created_at", "emails": "sent_at", "payments": "paid_at", "spend": "start"}.get(
        loaded.table
    )
    if anchor in days(entry, loaded) and loaded.used == entry["data_rows"]:
        ends = provenance.dates(loaded)
        assert tuple(str(day) for day in ends) == days(entry, loaded)[anchor]


@each_table
def test_deals_have_the_outcomes_and_amounts_of_the_file(entry: Mapping[str, Any]) -> None:
    loaded = table_of(entry["path"])
    truth = entry.get("sums", {})
    if loaded.table != "deals":
        return
    found = rows(loaded)
    counts = Counter(row["status"] for row in found)
    for status in ("won", "lost", "open"):
        assert counts[status] == (truth[status] or 0), status
    if truth.get("amount"):
        partial = truth["won"] is None
        for status in ("won", "lost", "open"):
            wanted = "unknown" if partial and status == "open" else status
            amounts = [Decimal(row["amount"] or 0) for row in found if row["status"] == wanted]
            assert sum(amounts) == Decimal(str(truth["amount"][status]["sum"])), status


@each_table
def test_identifiers_and_sources_are_those_of_the_file(entry: Mapping[str, Any]) -> None:
    loaded = table_of(entry["path"])
    truth = entry.get("sums", {})
    headers = {header: target for target, header in loaded.export.kind.columns.items()}
    ids = truth.get("distinct_ids")
    if isinstance(ids, dict) and ids.get("header") in headers:
        assert len({v for v in column(loaded, headers[ids["header"]]) if v}) == ids["n"]
    if "by_source" in truth and loaded.table == "leads":
        counts = Counter(column(loaded, "source"))
        for word, count in truth["by_source"]["top5"].items():
            assert counts[None if word == "(blank)" else " ".join(word.split())] == count, word
    for flag in {"converted", "converted_to_deal"} & loaded.present if "converted" in truth else ():
        assert column(loaded, flag).count("true") == truth["converted"]["n"]


def test_the_queries_of_search_console_add_up() -> None:
    loaded = table_of("gsc/dentplant_Queries.csv")
    truth = ENTRIES["gsc/dentplant_Queries.csv"]
    wanted = {name: truth["sums"][f"organic_{name}"]["sum"] for name in ("clicks", "impressions")}
    assert (loaded.table, loaded.rows, sums(loaded)) == ("search", truth["data_rows"], wanted)
