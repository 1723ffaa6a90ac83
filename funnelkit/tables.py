"""The canonical tables: what every export becomes, whatever tool wrote it.

Sources write these tables and metrics read them; the two sides know nothing else of each other.
Dates are whole days, as integers since 1970-01-01 in the report's time zone. Money and other
decimals are integers at a scale that travels with the frame: 16.61 at scale 2 is 1661.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from funnelkit.columns import LATEST
from funnelkit.stagecolumns import is_stage_day, is_stage_entry

Kind = Literal["text", "id", "date", "integer", "decimal", "money", "percent", "boolean", "status"]


class Column(Struct, frozen=True, kw_only=True):
    """One column of a canonical table."""

    kind: Kind
    doc: str = ""


class Table(Struct, frozen=True, kw_only=True):
    """A canonical table: what a row is, its columns, and which of them recognition needs."""

    name: str
    row: str
    key: str | None
    """The column that identifies a row, if any."""
    date: str | None
    """The date that counts: the one that a period selects by."""
    needs: tuple[tuple[str, ...], ...]
    """Each group names columns of which the vocabulary must find at least one."""
    columns: Mapping[str, Column]
    signs: tuple[tuple[str, ...], ...] = ()
    """Sets of columns: where only words say that it is this table, one of them must be whole. None asks for no more."""


class _OfDeals(dict[str, Column]):
    """The columns of deals. The days of stages are among them in exports that have a column for each."""

    def __missing__(self, name: str) -> Column:
        if is_stage_entry(name):
            return Column(kind="date")
        raise KeyError(name)


class _OfLeads(dict[str, Column]):
    """The columns of leads. The days of stages that users name themselves are among them once they are asked for."""

    def __missing__(self, name: str) -> Column:
        if is_stage_day(name):
            return Column(kind="date")
        raise KeyError(name)


def _columns(**kinds: str) -> dict[str, Column]:
    return {
        name: Column(kind=kind)  # type: ignore[arg-type]
        for kind, names in kinds.items()
        for name in names.split()
    }


_OF_LEADS = (
    "source channel medium campaign stage deal_id mql_at sal_at sql_at opportunity_at customer_at "
    "rejected_reason converted converted_to_deal".split()
)

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            name="leads",
            row="one lead or contact",
            key="lead_id",
            date="created_at",
            needs=(("created_at",),),
            # Tasks, tickets and products have a day of creation too, and an owner, a status and an e-mail with it.
            signs=(
                ("email", "company"),
                *((column,) for column in _OF_LEADS),
            ),
            columns=_OfLeads(
                _columns(
                    id="lead_id deal_id company_id",
                    text="email company domain channel source medium campaign owner country segment stage "
                    f"rejected_reason {' '.join(LATEST)}",
                    date="created_at mql_at sal_at sql_at opportunity_at customer_at first_response_at",
                    status="status",
                    boolean="converted converted_to_deal",
                    decimal="score",
                )
            ),
        ),
        Table(
            name="deals",
            row="one deal or opportunity",
            key="deal_id",
            date="closed_at",
            needs=(
                ("status", "stage", "won", "won_at"),
                ("deal_id", "lead_id", "amount", "created_at", "closed_at", "won_at"),
            ),
            columns=_OfDeals(
                _columns(
                    id="deal_id lead_id contact_id company_id",
                    text="email company domain name stage pipeline owner product loss_reason channel source "
                    "medium campaign segment country currency",
                    date="created_at closed_at expected_close_at won_at lost_at",
                    status="status type",
                    boolean="won closed",
                    money="amount",
                    percent="probability",
                )
            ),
        ),
        Table(
            name="spend",
            row="ad cost at the file's grain",
            key=None,
            date="date",
            needs=(("date", "start"), ("cost",)),
            columns=_columns(
                text="channel source medium campaign_type account campaign ad_group country currency",
                date="date start end",
                money="cost conversion_value",
                integer="impressions clicks clicks_all",
                decimal="conversions",
            ),
        ),
        Table(
            name="emails",
            row="one campaign send",
            key=None,
            date="sent_at",
            needs=(("sent_at",), ("delivered",)),
            columns=_columns(
                text="campaign currency",
                date="sent_at",
                integer="sent delivered unique_opens opens unique_clicks clicks unsubscribes bounces complaints",
                money="revenue",
            ),
        ),
        Table(
            name="payments",
            row="one payment, invoice or order",
            key="payment_id",
            date="paid_at",
            needs=(("paid_at",), ("amount",), ("customer_id", "email")),
            columns=_columns(
                id="payment_id customer_id refund_of",
                text="email refund_to company kind recurring_interval currency",
                date="paid_at",
                status="status",
                money="amount refunded",
            ),
        ),
        Table(
            name="customers",
            row="one customer of a payment tool or CRM",
            key=None,
            date="created_at",
            needs=(("total_spend",), ("customer_id", "email")),
            columns=_columns(
                id="customer_id",
                text="email name company currency",
                date="created_at",
                money="total_spend refunded",
            ),
        ),
        Table(
            name="web",
            row="sessions by date and channel",
            key=None,
            date="date",
            needs=(("date", "start"), ("sessions",)),
            columns=_columns(
                text="channel source medium campaign country",
                date="date start end",
                integer="sessions users engaged_sessions",
                decimal="conversions",
            ),
        ),
        Table(
            name="stage_history",
            row="one stage change",
            key=None,
            date="entered_at",
            needs=(("entered_at",), ("stage",), ("deal_id", "lead_id")),
            columns=_columns(id="deal_id lead_id", text="stage", date="entered_at"),
        ),
        Table(
            name="activities",
            row="one sales activity: a call, a message, a meeting",
            key="activity_id",
            date="at",
            needs=(("at",), ("lead_id", "email")),
            # Many lists have a time and somebody's address; only this one has calls and meetings in a column.
            signs=(("kind",),),
            columns=_columns(
                id="activity_id lead_id",
                text="email by",
                date="at",
                status="kind direction status",
            ),
        ),
        Table(
            name="touches",
            row="one marketing touch: a visit, a click, a form",
            key=None,
            date="at",
            needs=(
                ("at",),
                ("lead_id", "email", "customer_id", "deal_id", "visitor_id"),
                ("channel", "source", "medium", "campaign"),
            ),
            columns=_columns(
                id="lead_id customer_id deal_id visitor_id",
                text="email channel source medium campaign kind",
                date="at",
            ),
        ),
        Table(
            name="costs",
            row="other sales and marketing cost: salaries, tools, agencies",
            key=None,
            date="date",
            needs=(("date", "start"), ("amount",)),
            columns=_columns(text="kind channel currency", date="date start end", money="amount"),
        ),
        Table(
            name="quotas",
            row="what an owner or a team is to win in a period",
            key=None,
            date="date",
            needs=(("date", "start"), ("amount",)),
            columns=_columns(text="owner team currency", date="date start end", money="amount"),
        ),
        Table(
            name="social",
            row="one post of a page, or one day of it",
            key=None,
            date="date",
            needs=(
                ("date",),
                ("impressions", "reach", "followers"),
                ("reactions", "comments", "shares", "engagements"),
            ),
            # Many things have views and comments; two kinds of engagement, or a sum of them, are of posts alone.
            signs=(
                ("reactions", "comments"),
                ("reactions", "shares"),
                ("comments", "shares"),
                ("engagements",),
            ),
            columns=_columns(
                text="channel source campaign post country",
                date="date",
                integer="impressions reach followers reactions comments shares clicks engagements",
            ),
        ),
        Table(
            name="search",
            row="one search term",
            key=None,
            date="date",
            needs=(("date", "start"), ("query",), ("impressions", "clicks")),
            columns=_columns(
                text="query channel source campaign country currency",
                date="date start end",
                integer="impressions clicks",
                money="cost",
            ),
        ),
    )
}

RANGED = frozenset({"spend", "web", "costs", "quotas", "search"})
"""Tables whose rows are for one day or for a range of days, over which their figures are spread."""


class Note(Struct, frozen=True, kw_only=True):
    """Something a reader of the numbers must know. *code* is stable, *message* is for people."""

    code: str
    message: str
