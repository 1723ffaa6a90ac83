"""The word lists: a word in the wrong form is never found, and one that stands twice is found by chance."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from funnelkit.sources import vocabulary
from funnelkit.sources.vocabulary import words_of
from funnelkit.tables import TABLES
from funnelkit.words import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator


def _lists(value: Any) -> Any:
    """The document with every text of words as a list."""
    if isinstance(value, dict):
        return {str(k): _lists(v) for k, v in value.items()}
    return words_of(value) if isinstance(value, str) else value


DOCUMENT: dict[str, Any] = _lists(
    yaml.safe_load((files("funnelkit.sources") / "vocabulary.yaml").read_text("utf-8"))
) | yaml.safe_load((Path(__file__).parent / "never_words.yaml").read_text("utf-8"))
COLUMNS = [(table, column) for table in TABLES for column in TABLES[table].columns]

MEANINGS = {
    "deals.status": {"open", "won", "lost", "other", "unclear"},
    "deals.stage_outcome": {"open", "won", "lost", "other", "unclear"},
    "deals.type": {"new", "expansion", "renewal"},
    "leads.status": {"lead", "mql", "sal", "sql", "opportunity", "customer", "rejected"},
    "leads.stage_outcome": {"lead", "mql", "sal", "sql", "opportunity", "customer", "rejected"},
    "activities.kind": {"call", "email", "meeting", "message", "automatic", "incoming", "note"},
    "activities.direction": {"outgoing", "incoming"},
    "activities.status": {"done", "open", "canceled"},
    "stage_history.deal_outcome": {"open", "won", "lost", "other", "unclear"},
    "stage_history.lead_stage": {"lead", "mql", "sal", "sql", "opportunity", "customer", "rejected"},
    "payments.status": {"paid", "refunded", "failed", "pending"},
    "boolean": {"true", "false"},
    "none": set(),
}

HEADERS = [
    ("leads", "mql_id", "lead_id"),
    ("leads", "first_contact_date", "created_at"),
    ("leads", "origin", "source"),
    ("leads", "CreatedDate", "created_at"),
    ("leads", "LeadSource", "source"),
    ("leads", "ConvertedOpportunity.External_Id__c", "deal_id"),
    ("leads", "LEADID", "lead_id"),
    ("leads", "email_from", "email"),
    ("leads", "Company / Account", "company"),
    ("leads", "Became a Marketing Qualified Lead Date", "mql_at"),
    ("leads", 'Date entered "Sales Qualified Lead (Lifecycle Stage Pipeline)"', "sql_at"),
    ("leads", "CONVERTED", "converted"),
    ("leads", "OPTIN_TIME", "created_at"),
    ("leads", "criado_em", "created_at"),
    ("leads", "Erstellt am", "created_at"),
    ("deals", "mql_id", "lead_id"),
    ("deals", "won_date", "won_at"),
    ("deals", "sr_id", "owner"),
    ("deals", "business_segment", "segment"),
    ("deals", "StageName", "stage"),
    ("deals", "DateTimeCreated__c", "created_at"),
    ("deals", "Deal - Currency of value", "currency"),
    ("deals", "Deal - Expected close date", "expected_close_at"),
    ("deals", "Probability (%)", "probability"),
    ("deals", "Is Deal Closed?", "closed"),
    ("deals", "Deal - Deal created", "created_at"),
    ("deals", "Person - Email - Work", "email"),
    ("deals", "Deal Owner.id", "owner"),
    ("deals", "Est. Close Date", "expected_close_at"),
    ("deals", "(Do Not Modify) Opportunity", "deal_id"),
    ("deals", "OpportunityState", "status"),
    ("deals", "Forecast Type", "status"),
    ("deals", "Potential Name", "name"),
    ("deals", "NegÃ³cio - Ganho em", "won_at"),
    ("deals", "Negócio - Valor do negócio", "amount"),
    ("spend", "Amount spent (USD)", "cost"),
    ("spend", "Montant dépensé (EUR)", "cost"),
    ("spend", "Ausgegebener Betrag (EUR)", "cost"),
    ("spend", "Spent", "cost"),
    ("spend", "Total Spent", "cost"),
    ("spend", "Custo", "cost"),
    ("spend", "total_commission", "cost"),
    ("spend", "Impr.", "impressions"),
    ("spend", "Clicks (all)", "clicks_all"),
    ("spend", "Clicks (destination)", "clicks"),
    ("spend", "Start Date (in UTC)", "start"),
    ("spend", "Grupo de anúncios", "ad_group"),
    ("spend", "Conv. value", "conversion_value"),
    ("emails", "Successful Deliveries", "delivered"),
    ("emails", "Geöffnet", "unique_opens"),
    ("emails", "Geklickt", "unique_clicks"),
    ("emails", "Abuse Complaints", "complaints"),
    ("emails", "Total Recipients", "sent"),
    ("payments", "Created (UTC)", "paid_at"),
    ("payments", "Amount Refunded", "refunded"),
    ("payments", "Paid at", "paid_at"),
    ("web", "First user primary channel group (Default Channel Group)", "channel"),
    ("web", "Session source / medium", "source"),
    ("stage_history", "Opportunity.External_Id__c", "deal_id"),
    ("stage_history", "StageName__c", "stage"),
    ("activities", "WhoId", "lead_id"),
    ("activities", "Activity assigned to", "by"),
    ("activities", "Completed Date/Time", "at"),
    ("activities", "Aktivitätstyp", "kind"),
    ("activities", "Call direction", "direction"),
]

TRAPS = [
    ("leads", "lead_type"),
    ("leads", "has_company"),
    ("leads", "Status (Simplified)"),
    ("leads", "Lead Status Automation Override"),
    ("leads", "Created By"),
    ("leads", "LastModifiedDate"),
    ("leads", "Conversion Rate"),
    ("deals", "declared_monthly_revenue"),
    ("deals", "Expected Revenue"),
    ("deals", "Forecast amount"),
    ("deals", "business_type"),
    ("deals", "seller_id"),
    ("deals", "Deal - State"),
    ("spend", "Budget"),
    ("spend", "Avg. cost"),
    ("spend", "Cost / conv."),
    ("spend", "Cost per results"),
    ("spend", "Bid"),
    ("spend", "CTR (all)"),
    ("spend", "Results"),
    ("spend", "Interactions"),
    ("spend", "Conversions (SKAN)"),
    ("spend", "Conv. de visualização"),
    ("payments", "Amount Due"),
    ("payments", "Converted Amount"),
    ("web", "Nth day"),
]

VALUES = [
    ("deals.status", "Closed Won", "won"),
    ("deals.status", "Closed won (Sales Pipeline)", "won"),
    ("deals.status", "closedwon", "won"),
    ("deals.status", "Gewonnen", "won"),
    ("deals.status", "Ganada", "won"),
    ("deals.status", "Ganho", "won"),
    ("deals.status", "Gagné", "won"),
    ("deals.status", "Vinto", "won"),
    ("deals.status", "Won (pending signature)", "unclear"),
    ("deals.status", "Close to won", "unclear"),
    ("deals.status", "So gut wie gewonnen", "unclear"),
    ("deals.status", "Closed Won - onboarding", "won"),
    ("deals.status", "Closed - not won", "lost"),
    ("deals.status", "Abgeschlossen, nicht gewonnen", "lost"),
    ("deals.status", "Noch nicht gewonnen", "open"),
    ("deals.status", "Closed-Lost to Competition", "lost"),
    ("deals.status", "Perdida", "lost"),
    ("deals.status", "Perdu", "lost"),
    ("deals.status", "Verloren", "lost"),
    ("deals.status", "Lost, competitor won", "lost"),
    ("deals.status", "Abandoned", "other"),
    ("deals.status", "Disqualified", "other"),
    ("deals.status", "Won't proceed", "unclear"),
    ("deals.status", "Not yet won by us", "open"),
    ("deals.status", "Wonderful idea", "unclear"),
    ("deals.status", "New", "unclear"),
    ("deals.status", "Paused", "unclear"),
    ("deals.type", "New Business", "new"),
    ("deals.type", "newbusiness", "new"),
    ("deals.type", "Existing Business", "expansion"),
    ("deals.type", "Add-On Business", "expansion"),
    ("deals.type", "Renewal", "renewal"),
    ("leads.status", "Open - Not Contacted", "lead"),
    ("leads.status", "Working - Contacted", "lead"),
    ("leads.status", "Closed - Converted", "opportunity"),
    ("leads.status", "Closed - Not Converted", "rejected"),
    ("leads.status", "marketingqualifiedlead", "mql"),
    ("leads.status", "Marketing Qualified Lead", "mql"),
    ("leads.status", "Sales Qualified Lead (SQL)", "sql"),
    ("leads.status", "Customer", "customer"),
    ("leads.status", "Junk Lead", "rejected"),
    ("leads.status", "Unqualified", "rejected"),
    ("leads.status", "Archived", None),
    ("leads.status", "Existing customer", None),
    ("leads.status", "Bestandskunde", None),
    ("payments.status", "requires_payment_method", "failed"),
    ("payments.status", "partially_refunded", "paid"),
    ("boolean", "TRUE", "true"),
    ("boolean", "Não", "false"),
    ("boolean", "Sí", "true"),
]


def _all_words() -> Iterator[tuple[str, str]]:
    for section in ("headers", "never"):
        for table, columns in DOCUMENT[section].items():
            for column, words in columns.items():
                yield from ((f"{section}: {table}.{column}", word) for word in words)
    for column, entry in DOCUMENT["values"].items():
        for part, meanings in entry.items():
            yield from ((f"values: {column}.{part}", word) for words in meanings.values() for word in words)


def test_every_table_and_column_has_words_and_no_others_are_named() -> None:
    assert {table: set(columns) for table, columns in DOCUMENT["headers"].items()} == {
        name: set(table.columns) for name, table in TABLES.items()
    }
    assert all(DOCUMENT["headers"][table][column] for table, column in COLUMNS)
    assert {(t, c) for t, columns in DOCUMENT["never"].items() for c in columns} <= set(COLUMNS)


def test_every_word_is_in_normal_form() -> None:
    wrong = [
        (place, word) for place, word in _all_words() if not isinstance(word, str) or normalise(word) != word
    ]
    assert not wrong


@pytest.mark.parametrize("table", TABLES)
def test_no_header_word_stands_twice_in_one_table(table: str) -> None:
    words = Counter(word for words in DOCUMENT["headers"][table].values() for word in words)
    assert [word for word, times in words.items() if times > 1] == []


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_word_that_must_never_be_taken_is_not_a_word_of_the_column(table: str, column: str) -> None:
    never = DOCUMENT["never"].get(table, {}).get(column, [])
    assert not set(never) & set(DOCUMENT["headers"][table][column])
    assert [word for word, times in Counter(never).items() if times > 1] == []


def test_every_value_word_has_one_canonical_meaning() -> None:
    assert set(DOCUMENT["values"]) == set(MEANINGS)
    for column, entry in DOCUMENT["values"].items():
        for part, meanings in entry.items():
            assert part in ("words", "contains")
            assert set(meanings) <= MEANINGS[column]
            times = Counter(word for words in meanings.values() for word in words)
            assert [word for word, n in times.items() if n > 1] == [], column


def test_every_closed_column_has_words() -> None:
    closed = {
        f"{table}.{column}" for table, column in COLUMNS if TABLES[table].columns[column].kind == "status"
    }
    assert closed <= set(DOCUMENT["values"])


@pytest.mark.parametrize(("table", "header", "column"), HEADERS)
def test_a_header_that_people_write_names_its_column(table: str, header: str, column: str) -> None:
    found = vocabulary.load().column(table, header)
    assert found is not None
    assert found[0] == column


@pytest.mark.parametrize(("table", "header"), TRAPS)
def test_a_header_that_only_looks_alike_names_none(table: str, header: str) -> None:
    assert vocabulary.load().column(table, header) is None


@pytest.mark.parametrize(("column", "cell", "meaning"), VALUES)
def test_a_value_means_its_canonical_word_or_nothing(column: str, cell: str, meaning: str | None) -> None:
    table, _, name = column.rpartition(".")
    style = vocabulary.load().words(table, name, "boolean" if column == "boolean" else "status")
    assert style.parse(cell) == meaning
