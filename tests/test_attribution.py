"""funnelkit attribution against published numbers, truth counted by hand in SQL, and what must hold of any input."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import numpy as np
import pytest
import scipy.stats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import funnelkit
from funnelkit.cli.app import run
from funnelkit.errors import UsageError
from funnelkit.pipeline import schemas
from funnelkit.statistics.intervals import wilson
from funnelkit.studies import Study
from tests import journeys as j
from tests.journeys import Journey, many, table

ENGINES = pytest.mark.parametrize("engine", ["pandas", "duckdb"])
ALL = "first,last,last_non_direct,linear,linear_distinct,u_shaped,w_shaped,full_path,j_shaped,inverse_j,time_decay,markov,shapley"
EXACT = 1e-9


def study(folder: Path, journeys: list[Journey], **options: Any) -> Study:
    return j.study(j.files(folder, journeys), **options)


@ENGINES
def test_the_three_journeys_of_bryl(tmp_path: Path, engine: str) -> None:
    """C1>C2>C3 converted, C1 and C2>C3 did not: removal effects .5, 1, 1, and so shares of .2, .4, .4."""
    made = study(
        tmp_path,
        [Journey("C1>C2>C3", "1"), Journey("C1"), Journey("C2>C3")],
        model="markov,first",
        engine=engine,
    )
    assert j.given(made, "markov") == pytest.approx(
        {"C1": 0.2, "C2": 0.4, "C3": 0.4, "(no touch)": 0}, abs=EXACT
    )
    effects = {name: row["effect"]["value"] for name, row in table(made, "removal").items()}
    assert effects == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1}, abs=EXACT)
    assert "P(conversion) is 0.3333" in made.table("removal").caption


@ENGINES
def test_the_chain_of_puzyrov(tmp_path: Path, engine: str) -> None:
    """P(conversion) .8, effects .75 and .5, so 2.4 and 1.6 of four conversions."""
    journeys = [*many("Google", 2, 1), *many("Mailing", 1), *many("Google>Mailing", 1)]
    made = study(tmp_path, journeys, model="markov,first", engine=engine)
    assert j.given(made, "markov") == pytest.approx(
        {"Google": 2.4, "Mailing": 1.6, "(no touch)": 0}, abs=EXACT
    )
    effects = {name: row["effect"]["value"] for name, row in table(made, "removal").items()}
    assert effects == pytest.approx({"Google": 0.75, "Mailing": 0.5}, abs=EXACT)


@ENGINES
def test_rules_by_position_of_mta(tmp_path: Path, engine: str) -> None:
    journeys = [*many("direct", 2), *many("search>email", 3), *many("search>social>email", 5)]
    made = study(tmp_path, journeys, model="first,last,linear,u_shaped", engine=engine)
    none = {"(no touch)": 0}
    assert j.given(made, "first") == none | {"direct": 2, "search": 8, "social": 0, "email": 0}
    assert j.given(made, "last") == none | {"direct": 2, "email": 8, "social": 0, "search": 0}
    assert j.given(made, "linear") == pytest.approx(
        none | {"direct": 2, "search": 19 / 6, "email": 19 / 6, "social": 5 / 3}, abs=EXACT
    )
    assert j.given(made, "u_shaped") == pytest.approx(
        none | {"direct": 2, "search": 3.5, "email": 3.5, "social": 1}, abs=EXACT
    )


def test_other_weights_for_the_ends(tmp_path: Path) -> None:
    made = study(tmp_path, many("x>y", 10), model="u_shaped,first", weights="30,0,70")
    assert j.given(made, "u_shaped") == pytest.approx({"x": 3, "y": 7, "(no touch)": 0}, abs=EXACT)
    repeated = study(tmp_path, many("a>a>b", 6), model="linear,first")
    assert j.given(repeated, "linear") == pytest.approx({"a": 4, "b": 2, "(no touch)": 0}, abs=EXACT)


@ENGINES
def test_a_deal_of_12_000_by_age(tmp_path: Path, engine: str) -> None:
    """Touches on days 0, 5, 12, 30 and 38 of a sale that took 38: by a half-life of a week, evenly, and in a U."""
    ages = [38, 33, 26, 8, 0]
    made = study(
        tmp_path,
        [Journey("t0>t5>t12>t30>t38", "12000.00", ages)],
        model="time_decay,linear,u_shaped",
        half_life=7,
        engine=engine,
    )
    names = ["t0", "t5", "t12", "t30", "t38"]
    decayed = j.earned(made, "time_decay")
    # Where all cents of rounding would not add up to 12,000 one of them stands elsewhere.
    assert [decayed[name] for name in names] == pytest.approx(
        [175.20, 287.44, 574.87, 3417.04, 7545.45], abs=0.0101
    )
    assert sum(round(amount * 100) for amount in decayed.values()) == 1_200_000
    assert [j.earned(made, "linear")[name] for name in names] == [2400] * 5
    assert [j.earned(made, "u_shaped")[name] for name in names] == [4800, 800, 800, 800, 4800]
    halved = study(tmp_path, [Journey("a>b>c", "7.00", [14, 7, 0])], model="time_decay,first")
    assert j.given(halved, "time_decay") == pytest.approx(
        {"a": 1 / 7, "b": 2 / 7, "c": 4 / 7, "(no touch)": 0}, abs=EXACT
    )


@pytest.mark.parametrize(
    ("game", "value"),
    [
        (
            {"F": 20, "O": 10, "L": 17, "F>O": 17, "F>L": 30, "F>L>O": 6},
            {"F": 45.5, "O": 20.5, "L": 34.0},
        ),
        (
            {"F": 18, "G": 4, "L": 8, "F>G": 10, "F>L": 26, "G>L": 7, "F>G>L": 27},
            {"F": 45.0, "G": 21.5, "L": 33.5},
        ),
    ],
    ids=["tomgorb", "arniwesth"],
)
def test_published_games(tmp_path: Path, game: dict[str, int], value: dict[str, float]) -> None:
    journeys = [one for path, converted in game.items() for one in many(path, converted)]
    made = study(tmp_path, journeys, model="shapley,first")
    assert j.given(made, "shapley") == pytest.approx({**value, "(no touch)": 0}, abs=EXACT)


@ENGINES
def test_days_of_stages_put_lead_and_opportunity_on_their_touch(tmp_path: Path, engine: str) -> None:
    """Lead on 1 June after b, opportunity on 2 June after c, won on the 30th: W is 30 for a, b, c and 10 for the rest."""
    made = study(
        tmp_path,
        [Journey("a>b>c>d>e", "100.00", [40, 29, 28, 10, 5])],
        model="w_shaped,full_path",
        engine=engine,
    )
    assert j.given(made, "w_shaped") == pytest.approx(
        {"a": 0.3, "b": 0.3, "c": 0.3, "d": 0.05, "e": 0.05, "(no touch)": 0}, abs=EXACT
    )
    assert j.given(made, "full_path") == pytest.approx(
        {"a": 0.225, "b": 0.225, "c": 0.225, "d": 0.1, "e": 0.225, "(no touch)": 0}, abs=EXACT
    )


@ENGINES
def test_window_order_ties_and_later_touches(tmp_path: Path, engine: str) -> None:
    """Unsorted rows are put in order, ties keep that of the file; what is too old or too late earns nothing."""
    at = [
        ("A", "2026-06-20 10:00", "late"),
        ("A", "2026-06-10 10:00", "second"),
        ("A", "2026-06-10 10:00", "third"),
        ("A", "2026-06-01 10:00", "first"),
        ("A", "2026-03-17 10:00", "old"),
        ("A", "2026-03-18 10:00", "edge"),
        ("", "2026-06-01 10:00", "nobody"),
    ]
    j.write(tmp_path / "touches.csv", ("lead_id", "touched_at", "source"), at)
    j.write(tmp_path / "leads.csv", ("lead_id", "created_at"), [("A", "2026-06-01"), ("B", "2026-06-01")])
    j.write(
        tmp_path / "deals.csv",
        ("deal_id", "lead_id", "created_at", "closed_at", "status", "amount"),
        [
            ("1", "A", "2026-06-05", "2026-06-16", "won", "9.00"),
            ("2", "B", "2026-06-05", "2026-06-30", "won", "1.00"),
        ],
    )
    made = j.study([str(tmp_path / f"{name}.csv") for name in ("touches", "leads", "deals")], engine=engine)
    # 18 March is 90 days before 16 June.
    assert list(table(made, "paths")) == ["edge > first > second > third"]
    assert table(made, "credit")["(no touch)"]["conversions"]["value"] == 1
    noted = {note.code: note.message for note in made.warnings}
    assert "1 of 7" in noted["anonymous_touches"]
    assert "1 of 7" in noted["touches_after"]
    assert "1 of 7" in noted["touches_before_window"]
    assert "1 of 2 (50.0 %" in made.sentences[-2]
    wider = j.study(
        [str(tmp_path / f"{name}.csv") for name in ("touches", "leads", "deals")], window=91, engine=engine
    )
    assert list(table(wider, "paths")) == ["old > edge > first > second > third"]


@ENGINES
def test_the_second_deal_of_a_person_has_the_touches_since_the_first(tmp_path: Path, engine: str) -> None:
    at = [("A", "2026-05-01", "one"), ("A", "2026-05-20", "two"), ("A", "2026-06-10", "three")]
    j.write(tmp_path / "touches.csv", ("lead_id", "touched_at", "source"), at)
    j.write(tmp_path / "leads.csv", ("lead_id", "created_at"), [("A", "2026-05-01")])
    j.write(
        tmp_path / "deals.csv",
        ("deal_id", "lead_id", "created_at", "closed_at", "status", "amount"),
        [
            (str(i), "A", "2026-05-05", day, "won", "1.00")
            for i, day in enumerate(("2026-05-20", "2026-06-20"))
        ],
    )
    made = j.study([str(tmp_path / f"{name}.csv") for name in ("touches", "leads", "deals")], engine=engine)
    assert {name: row["conversions"]["value"] for name, row in table(made, "paths").items()} == {
        "one > two": 1,
        "three": 1,
    }


CHANNELS = ("ads", "mail", "fair", "web", "direct")


def made_up(folder: Path, people: int = 400, seed: int = 5) -> list[str]:
    """Touches with times in no order, known by lead or e-mail; deals won, lost and open."""
    dice = random.Random(seed)
    touches: list[tuple[Any, ...]] = []
    leads: list[tuple[Any, ...]] = []
    deals: list[tuple[Any, ...]] = []
    for n in range(people):
        mail = f"p{n}@firm{n}.example"
        leads.append((f"L{n}", mail, "2026-03-01", "web"))
        for _ in range(dice.randrange(0, 7)):
            moment = datetime(2026, 1, 1) + timedelta(minutes=dice.randrange(180 * 24 * 60))
            by = (f"L{n}", "") if dice.random() < 0.7 else ("", mail)
            touches.append((*by, moment.isoformat(" "), dice.choice(CHANNELS)))
        for _ in range(dice.choice((0, 1, 1, 2))):
            closed = date(2026, 3, 1) + timedelta(days=dice.randrange(120))
            status = dice.choice(("won", "won", "lost", "open"))
            amount = f"{dice.randrange(-2000, 90_000) / 100:.2f}"
            deals.append(
                (f"D{len(deals)}", f"L{n}", "2026-03-01", closed if status != "open" else "", status, amount)
            )
    dice.shuffle(touches)
    j.write(folder / "touches.csv", ("lead_id", "email", "touched_at", "source"), touches)
    j.write(folder / "leads.csv", ("lead_id", "email", "created_at", "lead_source"), leads)
    j.write(
        folder / "deals.csv", ("deal_id", "lead_id", "created_at", "closed_at", "status", "amount"), deals
    )
    return [str(folder / f"{name}.csv") for name in ("touches", "leads", "deals")]


SQL = """
WITH lead AS (SELECT * FROM read_csv('{0}/leads.csv', all_varchar=true)),
touch AS (
    SELECT coalesce(t.lead_id, l.lead_id) AS person, t.touched_at::TIMESTAMP AS moment, t.source, row_number() OVER () AS place
    FROM read_csv('{0}/touches.csv', all_varchar=true) t LEFT JOIN lead l ON t.email = l.email
),
won AS (
    SELECT lead_id AS person, closed_at::DATE AS day, count(*) AS n, sum((amount::DECIMAL(12, 2) * 100)::BIGINT) AS cents
    FROM read_csv('{0}/deals.csv', all_varchar=true) WHERE status = 'won' GROUP BY ALL
),
turns AS (SELECT *, lag(day) OVER (PARTITION BY person ORDER BY day) AS previous FROM won),
steps AS (
    SELECT t.person, day, n, source, day - moment::DATE AS age,
        row_number() OVER (w ORDER BY moment, place) AS step, row_number() OVER (w ORDER BY moment DESC, place DESC) AS back,
        count(*) OVER w AS steps
    FROM touch t JOIN turns ON t.person = turns.person
    WHERE moment::DATE <= day AND (previous IS NULL OR moment::DATE > previous) AND day - moment::DATE <= 90
    WINDOW w AS (PARTITION BY t.person, day)
),
weights AS (
    SELECT *, (step = 1)::INT AS first, (back = 1)::INT AS last, 1 / steps AS linear,
        CASE WHEN steps = 1 THEN 1 WHEN steps = 2 THEN 0.5 WHEN step = 1 OR back = 1 THEN 0.4 ELSE 0.2 / (steps - 2) END AS u_shaped,
        2 ^ (-age / 7) / sum(2 ^ (-age / 7)) OVER (PARTITION BY person, day) AS time_decay
    FROM steps
)
SELECT source, sum(n * first), sum(n * last), sum(n * linear), sum(n * u_shaped), sum(n * time_decay)
FROM weights GROUP BY source
"""


@ENGINES
def test_against_sql_by_hand(tmp_path: Path, engine: str) -> None:
    files = made_up(tmp_path)
    names = ("first", "last", "linear", "u_shaped", "time_decay")
    made = j.study(files, model=",".join(names), engine=engine)
    truth = {source: values for source, *values in duckdb.connect().execute(SQL.format(tmp_path)).fetchall()}
    assert set(truth) == set(CHANNELS)
    for place, model in enumerate(names):
        found = j.given(made, model)
        found.pop("(no touch)")
        assert found == pytest.approx(
            {source: float(values[place]) for source, values in truth.items()}, abs=EXACT
        )
    deals = f"read_csv('{tmp_path}/deals.csv', all_varchar=true) WHERE status = 'won'"
    ((n, cents),) = (
        duckdb.connect().execute(f"SELECT count(*), sum(amount::DECIMAL(12, 2)) FROM {deals}").fetchall()
    )
    everything = table(made, "credit")["all"]
    assert (everything["conversions"]["value"], everything["value"]["value"]) == (n, float(cents))


PATHS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["a", "b", "c", "direct"]), max_size=6),
        st.one_of(st.none(), st.integers(-10_000, 10**7)),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=12,
).filter(lambda found: any(amount is not None for _, amount, _ in found) and any(path for path, *_ in found))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATHS)
def test_credit_is_conserved(tmp_path: Path, drawn: list[tuple[list[str], int | None, int]]) -> None:
    """Whatever the journeys are, each model gives all conversions once, and all money to the cent."""
    journeys = [
        Journey(">".join(path), None if cents is None else f"{cents / 100:.2f}", deals=deals)
        for path, cents, deals in drawn
    ]
    made = study(tmp_path, journeys, model=f"{ALL},shapley_rate")
    won = [(cents, deals) for _, cents, deals in drawn if cents is not None]
    rows = table(made, "models" if any(one.id == "models" for one in made.tables) else "credit")
    models = [name for name in (*ALL.split(","), "shapley_rate") if name in next(iter(rows.values()))]
    for model in models or ["first"]:
        given = j.given(made, model)
        if all(value is not None for value in given.values()):
            assert sum(given.values()) == pytest.approx(sum(deals for _, deals in won), abs=1e-9)
            cents = sum(round(value * 100) for value in j.earned(made, model).values())
            assert cents == sum(amount * deals for amount, deals in won)


def chain_of(dice: np.random.Generator) -> tuple[str, bool]:
    """A walk by known probabilities: start to a .6 or b .4; a to b .3, won .2, lost .5; b to a .1, won .4, lost .5."""
    path, state = [], dice.choice(["a", "b"], p=[0.6, 0.4])
    while state in ("a", "b"):
        path.append(str(state))
        ways = (
            (["b", "won", "lost"], [0.3, 0.2, 0.5])
            if state == "a"
            else (["a", "won", "lost"], [0.1, 0.4, 0.5])
        )
        state = dice.choice(ways[0], p=ways[1])
    return ">".join(path), state == "won"


def test_a_known_chain_is_recovered_within_its_uncertainty(tmp_path: Path) -> None:
    """With P the probability of winning: P(a) = .2 + .3 P(b), P(b) = .4 + .1 P(a).

    So P(a) = .32 / .97, P(b) = (.4 + .02) / .97, and P = .6 P(a) + .4 P(b). Without a only b that begins and wins at
    once is left, .4 * .4; without b .6 * .2.
    """
    whole = (0.6 * 0.32 + 0.4 * 0.42) / 0.97
    effect = {"a": 1 - 0.16 / whole, "b": 1 - 0.12 / whole}
    share = effect["a"] / (effect["a"] + effect["b"])
    inside = 0
    for seed in range(5):
        dice = np.random.default_rng(seed)
        walks = [chain_of(dice) for _ in range(1500)]
        made = study(
            tmp_path, [Journey(path, "1.00" if won else None) for path, won in walks], model="markov,first"
        )
        found = {name: row["effect"]["value"] for name, row in table(made, "removal").items()}
        assert found == pytest.approx(effect, abs=0.075)  # three standard errors
        cell = table(made, "models")["a"]["markov"]
        low, high = (limit / cell["n"] for limit in cell["interval"])
        assert 0.005 < high - low < 0.1
        inside += low <= share <= high
    assert inside >= 4


def test_limits_of_a_rule_are_those_of_its_weights(tmp_path: Path) -> None:
    """First touch is a rate, with Wilson's limits (81 of 263: .2553 to .3662); evenly shared credit varies less."""
    made = study(tmp_path, [*many("a>b", 81), *many("b", 182)], model="first,linear")
    rows = table(made, "models")
    assert [limit / 263 for limit in rows["a"]["first"]["interval"]] == pytest.approx(
        [0.2553, 0.3662], abs=5e-5
    )
    assert rows["a"]["first"]["n"] == 263
    # Half of each of 81 of 263: the limits are half of those of 81, near enough, and not those of 40.5 of 263.
    low, high = (limit / 263 for limit in rows["a"]["linear"]["interval"])
    assert (low, high) == pytest.approx((0.2553 / 2, 0.3662 / 2), abs=0.003)
    apart = wilson(40.5, 263)
    assert apart[0] < low
    assert high < apart[1]


def test_one_customer(tmp_path: Path) -> None:
    made = study(tmp_path, [Journey("a", "5.00")])
    assert "so every model says the same" in made.sentences[1]
    assert table(made, "credit")["a"]["conversions"]["value"] == 1
    assert [note.code for note in made.warnings if note.code == "few_conversions"]


def test_a_channel_without_conversions_has_none(tmp_path: Path) -> None:
    made = study(tmp_path, [*many("a>b", 2), *many("idle", 0, 3)])
    row = table(made, "models")["idle"]
    assert (row["first"]["value"], row["lowest"]["value"], row["highest"]["value"]) == (0, 0, 0)
    assert row["first"]["interval"][0] == 0
    assert row["first"]["interval"][1] > 0


def test_nobody_converted(tmp_path: Path) -> None:
    files = j.files(tmp_path, many("a>b", 2, 4))
    text = (tmp_path / "deals.csv").read_text("utf-8")
    (tmp_path / "deals.csv").write_text(text.replace("won", "lost"), "utf-8")
    with pytest.raises(UsageError, match="there are no won deals in the period"):
        j.study(files)
    with pytest.raises(UsageError, match="no file tells of new customers"):
        j.study(files[:2], of="customer")
    # Where nothing was won, what touches led to is leads.
    assert j.study(files[:2]).title == "What sources are given of leads"


def test_conversions_without_any_touch(tmp_path: Path) -> None:
    made = study(tmp_path, [Journey("", "3.00"), Journey("a"), Journey("b>a")])
    assert made.sentences[0].startswith("Of 1 won deal, none has a touch in the 90 days before")
    assert table(made, "credit")["(no touch)"]["conversions"]["value"] == 1
    # Touches of nobody are no touches of anybody.
    j.write(tmp_path / "touches.csv", ("lead_id", "touched_at", "source"), [("", "2026-06-01", "ads")])
    alone = j.study([str(tmp_path / f"{name}.csv") for name in ("touches", "leads", "deals")])
    assert table(alone, "credit")["(no touch)"]["value"]["value"] == 3


def test_forty_channels(tmp_path: Path) -> None:
    dice = random.Random(3)
    names = [f"c{n:02}" for n in range(40)]
    journeys = [
        Journey(
            ">".join(dice.choices(names, k=dice.randrange(1, 6))), "2.00" if dice.random() < 0.5 else None
        )
        for _ in range(300)
    ]
    made = study(tmp_path, journeys, model=f"{ALL},shapley_rate", top=5)
    rows = table(made, "models")
    assert len(rows) == 5 + 3
    assert rows["(35 others)"]["markov"]["value"] > 0
    assert rows["c00" if "c00" in rows else next(iter(rows))]["shapley_rate"]["reason"] == "too_many_channels"
    assert any("at most 15 can be done" in sentence for sentence in made.sentences)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "markow"}, "no attribution model is called 'markow'"),
        ({"by": "owner"}, "--by owner: touches are told apart by one of channel, source, medium, campaign"),
        ({"window": 0}, "--window 0: not above 0"),
        ({"weights": "40,20"}, "--weights 40,20: not the weights"),
        ({"weights": "0,20,0"}, "--weights 0,20,0: not the weights"),
        ({"of": "visit"}, "--of visit: there is no such conversion"),
        ({"of": "payment"}, "no file tells of payments"),
        ({"reconcile": True}, "--reconcile compares what ad platforms claim"),
    ],
)
def test_what_cannot_be_asked_is_said(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        study(tmp_path, many("a>b", 2), **options)


CONTACTS = """Record ID,First Name,Email,Contact owner,Create Date,Original Traffic Source,Latest Traffic Source,Associated Deal IDs
1,A,a@one.example,Jo,2026-01-02 10:00,Organic Search,Email Marketing,11
2,B,b@two.example,Jo,2026-01-03 10:00,Paid Search,Paid Search,12
3,C,c@three.example,Jo,2026-01-04 10:00,Organic Search,Direct Traffic,13
4,D,d@four.example,Jo,2026-01-05 10:00,Paid Search,Email Marketing,
"""
DEALS = """Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,Pipeline
11,x,Closed won,100.00,2026-02-01,2026-03-01,p
12,y,Closed won,50.00,2026-02-01,2026-03-01,p
13,z,Closed won,30.00,2026-02-01,2026-03-02,p
"""


@ENGINES
def test_first_and_latest_source_where_that_is_all(tmp_path: Path, engine: str) -> None:
    (tmp_path / "contacts.csv").write_text(CONTACTS, "utf-8")
    (tmp_path / "deals.csv").write_text(DEALS, "utf-8")
    files = [str(tmp_path / name) for name in ("contacts.csv", "deals.csv")]
    made = j.study(files, by="channel", engine=engine)
    assert j.given(made, "first") == {
        "organic_search": 2,
        "paid_search": 1,
        "email": 0,
        "direct": 0,
        "(no lead)": 0,
    }
    assert j.given(made, "last") == {
        "organic_search": 0,
        "paid_search": 1,
        "email": 1,
        "direct": 1,
        "(no lead)": 0,
    }
    assert j.given(made, "last_non_direct")["organic_search"] == 1
    assert j.given(made, "linear")["email"] == 0.5
    assert j.earned(made, "linear") == {
        "organic_search": 65.0, "paid_search": 50.0, "email": 50.0, "direct": 15.0, "(no lead)": 0
    }  # fmt: skip
    assert any(
        "U-shaped, time decay, Markov, Shapley - only where people came from" in s for s in made.sentences
    )
    # What the first source is given is what a report says of it.
    report = funnelkit.report(
        files, by="channel", metrics="deals_won", currency="EUR", no_config=True, engine=engine
    )
    assert report.breakdown is not None
    told = {row.key[0]: row.cells["deals_won"].value for row in report.breakdown.rows}
    assert {name: n for name, n in j.given(made, "first").items() if n} == {
        name: n for name, n in told.items() if n
    }


ADS = """Day,Campaign,Source,Cost,Clicks,Conversions
2026-06-01,x,ads,90.00,10,6
2026-06-02,x,mail,10.00,10,1
2026-06-03,x,idle,5.00,10,0
"""


def test_costs_and_claims_of_platforms(tmp_path: Path) -> None:
    """ads: 3 of 4 first, 2 of 4 last; it claims 6 conversions."""
    files = j.files(tmp_path, [*many("ads>mail", 1), *many("ads", 2), *many("mail>other", 1)])
    (tmp_path / "ads.csv").write_text(ADS, "utf-8")
    made = j.study([*files, f"spend={tmp_path / 'ads.csv'}"], model="first,last", reconcile=True)
    rows = table(made, "credit")
    assert rows["ads"]["cost"]["value"] == pytest.approx(30)
    assert rows["mail"]["cost"]["value"] == pytest.approx(10)
    assert rows["idle"]["cost"]["reason"] == "no_denominator"
    assert rows["other"]["cost"]["reason"] == "no_spend_here"
    assert rows["all"]["cost"]["value"] == pytest.approx(105 / 4)
    low, high = rows["ads"]["cost"]["interval"]
    count_low, count_high = rows["ads"]["conversions"]["interval"]
    assert (low, high) == pytest.approx((90 / count_high, 90 / count_low))
    again = j.study([*files, f"spend={tmp_path / 'ads.csv'}"], model="first,last", min_n=3)
    few = {name: "few" in row["cost"] for name, row in table(again, "credit").items() if row.get("cost")}
    assert few == {"ads": False, "mail": True, "idle": False, "other": False, "all": False}
    claims = table(made, "reconcile")
    assert (claims["ads"]["claimed"]["value"], claims["ads"]["last_non_direct"]["value"]) == (6, 2)
    assert (claims["ads"]["any_touch"]["value"], claims["ads"]["ratio"]["value"]) == (3, 3)
    assert claims["all that claim"]["claimed"]["value"] == 7
    assert claims["all that claim"]["last_non_direct"]["value"] == 3
    assert claims["all that claim"]["any_touch"]["value"] == 4
    assert claims["all in the CRM"]["last_non_direct"]["value"] == 4


def test_who_was_never_touched_cost_nothing(tmp_path: Path) -> None:
    """105 of spend for the two of five who have a touch."""
    files = j.files(tmp_path, [*many("ads", 2), *many("", 3)])
    (tmp_path / "ads.csv").write_text(ADS, "utf-8")
    found = table(j.study([*files, f"spend={tmp_path / 'ads.csv'}"], model="first"), "credit")["all"]
    assert (found["conversions"]["value"], found["cost"]["value"]) == (5, pytest.approx(105 / 2))


@ENGINES
def test_period_and_filters_choose_conversions_and_not_touches(tmp_path: Path, engine: str) -> None:
    files = made_up(tmp_path)
    deals = f"read_csv('{tmp_path}/deals.csv', all_varchar=true)"
    ((n,),) = (
        duckdb.connect()
        .execute(
            f"SELECT count(*) FROM {deals} WHERE status = 'won' AND closed_at BETWEEN '2026-04-01' AND '2026-04-30'"
        )
        .fetchall()
    )
    made = j.study(files, period="2026-04", engine=engine)
    assert table(made, "credit")["all"]["conversions"]["value"] == n
    for model in ("first", "markov", "shapley"):
        assert sum(j.given(made, model).values()) == pytest.approx(n, abs=EXACT)


@ENGINES
def test_a_visitor_is_who_they_said_they_are_later(tmp_path: Path, engine: str) -> None:
    rows = [
        ("v1", "", "2026-05-01", "ads"),
        ("v1", "a@x.example", "2026-05-09", "mail"),
        ("v2", "", "2026-05-03", "fair"),
        ("", "", "2026-05-04", "web"),
    ]
    j.write(tmp_path / "touches.csv", ("visitor_id", "email", "touched_at", "source"), rows)
    j.write(
        tmp_path / "leads.csv", ("lead_id", "email", "created_at", "customer_at"),
        [("1", "a@x.example", "2026-05-09", "2026-05-20"), ("2", "b@y.example", "2026-05-09", "")],
    )  # fmt: skip
    files = [str(tmp_path / name) for name in ("touches.csv", "leads.csv")]
    made = j.study(files, engine=engine)
    assert made.title == "What sources are given of new customers"
    assert list(table(made, "paths")) == ["ads > mail"]
    noted = {note.code: note.message for note in made.warnings}
    assert "1 of 4" in noted["anonymous_touches"]
    assert "1 of 4" in noted["touches_unlinked"]
    lengths = {row: cells["rate"] for row, cells in table(made, "lengths").items()}
    # Of one touch there is the visitor of the fair, whom no lead knows, so that of none the second lead is not all.
    assert lengths["0"]["reason"] == "strangers_unknown"
    assert {name: (lengths[name]["value"], lengths[name]["n"]) for name in "12"} == {"1": (0, 1), "2": (1, 1)}


def test_the_command_writes_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = j.files(tmp_path, [*many("a>b", 2), *many("b", 1, 4)])
    outputs = [str(tmp_path / f"out.{suffix}") for suffix in ("md", "csv", "json", "txt")]
    asked = [word for output in outputs for word in ("-o", output)]
    assert (
        run(["attribution", *files, "--by", "source", "--no-config", "--currency", "EUR", "-q", *asked]) == 0
    )
    assert "Models side by side" in Path(outputs[0]).read_text("utf-8")
    assert "only an experiment can" in Path(outputs[3]).read_text("utf-8")
    jsonschema.validate(json.loads(Path(outputs[2]).read_text("utf-8")), schemas.schema("study"))
    assert run(["attribution", "--help"]) == 0
    assert "Attribution is not causation" in capsys.readouterr().out


CROWDED = """Lead ID,Created Date,Lead Source,Owner
1,2026-01-01,web,Jo
"""


def test_a_stage_that_nobody_came_to_is_no_conversion(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(CROWDED, "utf-8")
    leads = str(tmp_path / "leads.csv")
    assert j.study([leads]).title == "What sources are given of leads"
    with pytest.raises(UsageError, match="no file tells of MQLs"):
        j.study([leads], of="mql")
    (tmp_path / "leads.csv").write_text(CROWDED.replace("Lead Source", "Remark"), "utf-8")
    with pytest.raises(
        UsageError, match="no touches are loaded, and no lead or deal says by what source it came"
    ):
        j.study([leads])


EXPORTS = Path(__file__).parents[2] / "shared" / "exports"
REAL = pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"the real exports are not here ({EXPORTS})")


@REAL
@ENGINES
def test_olist_by_its_origins(engine: str) -> None:
    """842 sellers of 8,000 leads; origin is all that is known, so every model gives what SQL counts."""
    files = [
        EXPORTS / f"datasets/olist_{name}_dataset.csv"
        for name in ("marketing_qualified_leads", "closed_deals")
    ]
    made = j.study([str(file) for file in files], currency="BRL", engine=engine)
    truth = dict(
        duckdb.connect()
        .execute(
            "SELECT coalesce(origin, '(blank)'), count(*) FROM read_csv(?, all_varchar=true) d "
            "JOIN read_csv(?, all_varchar=true) l USING (mql_id) GROUP BY 1",
            [str(files[1]), str(files[0])],
        )
        .fetchall()
    )
    found = {name: n for name, n in j.given(made, "linear").items() if n}
    assert found == truth
    assert sum(truth.values()) == 842
    assert made.sentences[1] == "Of nobody more than one touch is known, so every model says the same."
    assert made.sentences[2].startswith("828 of 842 (98.3 %")


@REAL
@ENGINES
def test_zoho_by_its_lead_sources(engine: str) -> None:
    files = [EXPORTS / f"zoho_crm/zoho_analytics_demo_{name}.csv" for name in ("Leads", "Potentials")]
    made = j.study([str(file) for file in files], currency="USD", engine=engine)
    truth = dict(
        duckdb.connect()
        .execute(
            'SELECT coalesce(l."Lead Source", d."Lead Source"), count(*) FROM read_csv(?, all_varchar=true) d '
            "LEFT JOIN read_csv(?, all_varchar=true) l USING (LEADID) WHERE \"Forecast Type\" = 'Won' GROUP BY 1",
            [str(files[1]), str(files[0])],
        )
        .fetchall()
    )
    found = {name: n for name, n in j.given(made, "linear").items() if n}
    assert found == truth


@REAL
def test_hubspot_without_a_source_says_what_is_missing() -> None:
    with pytest.raises(UsageError, match="no lead or deal says by what channel it came"):
        j.study([str(EXPORTS / "hubspot/crm-exports-all-contacts.csv")], by="channel")


def test_report_on_leads_that_say_nothing_of_themselves(tmp_path: Path) -> None:
    """Without a channel deals inherit nothing; DuckDB took that for an error."""
    (tmp_path / "leads.csv").write_text("Lead ID,Created Date,E-Mail\n1,2026-01-01,a@x.example\n", "utf-8")
    (tmp_path / "deals.csv").write_text(
        "deal_id,lead_id,created_at,closed_at,status\n1,1,2026-01-02,2026-02-01,won\n", "utf-8"
    )
    files = [f"leads={tmp_path / 'leads.csv'}", str(tmp_path / "deals.csv")]
    found = [funnelkit.report(files, engine=engine, no_config=True) for engine in ("pandas", "duckdb")]
    assert [one.metrics["lead_conversion_rate"].value for one in found] == [1, 1]


@ENGINES
def test_where_keeps_the_journeys_of_some(tmp_path: Path, engine: str) -> None:
    """Of Jo: L1 won after ads > mail, L2 not after ads; of Mia: L3 won after mail."""
    j.write(
        tmp_path / "touches.csv",
        ("lead_id", "touched_at", "source"),
        [
            ("L1", "2026-05-01", "ads"),
            ("L1", "2026-05-02", "mail"),
            ("L2", "2026-05-01", "ads"),
            ("L3", "2026-05-01", "mail"),
        ],
    )
    leads = [(f"L{n}", "2026-05-03", owner) for n, owner in enumerate(("Jo", "Jo", "Mia"), 1)]
    j.write(tmp_path / "leads.csv", ("lead_id", "created_at", "owner"), leads)
    deals = [(lead, lead, "2026-05-04", "2026-05-20", "won", "8.00") for lead in ("L1", "L3")]
    j.write(
        tmp_path / "deals.csv", ("deal_id", "lead_id", "created_at", "closed_at", "status", "amount"), deals
    )
    files = [str(tmp_path / f"{name}.csv") for name in ("touches", "leads", "deals")]
    made = j.study(files, where="owner=Jo", engine=engine)
    assert j.given(made, "first") == {"ads": 1, "mail": 0, "(no touch)": 0}
    assert j.earned(made, "last") == {"ads": 0, "mail": 8, "(no touch)": 0}
    rates = {name: (row["rate"]["value"], row["rate"]["n"]) for name, row in table(made, "lengths").items()}
    assert rates == {"1": (0, 1), "2": (1, 1)}


@ENGINES
@pytest.mark.parametrize("key", ["deal_id", "email"])
def test_touches_of_deals_need_no_leads(tmp_path: Path, engine: str, key: str) -> None:
    names = {"deal_id": ("D1", "D2"), "email": ("a@x.example", "b@y.example")}[key]
    j.write(
        tmp_path / "touches.csv",
        (key, "touched_at", "source"),
        [(names[0], "2026-05-02", "mail"), (names[0], "2026-05-01", "ads"), (names[1], "2026-05-01", "fair")],
    )
    deals = [
        ("D1", "a@x.example", "2026-05-01", "2026-05-20", "won", "8.00"),
        ("D2", "b@y.example", "2026-05-01", "", "open", "8.00"),
    ]
    j.write(
        tmp_path / "deals.csv", ("deal_id", "email", "created_at", "closed_at", "status", "amount"), deals
    )
    made = j.study([str(tmp_path / "touches.csv"), str(tmp_path / "deals.csv")], engine=engine)
    assert list(table(made, "paths")) == ["ads > mail"]
    assert table(made, "models")["fair"]["highest"]["value"] == 0
    assert not any("W-shaped" in sentence for sentence in made.sentences)


@ENGINES
def test_payments_are_conversions_too(tmp_path: Path, engine: str) -> None:
    j.write(
        tmp_path / "touches.csv",
        ("email", "touched_at", "source"),
        [("a@x.example", "2026-05-01", "ads"), ("a@x.example", "2026-05-12", "mail")],
    )
    payments = [
        ("1", "a@x.example", "2026-05-10", "20.00"),
        ("2", "a@x.example", "2026-05-20", "30.50"),
        ("3", "c@z.example", "2026-05-20", "1.00"),
    ]
    j.write(tmp_path / "payments.csv", ("payment_id", "email", "paid_at", "amount"), payments)
    files = [str(tmp_path / "touches.csv"), f"payments={tmp_path / 'payments.csv'}"]
    made = j.study(files, of="payment", engine=engine)
    rows = table(made, "credit")
    assert {name: (row["conversions"]["value"], row["value"]["value"]) for name, row in rows.items()} == {
        "ads": (1, 20.0), "mail": (1, 30.5), "(no touch)": (1, 1.0), "all": (3, 51.5)
    }  # fmt: skip


@ENGINES
def test_new_customers_by_the_deal_that_made_them(tmp_path: Path, engine: str) -> None:
    """Two deals of one company are one customer, from the first on, with the revenue of both."""
    j.write(
        tmp_path / "touches.csv",
        ("lead_id", "touched_at", "source"),
        [("L1", "2026-05-01", "ads"), ("L1", "2026-05-15", "mail")],
    )
    j.write(tmp_path / "leads.csv", ("lead_id", "created_at"), [("L1", "2026-05-01")])
    deals = [
        (f"D{n}", "L1", "2026-05-02", day, "won", "8.00")
        for n, day in enumerate(("2026-05-10", "2026-05-20"))
    ]
    j.write(
        tmp_path / "deals.csv", ("deal_id", "lead_id", "created_at", "closed_at", "status", "amount"), deals
    )
    files = [str(tmp_path / f"{name}.csv") for name in ("touches", "leads", "deals")]
    made = j.study(files, of="customer", engine=engine)
    row = table(made, "credit")["ads"]
    assert (row["conversions"]["value"], row["value"]["value"]) == (1, 16.0)
    assert list(table(made, "paths")) == ["ads"]
    assert made.sentences[0].startswith("Of 1 new customer, ads is given most: 1 (")


def test_a_report_says_that_it_does_not_read_touches(tmp_path: Path) -> None:
    files = j.files(tmp_path, many("a", 1))
    (told,) = [
        note.message
        for note in funnelkit.report(files, currency="EUR", no_config=True).warnings
        if note.code == "unused_table"
    ]
    assert told.endswith("touches.csv is not used: `funnelkit attribution` alone reads touches")
    assert not [note for note in j.study(files).warnings if note.code == "unused_table"]


def rates(made: Study) -> dict[str, Any]:
    """By the number of touches how many converted of how many, or why that is not known."""
    cells = {name: row["rate"] for name, row in table(made, "lengths").items()}
    return {
        name: cell.get("reason") or (round(cell["value"] * cell["n"]), cell["n"])
        for name, cell in cells.items()
    }


SIX = [
    (str(n), "2026-05-02", "2026-06-01" if status != "open" else "", status, "10.00")
    for n, status in enumerate(("won", "lost", "won", "lost", "lost", "open"), 1)
]


@ENGINES
def test_deals_that_were_not_won_count_where_no_leads_are_loaded(tmp_path: Path, engine: str) -> None:
    """Of two deals with a touch one was won; of four without one was won, two lost, and one is open."""
    j.write(
        tmp_path / "touches.csv", ("deal_id", "touched_at", "source"),
        [("1", "2026-05-01", "email"), ("2", "2026-05-01", "ads")],
    )  # fmt: skip
    j.write(tmp_path / "deals.csv", ("deal_id", "created_at", "closed_at", "status", "amount"), SIX)
    files = [str(tmp_path / "touches.csv"), str(tmp_path / "deals.csv")]
    assert rates(j.study(files, engine=engine)) == {"0": (1, 4), "1": (1, 2)}
    of_june = rates(j.study(files, engine=engine, period="2026-06"))
    assert of_june["0"] == "others_undated"


@ENGINES
def test_deals_of_no_lead_count_beside_leads(tmp_path: Path, engine: str) -> None:
    """L1 was touched and won; L2 was not touched and lost; two deals of no lead: one won, one lost."""
    j.write(tmp_path / "touches.csv", ("lead_id", "touched_at", "source"), [("L1", "2026-05-01", "email")])
    j.write(tmp_path / "leads.csv", ("lead_id", "created_at"), [("L1", "2026-05-01"), ("L2", "2026-05-01")])
    deals = [(*row[:1], f"L{n}" if n < 3 else "", *row[1:]) for n, row in enumerate(SIX[:4], 1)]
    j.write(
        tmp_path / "deals.csv", ("deal_id", "lead_id", "created_at", "closed_at", "status", "amount"), deals
    )
    files = [str(tmp_path / f"{name}.csv") for name in ("touches", "leads", "deals")]
    assert rates(j.study(files, engine=engine)) == {"0": (1, 3), "1": (1, 1)}


@ENGINES
def test_rates_of_leads_and_of_sources_that_deals_tell(tmp_path: Path, engine: str) -> None:
    """Who did not become a lead is in no file; of three deals that say their source two were won."""
    leads = [("1", "2026-05-01", "web"), ("2", "2026-05-01", "mail")]
    j.write(tmp_path / "leads.csv", ("lead_id", "created_at", "lead_source"), leads)
    assert rates(j.study([str(tmp_path / "leads.csv")], of="lead", engine=engine)) == {"1": "others_unknown"}
    sources = [(*row, "web") for row in SIX[:3]]
    j.write(
        tmp_path / "deals.csv", ("deal_id", "created_at", "closed_at", "status", "amount", "lead_source"),
        sources,
    )  # fmt: skip
    assert rates(j.study([str(tmp_path / "deals.csv")], engine=engine)) == {"1": (2, 3)}


@ENGINES
def test_mqls_are_those_of_a_report(tmp_path: Path, engine: str) -> None:
    """Two dated, one that skipped to SQL with its day, one by the status alone, one that is a mere lead: four MQLs.

    By its day of the SQL the third had a touch; the fourth has no day, and so no path.
    """
    leads = [
        ("L1", "2026-05-01", "mql", "2026-05-10", ""),
        ("L2", "2026-05-01", "sql", "2026-05-10", "2026-05-20"),
        ("L3", "2026-05-01", "sql", "", "2026-05-25"),
        ("L4", "2026-06-01", "mql", "", ""),
        ("L5", "2026-06-01", "new", "", ""),
    ]
    j.write(tmp_path / "leads.csv", ("lead_id", "created_at", "status", "mql_at", "sql_at"), leads)
    touches = [
        ("L1", "2026-05-09", "ads"), ("L2", "2026-05-11", "mail"), ("L3", "2026-05-24", "mail"), ("L4", "2026-06-01", "ads")
    ]  # fmt: skip
    j.write(tmp_path / "touches.csv", ("lead_id", "touched_at", "source"), touches)
    files = [str(tmp_path / "touches.csv"), str(tmp_path / "leads.csv")]
    made = j.study(files, of="mql", model="first", engine=engine)
    assert j.given(made, "first") == {"ads": 1, "mail": 1, "(no touch)": 2}
    (told,) = [note.message for note in made.warnings if note.code == "undated_conversions"]
    assert told.startswith("MQLs without a date: 1.")
    # L4 was touched and converted; L5 was neither.
    assert rates(made) == {"0": (2, 3), "1": (2, 2)}
    for period, n in ((None, 4), ("2026-05", 3), ("2026-06", 1)):
        report = funnelkit.report(files, metrics="mqls", period=period, no_config=True, engine=engine)
        of = j.study(files, of="mql", period=period, engine=engine)
        everything = table(of, "credit")["all"]["conversions"]["value"]
        assert (everything, report.metrics["mqls"].value) == (n, n)


@ENGINES
def test_refunds_are_netted_against_the_payment_before(tmp_path: Path, engine: str) -> None:
    """Of a 100 by ads, and 50.01 by mail, of which all is given back: 0.00 of mail; of b 10 by fair; c only gives back.

    Of the period of the payments alone the refund is taken off too, though it is later.
    """
    j.write(
        tmp_path / "touches.csv", ("email", "touched_at", "source"),
        [("a@x.example", "2025-03-01", "ads"), ("a@x.example", "2025-03-15", "mail"), ("b@y.example", "2025-03-09", "fair")],
    )  # fmt: skip
    payments = [
        ("1", "a@x.example", "2025-03-10", "100.00"),
        ("2", "a@x.example", "2025-03-20", "50.01"),
        ("3", "a@x.example", "2025-03-26", "-50.01"),
        ("4", "b@y.example", "2025-03-12", "0.00"),
        ("5", "b@y.example", "2025-03-12", "10.00"),
        ("6", "c@z.example", "2025-03-11", "-3.00"),
    ]
    j.write(tmp_path / "payments.csv", ("payment_id", "email", "paid_at", "amount"), payments)
    files = [str(tmp_path / "touches.csv"), f"payments={tmp_path / 'payments.csv'}"]
    made = j.study(files, of="payment", engine=engine)
    rows = {
        name: (row["conversions"]["value"], row["value"]["value"])
        for name, row in table(made, "credit").items()
    }
    assert rows == {
        "ads": (1, 100.0),
        "mail": (1, 0.0),
        "fair": (1, 10.0),
        "(no touch)": (0, 0),
        "all": (3, 110.0),
    }
    report = funnelkit.report(files[1:], metrics="revenue_net", currency="EUR", no_config=True, engine=engine)
    assert report.metrics["revenue_net"].value == pytest.approx(110 - 3)
    assert made.period is not None
    assert (str(made.period.start), str(made.period.end)) == ("2025-03-10", "2025-03-26")
    (told,) = [note.message for note in made.warnings if note.code == "refunds_netted"]
    assert told.startswith("Refunds in rows of their own: 2.")
    assert any("loaded: 1, -3.00 together" in note.message for note in made.warnings)
    before = j.study(files, of="payment", engine=engine, period="2025-03-10..2025-03-20")
    assert table(before, "credit")["all"]["value"]["value"] == 110.0
    after = j.study(files, of="payment", engine=engine, period="2025-03-12..2025-03-19")
    assert table(after, "credit")["all"]["value"]["value"] == 10.0
    gross = j.study(files, of="payment", engine=engine, gross=True)
    assert table(gross, "credit")["all"]["value"]["value"] == 160.01


def test_touches_without_the_column_that_is_asked_for(tmp_path: Path) -> None:
    """The leads say their source, which is no channel of the touches."""
    files = j.files(tmp_path, many("a>b", 2))
    with pytest.raises(UsageError, match=r"touches\.csv: there is no column of the campaign of touches"):
        j.study(files, by="campaign")
    text = (tmp_path / "touches.csv").read_text("utf-8")
    (tmp_path / "touches.csv").write_text(text.replace("source", "remark"), "utf-8")
    with pytest.raises(UsageError, match=r"touches\.csv: there is no column of the source of touches"):
        j.study([f"touches={files[0]}", *files[1:]])


def test_even_credit_is_said_to_be_even_and_ordered_by_money(tmp_path: Path) -> None:
    journeys = [*many("a", 2, amount="1.00"), *many("b", 2, amount="5.00"), *many("c", 1)]
    made = study(tmp_path, journeys)
    assert made.sentences[0].startswith("Of 5 won deals, b and a are given the same: 2 (40.0 %")
    assert "Next" not in made.sentences[0]
    assert list(table(made, "credit"))[:3] == ["b", "a", "c"]


def test_captions_say_what_looks_wrong_and_is_not(tmp_path: Path) -> None:
    """X > b did not convert, b did: the chain has x > b > won. With y fewer convert than without."""
    made = study(
        tmp_path, [*many("x>b", 0, 1), *many("b", 3), *many("y>b", 1, 4)], model="markov,shapley_rate,first"
    )
    rows = table(made, "models")
    assert rows["x"]["markov"]["value"] > 0
    assert table(made, "credit")["x"]["any_touch"]["value"] == 0
    assert min(row["shapley_rate"]["value"] for name, row in rows.items() if name in "xyb") < 0
    caption = made.table("models").caption
    assert "Markov may give to what is in no path that converted" in caption
    assert "Shapley of rates is below zero" in caption
    plain = study(tmp_path, many("a>b", 2, 1), model="markov,shapley_rate,first").table("models").caption
    assert "Markov may" not in plain
    assert "below zero" not in plain


def test_which_milestone_is_missing(tmp_path: Path) -> None:
    """Deals say when they were made; no leads are loaded."""
    j.write(tmp_path / "touches.csv", ("deal_id", "touched_at", "source"), [("1", "2026-05-01", "email")])
    j.write(tmp_path / "deals.csv", ("deal_id", "created_at", "closed_at", "status", "amount"), SIX)
    made = j.study([str(tmp_path / f"{name}.csv") for name in ("touches", "deals")], model="first,w_shaped")
    assert any("W-shaped - no file tells when the lead was made" in sentence for sentence in made.sentences)


def test_a_direct_that_nothing_is_called_by(tmp_path: Path) -> None:
    files = j.files(tmp_path, many("a>b", 2))
    (told,) = [
        one.message for one in j.study(files, direct="nosuch").warnings if one.code == "direct_unknown"
    ]
    assert told.startswith("--direct nosuch: no touch is of such a source")
    assert told.endswith("There are a, b")
    for usual in ({}, {"direct": "b"}):
        assert not [one for one in j.study(files, **usual).warnings if one.code == "direct_unknown"]


@pytest.mark.parametrize("second", [40, 41])
def test_who_is_ahead_is_said_where_it_is_clear(tmp_path: Path, second: int) -> None:
    """Wilson's range of 50 of 100 reaches down to 40.38."""
    made = study(tmp_path, [*many("a", 50), *many("b", second), *many("c", 50 - second)], model="last")
    said = made.sentences[0]
    assert said.startswith("Of 100 won deals, a is given most: 50 (50.0 %, 40.4 % to 59.6 %).")
    assert said.endswith(
        f"Next is b with {second}{', too close to tell which of them is ahead' * (second == 41)}."
    )


@ENGINES
def test_limits_of_money_are_students_of_what_each_conversion_gives(tmp_path: Path, engine: str) -> None:
    """Of five deals the first four have a touch of a, two of them beside one of b; the last has none of a."""
    made = study(
        tmp_path,
        [
            *(Journey("a", amount) for amount in ("100.00", "300.10")),
            Journey("a>b", "50.00"),
            Journey("b>a", "80.00"),
            Journey("b", "7.00"),
        ],
        model="linear,markov",
        engine=engine,
    )
    gives: dict[str, list[float]] = {"a": [100, 300.10, 25, 40, 0], "b": [0, 0, 25, 40, 7]}
    for name, amounts in gives.items():
        found = table(made, "value")[name]["linear"]
        low, high = scipy.stats.t.interval(0.95, 4, np.mean(amounts), scipy.stats.sem(amounts))
        assert found["value"] == pytest.approx(sum(amounts))
        assert found["interval"] == pytest.approx([max(5 * low, 0), 5 * high], abs=0.011)
        assert table(made, "credit")[name]["value"]["interval"] == found["interval"]
        assert table(made, "value")[name]["markov"]["interval_reason"] == "in_sum_only"


def test_what_was_given_nothing_has_no_limits_of_money(tmp_path: Path) -> None:
    made = study(tmp_path, [*many("a", 3), *many("b", 0, 2)], model="linear,first")
    assert table(made, "credit")["b"]["value"]["interval_reason"] == "no_cases"


def test_a_game_of_rates_is_not_cut_at_nothing(tmp_path: Path) -> None:
    """Of b alone 1 of 10 converts, with a 2 of 20: what b adds may as well be less than nothing."""
    journeys = [*many("a", 3, 27), *many("b", 1, 9), *many("a>b", 2, 18), *many("c", 9, 3)]
    made = study(tmp_path, journeys, model="shapley_rate,markov")
    rates, chain = (
        {name: row[model] for name, row in table(made, "models").items()}
        for model in ("shapley_rate", "markov")
    )
    for cell in (rates["a"], rates["b"]):
        assert cell["interval"][0] < 0 < cell["interval"][1]
    assert all(chain[name]["interval"][0] >= 0 for name in "abc")


def test_deals_of_no_lead_stand_under_the_name_that_the_report_gives_them(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text(CONTACTS, "utf-8")
    (tmp_path / "deals.csv").write_text(
        DEALS
        + "14,v,Closed won,70.00,2026-02-01,2026-03-02,p\n15,w,Closed lost,70.00,2026-02-01,2026-03-02,p\n",
        "utf-8",
    )
    made = j.study([str(tmp_path / name) for name in ("contacts.csv", "deals.csv")], by="channel")
    credit = table(made, "credit")
    assert [(name, row["conversions"]["value"]) for name, row in credit.items() if name[0] == "("] == [
        ("(no lead)", 1)
    ]
    assert credit["(no lead)"]["value"]["value"] == 70
    assert any("the others stand under (blank) or (no lead)" in sentence for sentence in made.sentences)
