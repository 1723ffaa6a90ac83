"""Posts and search terms: engagement over what was seen, searches that name the brand; reckoned by hand and by SQL."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from funnelkit import brands
from funnelkit.errors import SourceError
from funnelkit.pipeline import inspecting, reporting
from funnelkit.pipeline.options import Options
from funnelkit.reports import Report

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
RATE, OF_REACH, OF_FOLLOWERS = RATES = (
    "social_engagement_rate",
    "social_engagement_rate_reach",
    "social_engagement_rate_followers",
)
SHARE = "branded_search_share"


def report(folder: Path, files: dict[str, str], brand: str = "", **options: Any) -> Report:
    paths = []
    for name, text in files.items():
        kind, _, stem = name.rpartition("__")
        path = folder / f"{stem}.csv"
        path.write_text(text, "utf-8")
        paths.append(f"{kind}={path}" if kind else str(path))
    config = folder / "funnelkit.yaml"
    config.write_text(f"brand: {brand}\n" if brand else "", "utf-8")
    return reporting.report(paths, Options(**{"config": config, "metrics": (*RATES, SHARE), **options}))


def answer(found: Report, metric: str) -> Any:
    cell = found.metrics[metric]
    return cell.reason if cell.value is None else (cell.numerator, cell.denominator)


def codes(found: Report) -> set[str]:
    return {note.code for note in found.warnings}


POSTS = """\
Date,Network,Post,Impressions,Reach,Followers,Reactions,Comments,Shares,Clicks
2026-01-05,LinkedIn,a,1000,800,5000,20,3,2,15
2026-01-06,LinkedIn,b,500,400,5010,5,0,0,5
2026-02-02,Facebook,c,200,150,,4,,1,5
2026-02-03,Facebook,d,300,,900,6,1,0,3
"""


@ENGINES
def test_engagement_is_over_each_of_three_denominators(tmp_path: Path, engine: str) -> None:
    found = report(tmp_path, {"posts": POSTS}, engine=engine)
    # Post c has blank comments, which are not 0: it is in no rate, neither above nor below the line.
    assert answer(found, RATE) == (40 + 10 + 10, 1000 + 500 + 300)
    assert answer(found, OF_REACH) == (40 + 10, 800 + 400)
    assert answer(found, OF_FOLLOWERS) == (40 + 10 + 10, 5000 + 5010 + 900)
    assert "engagements_unknown" in codes(found)
    january = report(tmp_path, {"posts": POSTS}, engine=engine, period="2026-01", by=("source",))
    assert answer(january, RATE) == (50, 1500)
    assert january.breakdown
    assert {row.key[0]: row.cells[RATE].numerator for row in january.breakdown.rows} == {"LinkedIn": 50}
    whole = report(tmp_path, {"posts": POSTS}, engine=engine, by=("channel",))
    assert whole.breakdown
    assert [row.key[0] for row in whole.breakdown.rows] == ["organic_social"]
    assert whole.period
    assert str(whole.period.start) == "2026-01-05"


@ENGINES
def test_the_sum_of_a_tool_stands_in_where_a_kind_is_missing(tmp_path: Path, engine: str) -> None:
    hootsuite = "Date,Network,Impressions,Engagements\n2026-01-05,Instagram,100,7\n2026-01-06,Instagram,50,\n"
    alone = report(tmp_path, {"sums": hootsuite}, engine=engine)
    assert answer(alone, RATE) == (7, 100)
    assert {"engagements_of_the_tool", "engagements_unknown"} <= codes(alone)
    # Where all kinds are known their sum counts, whatever else the tool adds to its own.
    both = "Date,Impressions,Likes,Comments,Shares,Clicks,Engagements\n2026-01-05,100,1,1,1,1,9\n"
    assert answer(report(tmp_path, {"both": both}, engine=engine), RATE) == (4, 100)
    together = report(tmp_path, {"posts": POSTS, "sums": hootsuite}, engine=engine)
    assert answer(together, RATE) == (60 + 7, 1800 + 100)


LACKING = [
    ("Date,Impressions,Likes,Comments,Shares\n2026-01-05,100,1,1,1\n", "no_clicks"),
    ("Date,Reach,Likes,Comments,Shares,Clicks\n2026-01-05,100,1,1,1,2\n", "no_impressions"),
    ("Date,Impressions,Likes,Comments,Shares,Clicks\n2026-01-05,0,0,0,0,0\n", "no_denominator"),
]


@pytest.mark.parametrize(("text", "reason"), LACKING)
def test_a_rate_that_nobody_can_know_says_why(tmp_path: Path, text: str, reason: str) -> None:
    assert answer(report(tmp_path, {"posts": text}), RATE) == reason
    assert answer(report(tmp_path, {"posts": text}), SHARE) == "no_search"


def test_limits_come_from_days_as_they_differ(tmp_path: Path) -> None:
    rows = [f"2026-01-{day:02},1000,{10 + day % 4},{day % 3},1,{5 + day % 5}" for day in range(1, 21)]
    text = "\n".join(["Date,Impressions,Reactions,Comments,Shares,Clicks", *rows, ""])
    cell = report(tmp_path, {"posts": text}).metrics[RATE]
    # The mean of 20 daily rates with equal impressions: its standard error is theirs over the root of 20.
    rates = [sum(map(int, row.split(",")[2:])) / 1000 for row in rows]
    mean = sum(rates) / 20
    error = (sum((r - mean) ** 2 for r in rates) / 19 / 20) ** 0.5
    assert cell.value == pytest.approx(mean)
    assert cell.interval
    assert cell.n == 20000
    low, high = cell.interval
    assert low is not None
    assert high is not None
    assert 1.8 * error < high - mean < 2.6 * error
    assert 1.8 * error < mean - low < 2.6 * error


def test_a_post_that_two_exports_tell_differently_is_refused(tmp_path: Path) -> None:
    later = POSTS.replace("b,500", "b,900")
    with pytest.raises(SourceError, match="both hold"):
        report(tmp_path, {"posts": POSTS, "later": later})
    same = report(tmp_path, {"posts": POSTS, "again": POSTS})
    assert answer(same, RATE) == (60, 1800)


# -- recognition -----------------------------------------------------------------------------------

LINKEDIN = (
    "Date,Impressions (organic),Impressions (total),Clicks (organic),Clicks (total),Reactions (total),"
    "Comments (total),Reposts (total),Engagement rate (total)\n01/13/2026,90,100,2,3,2,1,0,0.06\n"
)
KINDS = [
    (LINKEDIN, "social"),
    ("Publié le;Plateforme;Impressions;Réactions;Commentaires;Partages\n13.01.2026;X;100;2;1;0\n", "social"),
    ("Veröffentlicht am;Reichweite;Reaktionen;Kommentare\n13.01.2026;100;2;1\n", "social"),
    ("Fecha,Alcance,Interacciones\n13/01/2026,100,2\n", "social"),
    # What was paid for is spend, also where the posts of a campaign were answered.
    ("Date,Campaign,Impressions,Clicks,Reactions,Comments,Cost\n2026-01-13,a,100,2,1,1,5\n", "spend"),
    ("Day,Search term,Impressions,Clicks,Cost\n2026-01-13,acme,100,2,5\n", "spend"),
    ("Datum;Suchanfrage;Impressionen;Klicks\n13.01.2026;acme;100;2\n", "search"),
    ("Month,Search query,Impressions\n2026-01,acme,100\n", "search"),
    # No list of things with views or comments is taken for posts.
    ("Date,Title,Comments\n2026-01-13,a,2\n", None),
    ("Date,Page,Impressions,Clicks,Comments\n2026-01-13,a,9,2,2\n", None),
    ("Date,Campaign,Impressions,Reactions,Comments\n2026-01-13,a,9,2,2\n", None),
]


@pytest.mark.parametrize(("text", "table"), KINDS)
def test_a_file_is_taken_for_what_it_is(tmp_path: Path, text: str, table: str | None) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8")
    (found,) = inspecting.inspect([str(path)], Options(no_config=True)).files
    assert (found.error is None) == (table is not None), found.error
    assert table is None or found.table == table


# -- brands ----------------------------------------------------------------------------------------

NAMED = [
    ("acme", "ACME login"),
    ("acme", "who owns acme?"),
    ("acme", "acme's prices"),
    ("acme", "www.acme.com"),
    ("acme", "ac me"),
    ("Acme Tools", "acmetools"),
    ("acmetools", "acme-tools discount"),
    ("Café Möller", "cafe moller wien"),
    ("μοσχόπουλος", "ΜΟΣΧΟΠΟΥΛΟΣ οδοντιατρος"),
    ("μοσχόπουλος", "μοσχοπουλοσ οδοντιατροσ"),
    ("Straße", "strasse berlin"),
    ("H&M", "h&m sale"),
    ("アクメ", "アクメ評判"),
    ("7-eleven", "7 eleven"),
]
UNNAMED = [
    ("acme", "acmeist poetry"),
    ("acme", "placme"),
    ("acme", "ac meter"),
    ("acme", ""),
    ("Acme Tools", "acme"),
    ("Acme Tools", "tools acme"),
    ("Acme Tools", "acme power tools"),
    ("H&M", "hm"),
    ("1&1", "11 plus exam"),
    ("sage", "message"),
]


@pytest.mark.parametrize(("brand", "term"), NAMED)
def test_a_brand_is_found_however_it_is_spelt(brand: str, term: str) -> None:
    assert brands.finder(["other", brand])(term)


@pytest.mark.parametrize(("brand", "term"), UNNAMED)
def test_a_part_of_a_word_is_no_brand(brand: str, term: str) -> None:
    assert not brands.finder([brand])(term)


TERMS = "Date,Query,Clicks,Impressions,CTR,Position\n2026-04-13,acme kettle,2,18,11.11%,1.4\n2026-04-13,kettle,1,40,2.5%,8.2\n2026-05-14,Acmé,1,2,50%,1.2\n"


@ENGINES
def test_the_share_of_searches_that_name_the_brand(tmp_path: Path, engine: str) -> None:
    found = report(tmp_path, {"terms": TERMS}, "acme", engine=engine)
    assert answer(found, SHARE) == (20, 60)
    assert found.metrics[SHARE].interval_type == "wilson"
    assert "branded_terms" in codes(found)
    april = report(
        tmp_path, {"terms": TERMS}, "[nobody, acme]", engine=engine, period="2026-04", by=("channel",)
    )
    assert answer(april, SHARE) == (18, 58)
    assert april.breakdown
    assert [row.key[0] for row in april.breakdown.rows] == ["organic_search"]
    nobody = report(tmp_path, {"terms": TERMS}, "nobody", engine=engine)
    assert answer(nobody, SHARE) == (0, 60)
    assert nobody.metrics[SHARE].interval
    assert answer(report(tmp_path, {"terms": TERMS}, engine=engine), SHARE) == "no_brand"


@ENGINES
def test_clicks_count_where_no_file_has_impressions(tmp_path: Path, engine: str) -> None:
    text = "Day,Search term,Clicks\n2026-04-13,acme,3\n2026-04-13,pot,5\n"
    found = report(tmp_path, {"terms": text}, "acme", engine=engine)
    assert answer(found, SHARE) == (3, 8)
    assert "searches_by_clicks" in codes(found)


@ENGINES
def test_terms_without_days_count_where_no_period_is_asked_for(tmp_path: Path, engine: str) -> None:
    undated = "Top queries,Clicks,Impressions,CTR,Position\nacme,2,7,28.57%,7.5\npot,0,13,0%,5\n"
    assert answer(report(tmp_path, {"q": undated}, "acme", engine=engine), SHARE) == (7, 20)
    files = {"q": undated, "posts": POSTS}
    assert answer(report(tmp_path, files, "acme", engine=engine), SHARE) == (7, 20)
    assert answer(report(tmp_path, files, "acme", engine=engine, period="2026-01"), SHARE) == "no_dates"


TOTALS = [
    # Search Console writes no totals, so that a term of this name is one; so it is where it has a day.
    (
        "Top queries,Clicks,Impressions,CTR,Position\ntotal,5,10,50%,1\nacme,2,4,50%,1\npot,3,6,50%,1\n",
        (4, 20),
    ),
    ("Day,Search term,Impressions\n2026-01-13,total,10\n2026-01-13,acme,4\n", (4, 14)),
    ("Day,Search term,Impressions\n2026-01-13,pot,10\n2026-01-13,acme,4\n,Total,14\n", (4, 14)),
]


@ENGINES
@pytest.mark.parametrize(("text", "share"), TOTALS)
def test_a_total_is_told_from_a_term_of_this_name(
    tmp_path: Path, text: str, share: tuple[int, int], engine: str
) -> None:
    assert answer(report(tmp_path, {"terms": text}, "acme", engine=engine), SHARE) == share


def test_search_terms_of_ads_are_asked_for_by_name(tmp_path: Path) -> None:
    ads = "Day,Search term,Impressions,Clicks,Cost\n2026-01-13,acme,100,2,5\n2026-01-13,pot,300,2,5\n"
    assert answer(report(tmp_path, {"ads": ads}, "acme"), SHARE) == "no_search"
    assert answer(report(tmp_path, {"search__ads": ads}, "acme"), SHARE) == (100, 400)


# -- a second opinion ------------------------------------------------------------------------------


@ENGINES
def test_many_rows_agree_with_sql(tmp_path: Path, engine: str) -> None:
    chance = random.Random(7)
    terms = ["acme", "Acmé kettle", "kettle", "acmes", "best ACME.com", "pot", "ac-me shop", "macme"]
    rows = [
        f"2026-{chance.randint(1, 3):02}-{chance.randint(1, 28):02},{chance.choice(terms)},{chance.randint(0, 99)},x,1\n"
        for _ in range(3000)
    ]
    (tmp_path / "terms.csv").write_text("Date,Query,Impressions,CTR,Position\n" + "".join(rows), "utf-8")
    posts = []
    for n in range(2000):
        day = f"2026-{chance.randint(1, 3):02}-{chance.randint(1, 28):02}"
        cells = [str(chance.randint(0, 50)) if chance.random() > 0.1 else "" for _ in range(5)]
        posts.append(f"{day},p{n},{chance.randint(0, 5000)},{','.join(cells)}\n")
    head = "Date,Post ID,Impressions,Reactions,Comments,Shares,Clicks,Engagements\n"
    (tmp_path / "posts.csv").write_text(head + "".join(posts), "utf-8")
    config = tmp_path / "funnelkit.yaml"
    config.write_text("brand: acme\n", "utf-8")
    files = [str(tmp_path / "terms.csv"), str(tmp_path / "posts.csv")]
    found = reporting.report(
        files, Options(config=config, engine=engine, period="2026-02", metrics=(RATE, SHARE))
    )

    sql = duckdb.connect()
    share = sql.execute(
        rf"""SELECT sum(Impressions) FILTER (regexp_matches(lower(strip_accents(Query)), '\bac-?me\b')), sum(Impressions)
        FROM read_csv('{files[0]}') WHERE month("Date") = 2"""
    ).fetchall()
    rate = sql.execute(
        f"""SELECT sum(done), sum(Impressions) FILTER (done IS NOT NULL) FROM (
            SELECT Impressions, coalesce(Reactions + Comments + Shares + Clicks, Engagements) AS done
            FROM read_csv('{files[1]}') WHERE month("Date") = 2)"""
    ).fetchall()
    assert (answer(found, SHARE), answer(found, RATE)) == (share[0], rate[0])
