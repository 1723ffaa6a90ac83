"""Wrenfield, a made-up maker of planning software: its leads and its deals of three quarters.

The story: paid social brings the cheapest leads and hardly a customer, referrals and partners (who come
in through an integration, "Offline Sources") bring few and the best, and in the third quarter the team
moves from the one to the others. Rows carry the headers of the HubSpot exports.
"""

from __future__ import annotations

import zlib
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Row = dict[str, Any]
"""A row under the headers of its export."""

QUARTERS = (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1))
EXPORTED = datetime(2026, 9, 30, 18, 30)
PLAN = {  # source: leads, chance of a deal, chance to win it; each in the three quarters
    "Organic Search": ((32, 34, 38), (0.18, 0.18, 0.27), (0.45, 0.42, 0.58)),
    "Paid Search": ((34, 38, 40), (0.18, 0.18, 0.25), (0.42, 0.38, 0.52)),
    "Paid Social": ((50, 56, 28), (0.06, 0.06, 0.08), (0.20, 0.15, 0.20)),
    "Referrals": ((11, 14, 24), (0.42, 0.42, 0.56), (0.58, 0.58, 0.74)),
    "Offline Sources": ((6, 9, 20), (0.46, 0.46, 0.60), (0.60, 0.60, 0.76)),
    "Email Marketing": ((13, 14, 14), (0.16, 0.16, 0.20), (0.40, 0.40, 0.45)),
    "Direct Traffic": ((14, 15, 15), (0.18, 0.18, 0.22), (0.40, 0.40, 0.50)),
    "Organic Social": ((7, 7, 8), (0.08, 0.08, 0.10), (0.30, 0.30, 0.35)),
    "": ((4, 5, 4), (0.15, 0.15, 0.15), (0.40, 0.40, 0.40)),
}
DETAILS = {
    "Organic Search": ("Google", "Bing", "Unknown keywords (SSL)"),
    "Paid Search": ("Werkstattplanung DACH", "Fertigungssteuerung für Gießereien", "Marke Wrenfield"),
    "Paid Social": ("LinkedIn",),
    "Referrals": ("giessereiblatt.example", "werkzeugforum.example"),
    "Offline Sources": ("INTEGRATION",),
    "Email Marketing": ("Newsletter", "Webinar"),
    "Direct Traffic": ("wrenfield.example/", "wrenfield.example/demo"),
    "Organic Social": ("LinkedIn",),
    "": ("",),
}
CYCLE = (14.5, 14, 11.5)
"""A third of the days from a deal to its win, in the three quarters."""
OPEN_STAGES = ("Appointment scheduled", "Qualified to buy", "Presentation scheduled", "Contract sent")
OWNERS = ("Mira Holzapfel", "Jonas Feldt", "Anneke Vissering", "Tomás Reyel")
COUNTRIES = ("Germany", "Germany", "Germany", "Austria", "Switzerland", "Netherlands", "Denmark", "")
FIRST = "Alva Bente Cemil Doro Emre Finja Goran Hedda Ivo Jette Kaya Lasse Maite Nils Oona Piet Rike Sören"
LAST = "Achtern Bolwin Czernik Dahlbeck Ebbing Fyhn Grünau Hollmer Isbrecht Jarning Kruthoff Lemvig Möbert"
ONSETS = "Al Bra Cor Dal Fen Gor Hul Jun Kel Lor Mer Nov Orb Pel Quin Ros Sil Tor Ux Urs Var Wex Yor Zan"
CODAS = (
    "bix by dor fane gard ham holt jor lund mark nox ost pell rix rup stett sund tane torp ulf vex wick zell"
)
TRADES = ("Metallbau", "Pumpen", "Feinguss", "Tools", "Präzision", "Drives")


def crm(dice: Random) -> tuple[list[Row], list[Row]]:
    """The contacts and the deals, newest first as HubSpot lists them."""
    firms = [f"{a}{b} {dice.choice(TRADES)}" for a in ONSETS.split() for b in CODAS.split()]
    dice.shuffle(firms)
    leads, deals = [], [*renewals(dice, firms)]
    known: set[str] = set()
    for quarter in range(3):
        for source, (counts, chances, _) in PLAN.items():
            for _ in range(counts[quarter]):
                # One lead in fifteen is a further person of a firm.
                firm = firms.pop() if dice.random() < 0.93 else firms[-1]
                lead = contact(dice, source, firm, a_moment(dice, quarter))
                while lead["Email"] in known:
                    lead = contact(dice, source, firm, lead["Create Date"])
                known.add(lead["Email"])
                leads.append(lead)
                if dice.random() < chances[quarter]:
                    deals += sale(dice, lead, quarter)
                else:
                    nurture(dice, lead)
    trial = contact(dice, "Direct Traffic", "Wrenfield", datetime(2026, 8, 4, 16, 2))
    leads.append(trial | {"First Name": "Test", "Last Name": "Test", "Email": "test@wrenfield.example"})
    for rows, start in ((leads, 310_400_117_002), (deals, 41_900_330_118)):
        rows.sort(key=lambda row: row["Create Date"], reverse=True)
        for number, row in enumerate(reversed(rows)):
            row["Record ID"] = str(start + 1_013 * number)
    for deal in deals:
        deal["Associated Contact IDs"] = deal.pop("contact").get("Record ID", "")
    return leads, deals


def a_moment(dice: Random, quarter: int) -> datetime:
    """A minute of a working day, seldom of a weekend, in *quarter*."""
    first, end = QUARTERS[quarter] + timedelta(days=0 if quarter else 4), QUARTERS[quarter + 1]
    day = first + timedelta(days=dice.randrange((end - first).days))
    if day.weekday() > 4 and dice.random() < 0.8:
        day -= timedelta(days=2)
    return datetime.combine(day, time(dice.randrange(8, 18), dice.randrange(60)))


def later(dice: Random, moment: datetime, days: float) -> datetime:
    """So many *days* after *moment*, in working hours."""
    day = (moment + timedelta(days=days)).date()
    return max(
        moment + timedelta(hours=1), datetime.combine(day, time(dice.randrange(8, 18), dice.randrange(60)))
    )


def contact(dice: Random, source: str, firm: str, created: datetime) -> Row:
    """A lead as it comes in."""
    first, last = dice.choice(FIRST.split()), dice.choice(LAST.split())
    plain = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", " ": "-"})
    return {
        "Record ID": "",
        "First Name": first,
        "Last Name": last,
        "Email": f"{first}.{last}@{firm}.example".lower().translate(plain),
        "Contact owner": dice.choice(OWNERS) if dice.random() < 0.9 else "",
        "Lifecycle Stage": "Lead",
        "Lead Status": dice.choice(("New", "Attempted to Contact", "Unqualified")),
        "Create Date": created,
        "Original Source": source,
        "Original Source Drill-Down 1": dice.choice(DETAILS[source]),
        "Became a Marketing Qualified Lead Date": "",
        "Became a Sales Qualified Lead Date": "",
        "Became an Opportunity Date": "",
        "Became a Customer Date": "",
        "Associated Company": firm,
        "Primary Associated Company ID": str(18_200_000_000 + zlib.crc32(firm.encode()) % 10**9),
        "Country/Region": dice.choice(COUNTRIES),
    }


def reach(lead: Row, stage: str, moment: datetime) -> bool:
    """Whether *lead* reached *stage* before the export; if so, it is noted."""
    if moment > EXPORTED:
        return False
    article = "an" if stage == "Opportunity" else "a"
    lead |= {"Lifecycle Stage": stage, f"Became {article} {stage} Date": moment}
    return True


def nurture(dice: Random, lead: Row) -> None:
    """How far *lead* comes without a deal."""
    weak = lead["Original Source"] == "Paid Social"
    if dice.random() < (0.12 if weak else 0.30):
        mql = later(dice, lead["Create Date"], dice.expovariate(1 / 3))
        if reach(lead, "Marketing Qualified Lead", mql) and dice.random() < 0.25:
            reach(lead, "Sales Qualified Lead", later(dice, mql, dice.expovariate(1 / 5)))


def sale(dice: Random, lead: Row, quarter: int) -> Iterator[Row]:
    """The deal that *lead* leads to, and for some customers an expansion after it."""
    mql = later(dice, lead["Create Date"], dice.expovariate(1 / 2))
    sql = later(dice, mql, dice.expovariate(1 / 3))
    opened = later(dice, sql, dice.expovariate(1 / 3))
    # Sales takes up many a recommended lead before marketing has looked at it.
    if lead["Original Source"] not in ("Referrals", "Offline Sources") or dice.random() < 0.6:
        reach(lead, "Marketing Qualified Lead", mql)
    reach(lead, "Sales Qualified Lead", sql)
    if not reach(lead, "Opportunity", opened):
        return
    won = dice.random() < PLAN[lead["Original Source"]][2][quarter]
    closed = later(dice, opened, dice.gammavariate(3, CYCLE[quarter] if won else 9))
    lead["Lead Status"] = "Open Deal"
    yield deal(dice, lead, opened, closed, won=won)
    if won and reach(lead, "Customer", closed) and dice.random() < 0.2:
        asked = later(dice, closed, 60 + dice.expovariate(1 / 20))
        if asked <= EXPORTED:
            yield deal(dice, lead, asked, later(dice, asked, 21), won=True, kind="existingbusiness")


def renewals(dice: Random, firms: list[str]) -> Iterator[Row]:
    """Deals of older customers, whose contacts the view of this year does not show, and three of nobody."""
    for number in range(12):
        old = contact(dice, "", firms.pop(), datetime(2025, 3, 1)) | {
            "Record ID": str(298_100_000_411 + number)
        }
        asked = datetime.combine(QUARTERS[0], time(9, 30)) + timedelta(days=5 + 21 * number)
        if number % 4 < 3:
            yield deal(dice, old, asked, later(dice, asked, 20), won=number != 6, kind="existingbusiness")
        else:
            yield deal(dice, {}, asked, later(dice, asked, 30), won=number != 7)


def deal(
    dice: Random, person: Row, created: datetime, closed: datetime, *, won: bool, kind: str = "newbusiness"
) -> Row:
    """A deal; while it is open its close date is a hope, and may lie in the past."""
    over = closed <= EXPORTED
    stage = ("Closed won" if won else "Closed lost") if over else dice.choice(OPEN_STAGES)
    seats = dice.choice((10, 15, 20, 25, 30, 40, 60, 90))
    firm = person.get("Associated Company", "Messe")
    return {
        "Record ID": "",
        "Deal Name": f"{firm} - {seats} seats",
        "Deal Stage": stage,
        "Pipeline": "Sales Pipeline",
        "Deal owner": person.get("Contact owner") or dice.choice(OWNERS),
        "Amount": seats * 12 * dice.choice((29.5, 32.9, 34)),
        "Currency": "EUR",
        "Create Date": created,
        "Close Date": closed if over else closed - timedelta(days=dice.randrange(12)),
        "Deal Type": kind,
        "Is Closed Won": str(over and won).lower(),
        "Is Deal Closed?": str(over).lower(),
        "Associated Contact": "{First Name} {Last Name} ({Email})".format(**person) if person else "",
        "Associated Contact IDs": "",
        "Primary Associated Company ID": person.get("Primary Associated Company ID", ""),
        "contact": person,
    }
