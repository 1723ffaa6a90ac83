"""The numbers of a report by SQL that a good analyst would write by hand: ``python -m tests.benchmarks.by_hand FOLDER``.

What DuckDB can do with these very files by somebody who knows them: only the needed columns are read, once,
with their types known; the words for a channel are a CASE. It prints the main metrics of each channel, each
month and both, and of everything, as JSON. It has no intervals, no completed cohorts, no survival, no account
of the rows, and would be wrong on any other file; the report does all of that in the time it is measured in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

READ = """
CREATE TEMP TABLE lead AS
SELECT lead_id, created_at::DATE AS day, mql_at, sql_at,
    CASE WHEN medium = 'cpc' THEN 'paid_search'
        WHEN medium = 'paid_social' THEN 'paid_social'
        WHEN medium = 'organic' THEN 'organic_search'
        WHEN medium = 'social' THEN 'organic_social'
        WHEN medium = '(none)' THEN 'direct'
        WHEN medium = 'event' THEN 'events'
        ELSE coalesce(medium, '(blank)') END AS channel
FROM read_csv('{folder}/leads.csv',
    types = {{'created_at': 'TIMESTAMP', 'mql_at': 'DATE', 'sql_at': 'DATE'}});

CREATE TEMP TABLE deal AS
SELECT deal_id, d.lead_id, amount, status, created_at, closed_at, lead.day AS lead_day,
    coalesce(channel, '(no lead)') AS channel
FROM read_csv('{folder}/deals.csv',
    types = {{'amount': 'DECIMAL(18, 2)', 'created_at': 'DATE', 'closed_at': 'DATE'}}) d
LEFT JOIN lead ON lead.lead_id = d.lead_id;

CREATE TEMP TABLE person AS
SELECT lead.* EXCLUDE (lead_id), deal_at, won_at
FROM lead LEFT JOIN (
    SELECT lead_id, min(created_at) AS deal_at, min(closed_at) FILTER (status = 'Won') AS won_at
    FROM deal WHERE lead_id IS NOT NULL GROUP BY lead_id
) USING (lead_id);

CREATE TEMP TABLE ad AS
SELECT date AS day, cost, impressions, clicks,
    CASE channel WHEN 'Google Ads' THEN 'paid_search' ELSE 'paid_social' END AS channel
FROM read_csv('{folder}/ads.csv', types = {{'cost': 'DECIMAL(18, 2)'}});
"""

# Who came to a later stage has passed the earlier ones: a stage without a day takes that of the next.
# A customer is a lead with a won deal, or a won deal without a lead, new on the day of the first one.
ASK = """
WITH created AS (
    SELECT channel, date_trunc('month', day) AS month, count(*) AS leads,
        count(coalesce(mql_at, sql_at, deal_at)) AS reached_mql, count(coalesce(sql_at, deal_at)) AS reached_sql,
        count(deal_at) AS reached_deal, count(won_at) AS reached_won,
        avg(won_at - day) FILTER (won_at >= day) AS lead_to_won_days,
        quantile_cont((won_at - day)::DOUBLE, 0.5) FILTER (won_at >= day) AS lead_to_won_days_median
    FROM person GROUP BY CUBE (channel, month)),
mql AS (
    SELECT channel, date_trunc('month', coalesce(mql_at, sql_at, deal_at)) AS month, count(*) AS mqls
    FROM person WHERE coalesce(mql_at, sql_at, deal_at) IS NOT NULL GROUP BY CUBE (channel, month)),
sql AS (
    SELECT channel, date_trunc('month', coalesce(sql_at, deal_at)) AS month, count(*) AS sqls
    FROM person WHERE coalesce(sql_at, deal_at) IS NOT NULL GROUP BY CUBE (channel, month)),
opportunity AS (
    SELECT channel, date_trunc('month', deal_at) AS month, count(*) AS opportunities
    FROM person WHERE deal_at IS NOT NULL GROUP BY CUBE (channel, month)),
new_deal AS (
    SELECT channel, date_trunc('month', created_at) AS month, count(*) AS deals_created,
        count(*) FILTER (status = 'Won') AS created_won
    FROM deal GROUP BY CUBE (channel, month)),
closed AS (
    SELECT channel, date_trunc('month', closed_at) AS month,
        count(*) FILTER (status = 'Won') AS deals_won, count(*) FILTER (status = 'Lost') AS deals_lost,
        sum(amount) FILTER (status = 'Won') AS revenue_won, sum(amount) AS closed_value,
        quantile_cont(amount::DOUBLE, 0.5) FILTER (status = 'Won') AS deal_size_median,
        avg(closed_at - created_at) FILTER (status = 'Won') AS cycle_days,
        quantile_cont((closed_at - created_at)::DOUBLE, 0.5) FILTER (status = 'Won') AS cycle_days_median,
        quantile_cont((closed_at - created_at)::DOUBLE, 0.9) FILTER (status = 'Won') AS cycle_days_p90
    FROM deal WHERE status IN ('Won', 'Lost') GROUP BY CUBE (channel, month)),
linked AS (
    SELECT channel, date_trunc('month', lead_day) AS month, sum(amount) AS revenue_linked
    FROM deal WHERE status = 'Won' AND lead_day IS NOT NULL GROUP BY CUBE (channel, month)),
customer AS (
    SELECT channel, date_trunc('month', first_won) AS month, count(*) AS customers_new
    FROM (SELECT channel, min(closed_at) AS first_won FROM deal WHERE status = 'Won'
        GROUP BY coalesce(lead_id, deal_id), channel)
    GROUP BY CUBE (channel, month)),
spent AS (
    SELECT channel, date_trunc('month', day) AS month, sum(cost) AS spend, sum(impressions) AS impressions,
        sum(clicks) AS clicks
    FROM ad GROUP BY CUBE (channel, month)),
side_by_side AS (
    -- The NULL of a total is no key: it becomes a word before the facts are put side by side.
    SELECT coalesce(channel, 'all') AS channel, coalesce(strftime(month, '%Y-%m'), 'all') AS period,
        max(COLUMNS(* EXCLUDE (channel, month)))
    FROM (FROM created UNION ALL BY NAME FROM mql UNION ALL BY NAME FROM sql
        UNION ALL BY NAME FROM opportunity UNION ALL BY NAME FROM new_deal UNION ALL BY NAME FROM closed
        UNION ALL BY NAME FROM linked UNION ALL BY NAME FROM customer UNION ALL BY NAME FROM spent)
    GROUP BY ALL)
SELECT *,
    reached_won / nullif(leads, 0) AS lead_conversion_rate, reached_mql / nullif(leads, 0) AS mql_rate,
    reached_sql / nullif(reached_mql, 0) AS sql_rate, reached_deal / nullif(reached_sql, 0) AS opportunity_rate,
    deals_won / nullif(deals_won + deals_lost, 0) AS win_rate, created_won / nullif(deals_created, 0) AS win_rate_created,
    revenue_won / nullif(closed_value, 0) AS win_rate_value, revenue_won / nullif(deals_won, 0) AS deal_size,
    spend / nullif(leads, 0) AS cpl, spend / nullif(mqls, 0) AS cost_per_mql, spend / nullif(sqls, 0) AS cost_per_sql,
    spend / nullif(customers_new, 0) AS cac, coalesce(revenue_linked, 0) / nullif(spend, 0) AS roas,
    clicks / nullif(impressions, 0) AS ctr, spend / nullif(clicks, 0) AS cpc, 1000 * spend / nullif(impressions, 0) AS cpm
FROM side_by_side ORDER BY channel, period
"""


def main() -> None:
    """Print the metrics of the files in the folder that the command line names."""
    folder = Path(sys.argv[1])
    with duckdb.connect() as connection:
        connection.execute(READ.format(folder=folder))
        asked = connection.execute(ASK)
        names = [column[0] for column in asked.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
    print(json.dumps(rows, default=float))


if __name__ == "__main__":
    main()
