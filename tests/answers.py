"""Every metric by hand-written SQL over the files of a made-up company: a second opinion.

Nothing of the package is used here, so that a mistake in its rules cannot hide behind itself. The
rules are stated once more, where they bear, as comments in the SQL. One query works out the total and
all channels: each row is counted under its channel and under the total.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from datetime import date

    from tests.company import Company

Value = int | float | Decimal | None

TOTAL = "(total)"
GROSS_MARGIN = Decimal("0.72")
NOT_LOADED = (
    "emails_sent emails_delivered open_rate click_rate ctor unsubscribe_rate bounce_rate "
    "sessions visitor_lead_rate revenue_net"
)
"""Metrics of tables that the company does not have: they have no value."""

TABLES = """
CREATE TABLE lead AS
SELECT DISTINCT  -- the same row twice is one lead
    lead_id,
    lower(trim(email)) AS email,
    created_at[:10]::DATE AS created_at,
    coalesce(source, '(blank)') AS channel,
    mql_at::DATE AS mql_at, sal_at::DATE AS sal_at, sql_at::DATE AS sql_at
FROM leads_csv;

CREATE TABLE first_of_email AS
SELECT email, arg_min(lead_id, coalesce(created_at, DATE '9999-12-31')) AS lead_id
FROM lead WHERE email IS NOT NULL GROUP BY email;

CREATE TABLE deal AS
SELECT DISTINCT
    d.deal_id, d.company_id, lower(trim(d.email)) AS email,
    coalesce(by_id.lead_id, by_email.lead_id) AS lead_id,  -- an unknown id is no id
    d.amount::DECIMAL(18, 2) AS amount,
    CASE d.status WHEN 'Won' THEN 'won' WHEN 'Lost' THEN 'lost' WHEN 'Open' THEN 'open'
        WHEN 'Disqualified' THEN 'other' ELSE 'unknown' END AS status,
    coalesce(d.type, 'New Business') = 'New Business' AS is_new,
    d.created_at::DATE AS created_at,
    -- The date of an open deal is a hope.
    CASE WHEN d.status IN ('Won', 'Lost', 'Disqualified') THEN d.closed_at::DATE END AS closed_at,
    CASE WHEN d.status = 'Open' THEN d.closed_at::DATE END AS hoped_at
FROM deals_csv d
LEFT JOIN lead by_id USING (lead_id)
LEFT JOIN first_of_email by_email ON by_email.email = lower(trim(d.email));

-- A customer is whoever has won new business. Later renewals add to its revenue but make no customer.
CREATE TABLE customer AS
SELECT
    CASE WHEN company_id IS NOT NULL THEN 'company ' || company_id
        WHEN lead_id IS NOT NULL THEN 'lead ' || lead_id
        WHEN deal.email IS NOT NULL THEN 'email ' || deal.email
        ELSE 'deal ' || deal_id END AS key,
    min(closed_at) FILTER (is_new) AS first_won_at,
    arg_min(lead_id, coalesce(lead.created_at, DATE '9999-12-31')) FILTER (is_new) AS lead_id,
    sum(amount) AS revenue
FROM deal LEFT JOIN lead USING (lead_id)
WHERE status = 'won' GROUP BY key HAVING bool_or(is_new);

CREATE TABLE ad AS
SELECT date::DATE AS day, coalesce(channel, '(blank)') AS channel, cost::DECIMAL(18, 2) AS cost,
    impressions::BIGINT AS impressions, clicks::BIGINT AS clicks,
    conversions::DECIMAL(18, 2) AS conversions, conversion_value::DECIMAL(18, 2) AS conversion_value
FROM ads_csv;  -- without an id, equal rows are two rows

SET VARIABLE as_of = (SELECT max(day) FROM (
    SELECT unnest([created_at, mql_at, sal_at, sql_at]) AS day FROM lead
    UNION ALL SELECT unnest([created_at, closed_at]) FROM deal));
"""

SCOPES = """
CREATE MACRO is_paid(channel) AS coalesce(channel IN ('paid_search', 'paid_social', 'paid_video',
    'paid_shopping', 'display', 'paid_other', 'affiliates', 'audio', 'direct_mail', 'telemarketing',
    'events'), false);
-- Without a period everything counts, with one only what has a date in it.
CREATE MACRO during(day) AS getvariable('first_day') IS NULL
    OR coalesce(day BETWEEN getvariable('first_day') AND getvariable('last_day'), false);
CREATE MACRO in_last_year(day) AS coalesce(
    day <= getvariable('last_day') AND day > getvariable('last_day') - INTERVAL 1 YEAR, false);

-- Who reached a stage has passed all before it; a stage without a day takes that of the next one,
-- and in the end that of the lead.
CREATE TABLE leads AS
WITH of_deals AS (SELECT lead_id, min(created_at) AS deal_at FROM deal GROUP BY lead_id),
of_customers AS (SELECT lead_id, min(first_won_at) AS won_at FROM customer GROUP BY lead_id),
reached AS (
    SELECT lead.*, deal_at, won_at, c.lead_id IS NOT NULL AS won,
        d.lead_id IS NOT NULL AS opportunity,
        opportunity OR sql_at IS NOT NULL AS sql,
        sql OR sal_at IS NOT NULL AS sal,
        sal OR mql_at IS NOT NULL AS mql
    FROM lead
    LEFT JOIN of_deals d ON d.lead_id = lead.lead_id
    LEFT JOIN of_customers c ON c.lead_id = lead.lead_id
)
SELECT unnest([channel, '(total)']) AS scope, is_paid(channel) AS paid,
    created_at, won, won_at, mql, sal, sql, opportunity,
    coalesce(deal_at, won_at, created_at) AS opportunity_day,
    coalesce(sql_at, deal_at, won_at, created_at) AS sql_day,
    coalesce(sal_at, sql_at, deal_at, won_at, created_at) AS sal_day,
    coalesce(mql_at, sal_at, sql_at, deal_at, won_at, created_at) AS mql_day
FROM reached;

CREATE TABLE deals AS
SELECT unnest([coalesce(channel, '(no lead)'), '(total)']) AS scope,
    deal.*, lead.lead_id IS NOT NULL AS linked, lead.created_at AS lead_created_at,
    -- A duration below zero is a wrong date: it is left out.
    CASE WHEN closed_at >= deal.created_at THEN closed_at - deal.created_at END AS days
FROM deal LEFT JOIN lead USING (lead_id);

CREATE TABLE customers AS
SELECT unnest([coalesce(channel, '(no lead)'), '(total)']) AS scope, is_paid(channel) AS paid,
    first_won_at, revenue
FROM customer LEFT JOIN lead USING (lead_id);

CREATE TABLE ads AS
SELECT unnest([channel, '(total)']) AS scope, is_paid(channel) AS paid, * EXCLUDE (channel) FROM ad;
"""

FACTS = """
WITH of_leads AS (
    SELECT scope,
        count(*) FILTER (during(created_at)) AS leads,
        count(*) FILTER (mql AND during(mql_day)) AS mqls,
        count(*) FILTER (sal AND during(sal_day)) AS sals,
        count(*) FILTER (sql AND during(sql_day)) AS sqls,
        count(*) FILTER (opportunity AND during(opportunity_day)) AS opportunities,
        -- From here on of the leads created in the period, whenever it happened to them.
        count(*) FILTER (during(created_at) AND mql) AS reached_mql,
        count(*) FILTER (during(created_at) AND sql) AS reached_sql,
        count(*) FILTER (during(created_at) AND opportunity) AS reached_opportunity,
        count(*) FILTER (during(created_at) AND won) AS reached_won,
        count(*) FILTER (during(created_at) AND paid) AS paid_leads,
        count(*) FILTER (during(created_at) AND created_at <= getvariable('as_of') - 90) AS mature,
        count(*) FILTER (during(created_at) AND created_at <= getvariable('as_of') - 90
            AND won AND won_at - created_at <= 90) AS mature_won,
        avg(won_at - created_at) FILTER (during(created_at) AND won_at >= created_at) AS to_won,
        quantile_cont((won_at - created_at)::DOUBLE, 0.5)
            FILTER (during(created_at) AND won_at >= created_at) AS to_won_median
    FROM leads GROUP BY scope
), of_deals AS (
    SELECT scope,
        count(*) FILTER (during(created_at)) AS created,
        count(*) FILTER (status = 'won' AND during(closed_at)) AS won,
        count(*) FILTER (status = 'lost' AND during(closed_at)) AS lost,
        count(*) FILTER (is_open) AS still_open,
        -- A day that was hoped for has passed once the next one has begun.
        count(*) FILTER (hoped_at < getvariable('as_of') AND during(hoped_at)) AS overdue,
        sum(amount) FILTER (hoped_at < getvariable('as_of') AND during(hoped_at)) AS overdue_value,
        sum(amount) FILTER (status = 'won' AND during(closed_at)) AS revenue,
        sum(amount) FILTER (status = 'won' AND linked AND during(lead_created_at)) AS lead_revenue,
        -- From here on new business alone.
        count(*) FILTER (is_new AND status = 'won' AND during(closed_at)) AS new_won,
        count(*) FILTER (is_new AND status = 'lost' AND during(closed_at)) AS new_lost,
        count(*) FILTER (is_new AND status = 'other' AND during(closed_at)) AS new_other,
        count(*) FILTER (is_new AND during(created_at)) AS new_created,
        count(*) FILTER (is_new AND status = 'won' AND during(created_at)) AS new_created_won,
        coalesce(sum(amount) FILTER (is_new AND status = 'won' AND during(closed_at)), 0) AS won_value,
        coalesce(sum(amount) FILTER (is_new AND status = 'lost' AND during(closed_at)), 0) AS lost_value,
        avg(amount) FILTER (is_new AND status = 'won' AND during(closed_at)) AS size,
        quantile_cont(amount::DOUBLE, 0.5)
            FILTER (is_new AND status = 'won' AND during(closed_at)) AS size_median,
        avg(days) FILTER (is_new AND status = 'won' AND during(closed_at)) AS cycle,
        quantile_cont(days::DOUBLE, 0.5)
            FILTER (is_new AND status = 'won' AND during(closed_at)) AS cycle_median,
        quantile_cont(days::DOUBLE, 0.9)
            FILTER (is_new AND status = 'won' AND during(closed_at)) AS cycle_p90,
        count(*) FILTER (is_new AND is_open) AS pace_open,
        count(*) FILTER (is_new AND status = 'won' AND in_last_year(closed_at)) AS pace_won,
        count(*) FILTER (is_new AND status = 'lost' AND in_last_year(closed_at)) AS pace_lost,
        avg(amount) FILTER (is_new AND status = 'won' AND in_last_year(closed_at)) AS pace_size,
        avg(days) FILTER (is_new AND status = 'won' AND in_last_year(closed_at)) AS pace_days
    FROM (SELECT *, CASE WHEN getvariable('last_day') >= getvariable('as_of') THEN status = 'open'
        ELSE created_at <= getvariable('last_day')
            AND (status = 'open' OR closed_at > getvariable('last_day')) END AS is_open FROM deals)
    GROUP BY scope
), spans AS (  -- From creation to won or lost; an open deal has lasted until as_of at least.
    SELECT scope, status <> 'open' AS ended,
        CASE status WHEN 'open' THEN getvariable('as_of') - created_at ELSE days END AS days
    FROM deals WHERE is_new AND status IN ('won', 'lost', 'open') AND during(created_at)
), risks AS (
    SELECT scope, days, count(*) FILTER (ended) AS events,
        sum(count(*)) OVER (PARTITION BY scope ORDER BY days DESC) AS at_risk
    FROM spans WHERE days >= 0 GROUP BY scope, days
), curve AS (
    SELECT scope, days, product(1 - events / at_risk) OVER (PARTITION BY scope ORDER BY days) AS lasting
    FROM risks
), of_spans AS (SELECT scope, min(days) FILTER (lasting <= 0.5 + 1e-12) AS km FROM curve GROUP BY scope),
of_customers AS (
    SELECT scope,
        count(*) FILTER (during(first_won_at)) AS customers,
        count(*) FILTER (during(first_won_at) AND paid) AS paid_customers,
        sum(revenue) FILTER (during(first_won_at)) AS customer_revenue
    FROM customers GROUP BY scope
), of_ads AS (
    SELECT scope, sum(cost) AS cost, sum(cost) FILTER (paid) AS paid_cost,
        sum(impressions)::BIGINT AS impressions, sum(clicks)::BIGINT AS clicks,
        sum(conversions) AS conversions, sum(conversion_value) AS conversion_value
    FROM ads WHERE during(day) GROUP BY scope
)
"""

# No rows of a scope: counts and sums are 0. Nothing to divide by, or no money spent there: no value.
METRICS = """
SELECT scope,
    coalesce(leads, 0) AS leads, coalesce(mqls, 0) AS mqls, coalesce(sals, 0) AS sals,
    coalesce(sqls, 0) AS sqls, coalesce(opportunities, 0) AS opportunities,
    reached_mql / nullif(leads, 0) AS mql_rate,
    reached_sql / nullif(reached_mql, 0) AS sql_rate,
    reached_opportunity / nullif(reached_sql, 0) AS opportunity_rate,
    reached_won / nullif(leads, 0) AS lead_conversion_rate,
    coalesce(mature_won, 0) AS "lead_conversion_rate.mature.numerator",
    coalesce(mature, 0) AS "lead_conversion_rate.mature.denominator",
    to_won AS lead_to_won_days, to_won_median AS lead_to_won_days_median,
    coalesce(created, 0) AS deals_created, coalesce(won, 0) AS deals_won,
    coalesce(lost, 0) AS deals_lost, coalesce(still_open, 0) AS deals_open,
    coalesce(overdue, 0) AS deals_overdue, coalesce(overdue_value, 0) AS pipeline_overdue,
    coalesce(customers, 0) AS customers_new, coalesce(revenue, 0) AS revenue_won,
    new_won / nullif(new_won + new_lost, 0) AS win_rate,
    new_created_won / nullif(new_created, 0) AS win_rate_created,
    won_value / nullif(won_value + lost_value, 0) AS win_rate_value,
    new_won / nullif(new_won + new_lost + new_other, 0) AS win_rate_broad,
    size AS deal_size, size_median AS deal_size_median,
    cycle AS cycle_days, cycle_median AS cycle_days_median, cycle_p90 AS cycle_days_p90,
    km AS cycle_days_km,
    pace_open * (pace_won / nullif(pace_won + pace_lost, 0)) * pace_size / nullif(pace_days, 0) AS velocity,
    coalesce(cost, 0) AS spend, coalesce(impressions, 0) AS impressions,
    coalesce(clicks, 0) AS clicks, coalesce(conversions, 0) AS ad_conversions,
    clicks / nullif(impressions, 0) AS ctr,
    cost / nullif(clicks, 0) AS cpc,
    1000 * cost / nullif(impressions, 0) AS cpm,
    cost / nullif(conversions, 0) AS cpa,
    conversion_value / nullif(cost, 0) AS roas_platform,
    cost / nullif(leads, 0) AS cpl,
    paid_cost / nullif(paid_leads, 0) AS cpl_paid,
    cost / nullif(mqls, 0) AS cost_per_mql,
    cost / nullif(sqls, 0) AS cost_per_sql,
    cost / nullif(customers, 0) AS cac,
    paid_cost / nullif(paid_customers, 0) AS cac_paid,
    coalesce(lead_revenue, 0) / nullif(cost, 0) AS roas,
    customer_revenue / nullif(customers, 0) AS cltv_revenue,
    cltv_revenue * getvariable('gross_margin')::DOUBLE AS cltv,
    cltv / cac AS ltv_cac
FROM of_leads FULL JOIN of_deals USING (scope) FULL JOIN of_customers USING (scope)
FULL JOIN of_spans USING (scope) FULL JOIN of_ads USING (scope)
"""


def connect(company: Company) -> duckdb.DuckDBPyConnection:
    """The files as linked tables, ready to be asked."""
    db = duckdb.connect()
    for name in ("leads", "deals", "ads"):
        csv = db.read_csv(str(getattr(company, name)), header=True, sep=",", quotechar='"', all_varchar=True)
        csv.create_view(f"{name}_csv")
    db.execute(TABLES)
    db.execute(SCOPES)
    db.execute(f"SET VARIABLE gross_margin = {GROSS_MARGIN}")
    return db


def as_of(db: duckdb.DuckDBPyConnection) -> date:
    """The last day on which something happened to a lead or a deal."""
    (day,) = db.sql("SELECT getvariable('as_of')").fetchall()[0]
    assert day is not None
    return day  # type: ignore[no-any-return]


def answers(
    db: duckdb.DuckDBPyConnection, period: tuple[date, date] | None = None
) -> dict[str, dict[str, Value]]:
    """Every metric by channel, and of everything under TOTAL; all time without a *period*."""
    first, last = period or ("NULL", as_of(db))
    db.execute(f"SET VARIABLE first_day = {first if period is None else repr(str(first))}::DATE")
    db.execute(f"SET VARIABLE last_day = '{last}'::DATE")
    result = db.sql(FACTS + METRICS)
    missing: dict[str, Value] = dict.fromkeys(NOT_LOADED.split())
    return {
        row[0]: dict(zip(result.columns[1:], row[1:], strict=True)) | missing for row in result.fetchall()
    }
