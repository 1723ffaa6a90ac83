"""Why a number is missing: stable codes for scripts, with a sentence that says what to load.

Undefined is never 0, so every empty cell carries one of these.
"""

from __future__ import annotations

from msgspec import Struct


class Reason(Struct, frozen=True):
    """Why there is no value."""

    code: str
    message: str


NOT_LOADED = {
    "leads": Reason("no_leads", "no leads loaded"),
    "deals": Reason("no_deals", "no deals loaded"),
    "customers": Reason("no_deals", "no deals loaded, and the leads do not say who became a customer"),
    "spend": Reason("no_spend", "no spend loaded"),
    "emails": Reason("no_emails", "no e-mail sends loaded"),
    "web": Reason("no_web", "no web sessions loaded"),
    "payments": Reason("no_payments", "no payments loaded"),
    "costs": Reason("no_costs", "no costs beside ad spend loaded: costs=FILE"),
    "activities": Reason("no_activities", "no activities of sales loaded: activities=FILE"),
    "quotas": Reason("no_quotas", "no quotas loaded: quotas=FILE"),
    "social": Reason("no_social", "no posts of social media loaded: social=FILE"),
    "search": Reason("no_search", "no search terms loaded: search=FILE"),
}

NO_DENOMINATOR = Reason("no_denominator", "nothing to divide by here")
NO_SPEND_HERE = Reason("no_spend_here", "no spend in this group and period")
NO_VALUES = Reason("no_denominator", "no cases in this group and period")
NOT_REACHED = Reason("not_reached", "fewer than half have come so far, those still open counted")
NOT_ABOVE_ZERO = Reason("not_above_zero", "what it is divided by is not above 0 here")
NO_PERIOD = Reason("no_period", "it is of a period: give one, such as --period last-quarter")
BEFORE_DATA = Reason("before_data", "the data begin after this period")
AFTER_DATA = Reason("after_data", "the data end before this period")
NO_YEAR_BEFORE = Reason("no_data_before", "the payments do not reach back to the same period a year before")
NO_EXPECTED = Reason(
    "no_expected_close_at", "no open deal has a day on which it is expected to close: add the column"
)
NO_HISTORY = Reason(
    "no_stage_history",
    "no stage history of the deals loaded, by which to tell how likely a stage is to be won; or say --probability crm",
)
NO_DECIDED = Reason("no_decided_deals", "no deal with a stage history has been won or lost so far")
NO_CHANCE = Reason("no_chance", "of no open deal here is it known how likely its stage is to be won")
ONLY_NOW = Reason("only_now", "in which stage deals are is known for the as-of date alone")
NOT_OVER = Reason("not_over", "the period is not over yet, and the one before it is")
NO_MONTHS = Reason("no_whole_months", "the period is not one of whole months")
NO_TRAILING = Reason("no_data_before", "the payments do not reach back to the start of the twelve months")
NO_AGE = Reason(
    "not_over",
    "the last month of the period is not over yet, so its customers have no whole month behind them",
)
NO_BEFORE = Reason("no_data_before", "the data begin after the start of the period before")
NOT_ANSWERED = Reason("not_reached", "too many leads were never answered, or only after 30 days, to tell")
NO_TIMES = Reason(
    "no_times",
    "created_at and first_response_at of the leads are days without a time of day: export both with their times",
)
NO_TIMES_FOR_SLA = Reason(
    "no_times",
    "created_at and first_response_at of the leads are days without a time of day: export both with their times, "
    "or give the sla in days",
)
NO_SCORES = Reason("no_denominator", "no lead in this group and period has a score and is old enough")
ONE_OUTCOME = Reason("one_outcome", "of the leads with a score that are old enough, all or none are won")
ONE_VERDICT = Reason(
    "one_verdict", "marketing judged all leads that sales decided on alike, so there is nothing to agree on"
)
ONE_VERDICT_OF_SALES = Reason(
    "one_verdict",
    "sales accepted all leads that it decided on, or rejected all of them, so there is nothing to agree on: an export "
    "with the rejected leads and their status is needed",
)
NOT_GIVEN = {
    "gross_margin": Reason(
        "no_gross_margin", "no gross margin given: set gross_margin, or ask for cltv_revenue"
    ),
    "discount": Reason("no_discount", "no discount rate given: set discount, a year's, such as 0.1"),
}
"""Numbers that the configuration gives."""
UNLINKED = Reason("unlinked", "fewer than 5 % of the deals link to a lead: no common id, e-mail or company")
UNLINKED_ACTIVITIES = Reason(
    "unlinked", "fewer than 5 % of the activities link to a lead: no common id or e-mail"
)
NO_LOST_DEALS = Reason("no_lost_deals", "the deals loaded are won deals only; add the lost ones")
NO_OPEN_DEALS = Reason("no_open_deals", "the deals loaded are won deals only; add the open ones")
NO_STATUS = Reason("no_status", "no deal has a status of open, won or lost; add a status or stage column")
NO_OUTCOME = Reason("no_deals", "no deals loaded, and the leads do not say who became a customer")
NO_WON_DATES = Reason(
    "no_dates", "no date says when leads were won; add closed_at to deals or customer_at to leads"
)
NO_LAGS = Reason("no_lags", "no won lead has a day on which it came and one on which it was won")
LAG_NOT_COVERED = Reason(
    "lag_not_covered",
    "the spending that won these customers lies before the first or after the last day of the spend loaded: add it",
)
OF_ALL = Reason(
    "of_all_customers",
    "it is counted customer by customer, of all of them together: ask for one group with --where",
)
NO_BRAND = Reason("no_brand", "nobody said which words name the brand: `brand: [acme]` in funnelkit.yaml")
NO_DAYS = Reason("no_days", "the file gives sums of several days at once: export it by day")
NOT_ALL_DATED = Reason("not_dated", "some of it has no day")
ALL_ALIKE = Reason("all_alike", "nothing in it varies that chance could be told by")


def few_units(what: str) -> Reason:
    """Too few *what*, or one of them is most of the sum."""
    return Reason(
        "few_units", f"fewer than 7 {what}, or as good as one or two, since these are most of the sum"
    )


def not_loaded(table: str) -> Reason:
    """No file gives *table*."""
    return NOT_LOADED.get(table) or Reason(f"no_{table}", f"no {table.replace('_', ' ')} loaded")


def no_dates(table: str, column: str) -> Reason:
    """The date column that a period or a duration needs is in no file."""
    return Reason("no_dates", f"the {table} table has no {column}: add the date column")


def no_column(table: str, column: str) -> Reason:
    """A column that the metric needs is in no file: ``no_amount``, ``no_clicks``."""
    return Reason(f"no_{column}", f"the {table} table has no {column}: add the column")


NO_MQL_DAY = Reason(
    "no_mql_at",
    "no file has the day on which a lead became an MQL, and its status of today does not tell whether it was one before "
    "sales judged it: add the column",
)


def no_stage(stage: str) -> Reason:
    """No file says which leads reached *stage*: ``no_mql``."""
    label = "opportunities" if stage == "opportunity" else f"{stage.upper()}s"
    return Reason(
        f"no_{stage}",
        f"no file says which leads became {label}: add a day ({stage}_at) or a status of it, or say which of your words "
        f"means it, as in values: {{status: {{{stage}: [...]}}}}",
    )


def no_own_stage(stage: str, label: str) -> Reason:
    """No lead is in *stage*, one of the user's own."""
    return Reason(f"no_{stage}", f"no lead has a word or a day of the stage {label}")


def missing_dimension(table: str, dimension: str) -> Reason:
    """A breakdown or filter names something that *table* does not have."""
    return Reason("missing_dimension", f"the {table} table has no {dimension}")
