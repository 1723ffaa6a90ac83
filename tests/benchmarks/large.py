"""A large made-up company as three plain CSV files, written by DuckDB: ``python -m tests.benchmarks.large FOLDER LEADS``.

Every value is arithmetic on the number of its row, so that any size is written in seconds and is the
same each time. Two and a half years in the order of time, with three times as many leads a day at the
end as at the beginning. A fifth of the leads get a deal, 30 % of the closed deals are won, and lags and
amounts are skewed as real ones are. About 650 MB for 5,000,000 leads.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb

from tests.company import Company

FIRST = "2024-01-01"
DAYS = 912
"""The data end on 2026-06-30."""

SOURCES = [  # source, medium, campaigns, share of the leads in percent, share of the closed deals that are won
    ("google", "organic", None, 22, 0.33),
    ("google", "cpc", "search", 18, 0.30),
    ("(direct)", "(none)", None, 12, 0.32),
    ("facebook", "paid_social", "social", 11, 0.18),
    ("newsletter", "email", "news", 9, 0.28),
    ("partner.example", "referral", None, 8, 0.42),
    ("linkedin", "paid_social", "b2b", 6, 0.24),
    ("linkedin", "social", None, 5, 0.22),
    ("bing", "organic", None, 3, 0.33),
    ("webinar", "event", "webinar", 3, 0.40),
    (None, None, None, 3, 0.30),
]
OWNERS = "Ada Brandt,Bo Lindqvist,Chidi Okafor,Dana Müller,Eva Sørensen,Farid Haddad,Greta Novak,Hugo Silva"

# draw(): a number from 0 to 1 for a row and a purpose, from a square that 64 bits hold; lag(): the lognormal
# e^z of a nearly normal z, which is the sum of three draws.
MACROS = f"""
create macro mixed(n, k) as (n::BIGINT * 1103515245 + k::BIGINT * 747796405 + 12345) % 2147483647;
create macro draw(n, k) as (mixed(n, k) * mixed(n, k) + k) % 2147483647 / 2147483647.0;
create macro lag(n, k, spread) as exp(spread * 2 * (draw(n, k) + draw(n, k + 1) + draw(n, k + 2) - 1.5));
create macro one_of(items, n, k) as items[1 + floor(draw(n, k) * len(items))::INT];
create macro second(n) as floor({DAYS * 86400} * (sqrt(1 + 8 * n / leads()::DOUBLE) - 1) / 2)::BIGINT;
create macro within(day) as case when day < {DAYS} then DATE '{FIRST}' + day::INT end;
create macro with_deal(n) as n % 5 = floor(draw(n // 5, 90) * 5);
create macro source(n) as one_of((select weighted from sources), n, 1);
"""

LEADS = f"""
with drawn as (
    select range as n, second(n) as s, source(n) as src, with_deal(n) as deal,
        s // 86400 + floor(2 * lag(n, 10, 1.0)) as mql_day,
        mql_day + floor(5 * lag(n, 20, 0.9)) as sql_day,
        deal or draw(n, 30) < 0.25 as mql,
        mql and draw(n, 31) < (case when deal then 0.9 else 0.15 end) as sql,
    from range(leads())
)
select printf('L%08d', n) as lead_id,
    case when draw(n, 2) >= 0.03 then printf('p%d@f%d.example', n, n % 65521) end as email,
    case when n % 40 = 7 then printf('Müller, Söhne & Co. %d', n % 65521) else printf('Firm %d', n % 65521) end as company,
    TIMESTAMP '{FIRST}' + to_seconds(s) as created_at,
    src.source as source, src.medium as medium,
    src.campaign || (1 + n % 4) as campaign,
    one_of(owners(), n, 3) as owner,
    one_of(['DE', 'US', 'FR', 'GB', 'NL', NULL], n, 4) as country,
    case when mql then within(mql_day) end as mql_at,
    case when sql then within(sql_day) end as sql_at,
    case when deal then 'Qualified' when draw(n, 5) < 0.3 then 'Disqualified' when draw(n, 6) < 0.5 then 'Contacted' else 'New' end as status,
from drawn
"""

# One deal for each five leads; one in thirty of them is a further one of the lead before, one in fifty says no lead.
DEALS = f"""
with drawn as (
    select range as d,
        greatest(d - (draw(d, 40) < 0.033)::INT, 0) as block,
        block * 5 + floor(draw(block, 90) * 5)::BIGINT as n,
        second(n) // 86400 + floor(6 * lag(d, 41, 0.9)) as created,
        created + floor(28 * lag(d, 50, 0.8)) as closed,
        draw(d, 60) < source(n).won as won,
        case when draw(d, 61) < 0.9 then within(closed) end as closed_at,
    from range(leads() // 5)
)
select printf('D%08d', d) as deal_id,
    case when draw(d, 62) >= 0.02 then printf('L%08d', n) end as lead_id,
    printf('Firm %d, %s', n % 65521, one_of(['platform', 'support', 'training'], d, 63)) as deal_name,
    (floor(500000 * lag(d, 70, 0.9)) / 100)::DECIMAL(12, 2) as amount,
    case when closed_at is null then 'Open' when won then 'Won' else 'Lost' end as status,
    within(created) as created_at, closed_at,
    one_of(owners(), d, 64) as owner,
from drawn
where created < {DAYS}
"""

# Search runs every day, the two social platforms every third day; the cost grows with the leads.
ADS = f"""
with drawn as (
    select range as day, unnest([
        {{'channel': 'Google Ads', 'campaign': 'search', 'every': 1, 'cents': 7.0}},
        {{'channel': 'Facebook Ads', 'campaign': 'social', 'every': 3, 'cents': 9.0}},
        {{'channel': 'LinkedIn Ads', 'campaign': 'b2b', 'every': 3, 'cents': 12.0}}
    ], recursive := true),
    from range({DAYS})
),
paid as (
    select *, floor(cents * leads() / {DAYS} * (0.5 + day / {DAYS}) * (50 + 100 * draw(day, 80 + every)))::BIGINT as cost_cents,
        floor(cost_cents * (0.2 + draw(day, 82)))::BIGINT as seen,
    from drawn where day % every = 0
)
select DATE '{FIRST}' + day::INT as date, channel, campaign || (1 + day % 4) as campaign,
    (cost_cents / 100)::DECIMAL(14, 2) as cost, seen as impressions, floor(seen * (0.01 + 0.03 * draw(day, 83)))::BIGINT as clicks,
from paid
order by day, channel
"""


def write(folder: Path, leads: int) -> Company:
    """The files of a company of so many *leads* in *folder*, the same bytes each time."""
    company = Company(folder / "leads.csv", folder / "deals.csv", folder / "ads.csv")
    weighted = ", ".join(
        str({"source": s, "medium": m, "campaign": c, "won": won}).replace("None", "NULL")
        for s, m, c, share, won in SOURCES
        for _ in range(share)
    )
    with duckdb.connect() as connection:
        connection.execute(f"create macro leads() as {leads}")
        connection.execute(f"create macro owners() as {OWNERS.split(',')}")
        connection.execute(f"create table sources as select [{weighted}] as weighted")
        connection.execute(MACROS)
        for path, query in ((company.leads, LEADS), (company.deals, DEALS), (company.ads, ADS)):
            connection.execute(
                f"copy ({query}) to '{path}' (format csv, header, timestampformat '%Y-%m-%dT%H:%M:%S')"
            )
    return company


def main() -> None:
    """Write the files where the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("leads", type=int)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    company = write(arguments.folder, arguments.leads)
    for path in (company.leads, company.deals, company.ads):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
