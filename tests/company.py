"""A made-up company of any size, as three plain CSV files that hold every edge a metric can meet.

Blank and repeated e-mails, deals that name no lead or an unknown one, several deals of one customer,
lags below zero, undated rows, channels without spend and spend without leads. Sources are written as
canonical channel names, so that the numbers do not hang on how words become channels. Two things are
kept out on purpose, because no rule decides them: two leads of one e-mail, or of one company, that
were created on the same day.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_T = TypeVar("_T")

FIRST = date(2024, 1, 1)
DAYS = 626
"""The data end on 2025-09-17: inside a quarter, so that the last period is a partial one."""

_ISO = [(FIRST + timedelta(days=n)).isoformat() for n in range(-400, DAYS + 400)]

LEADS = "lead_id,email,company,created_at,source,campaign,owner,country,mql_at,sal_at,sql_at,converted"
DEALS = "deal_id,lead_id,company_id,email,amount,currency,status,type,created_at,closed_at,owner"
AD_DAYS = "date,channel,campaign,cost,impressions,clicks,conversions,conversion_value,currency"

SOURCES = {  # source: weight, chance of a deal
    "organic_search": (26, 0.20),
    "paid_search": (18, 0.22),
    "paid_social": (16, 0.07),
    "email": (8, 0.12),
    "referral": (6, 0.34),
    "events": (5, 0.18),
    "partners": (4, 0.38),
    "direct": (8, 0.16),
    "telemarketing": (2, 0.08),
    "unknown": (5, 0.15),
    "": (2, 0.15),
}
ADS = {  # channel: campaigns, cost of a day in cents, impressions for one unit of cost
    "paid_search": (3, 21_000, 90),
    "paid_social": (2, 14_000, 240),
    "display": (1, 3_000, 900),
    "affiliates": (1, 2_000, 60),
    "events": (1, 400_000, 0),
    "": (1, 900, 100),
}
_STATUS = 5
"""Where the status stands in a deal row without its id."""
_OWNERS = ["Ada Brandt", "Bo Lindqvist", "Chidi Okafor", "Dana Müller", ""]


class _Dice(Random):
    """Draws at a third of the cost of randrange and choice: most of the time goes into them."""

    def whole(self, low: int, high: int) -> int:
        """A whole number from *low* to *high*, *high* left out."""
        return low + int(self.random() * (high - low))

    def one_of(self, values: Sequence[_T]) -> _T:
        """Any of *values*."""
        return values[int(self.random() * len(values))]


@dataclass(frozen=True)
class Company:
    """The three files."""

    leads: Path
    deals: Path
    ads: Path


class _Lead(NamedTuple):
    id: str
    email: str
    day: int | None
    source: str


class _Pointer(NamedTuple):
    """How a deal says whose it is."""

    lead_id: str = ""
    company_id: str = ""
    email: str = ""


@dataclass
class _Groups:
    """Company ids under which deals of several leads meet, with the creation days of those leads."""

    days: list[dict[int | None, str]] = field(default_factory=list)

    def join(self, dice: _Dice, lead: _Lead) -> str:
        """A company id for *lead*, or "" where a lead of the same day is already there."""
        if not self.days or dice.random() < 0.3:
            self.days.append({})
        number = dice.whole(max(0, len(self.days) - 8), len(self.days))
        if self.days[number].setdefault(lead.day, lead.id) != lead.id:
            return ""
        return f"C{number:05d}"


def write(folder: Path, leads: int, seed: int) -> Company:
    """The files of a company of so many *leads*, the same bytes for the same *seed*."""
    dice = _Dice(seed)
    company = Company(folder / "leads.csv", folder / "deals.csv", folder / "ads.csv")
    people, rows = _people(dice, leads)
    _write(company.leads, LEADS, _repeated(dice, rows))
    _write(company.deals, DEALS, _repeated(dice, _deal_rows(dice, people)))
    _write(company.ads, AD_DAYS, _repeated(dice, _ad_rows(dice)))
    return company


def _write(path: Path, header: str, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        csv.writer(file, lineterminator="\n").writerows(rows)


def _repeated(dice: _Dice, rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """*rows*, one in a thousand of them twice."""
    for row in rows:
        yield row
        if dice.random() < 0.001:
            yield row


def _iso(day: int | None) -> str:
    return "" if day is None else _ISO[day + 400]


def _happened(day: int | None) -> str:
    """The date of an event, blank where the data end before it."""
    return "" if day is None or day >= DAYS else _iso(day)


def _people(dice: _Dice, count: int) -> tuple[list[_Lead], list[list[str]]]:
    sources, weights = list(SOURCES), [weight for weight, _ in SOURCES.values()]
    people: list[_Lead] = []
    taken: dict[str, set[int | None]] = {}
    for number, source in enumerate(dice.choices(sources, weights, k=count)):
        day = None if dice.random() < 0.005 else dice.whole(0, DAYS)
        email = f"p{number}@example.com"
        if people and dice.random() < 0.03:
            email = dice.one_of(people).email
        if dice.random() < 0.04 or day in taken.get(email, ()):
            email = ""
        if email:
            taken.setdefault(email, set()).add(day)
        people.append(_Lead(f"L{number:07d}", email, day, source))
    return people, [_lead_row(dice, lead) for lead in people]


def _lead_row(dice: _Dice, lead: _Lead) -> list[str]:
    start = lead.day if lead.day is not None else dice.whole(0, DAYS)
    campaign = f"Campaign {dice.whole(1, 4)}" if lead.source.startswith("paid") else ""
    time = f"T{dice.whole(0, 24):02d}:{dice.whole(0, 60):02d}:00"
    return [
        lead.id,
        lead.email.upper() if dice.random() < 0.02 else lead.email,
        f'Müller, "Söhne" {dice.whole(0, 5000)}' if dice.random() < 0.1 else f"Firm {lead.id[3:]}",
        _iso(lead.day) + time if lead.day is not None else "",
        lead.source,
        campaign,
        dice.one_of(_OWNERS),
        dice.one_of(("DE", "AT", "CH", "FR", "")),
        *_stages(dice, start),
        "true" if dice.random() < 0.1 else "false",
    ]


def _stages(dice: _Dice, start: int) -> tuple[str, str, str]:
    """The days of MQL, SAL and SQL: each may be skipped, and a few lie before the lead."""
    qualified = dice.random() < 0.4
    mql = start + dice.whole(-1, 12) if qualified else None
    sal = start + dice.whole(0, 14) if dice.random() < (0.6 if qualified else 0.02) else None
    sql = start + dice.whole(0, 25) if dice.random() < (0.5 if qualified else 0.03) else None
    return _happened(mql), _happened(sal), _happened(sql)


def _deal_rows(dice: _Dice, people: Sequence[_Lead]) -> Iterator[list[str]]:
    groups = _Groups()
    rows: list[list[str]] = []
    for lead in people:
        if dice.random() < SOURCES[lead.source][1]:
            rows.extend(_deals_of(dice, lead, people, groups))
        elif dice.random() < 0.003:
            rows.append(_deal(dice, lead.day, _Pointer(lead.id), "Won", "Renewal"))
    for _ in range(len(people) // 300):
        email = f"stranger{dice.whole(0, 1 + len(people) // 900)}@example.com"
        for pointer in (_Pointer(email=email), _Pointer("L-none"), _Pointer()):
            rows.append(_deal(dice, None, pointer, _status(dice), ""))
    dice.shuffle(rows)
    return ([f"D{number:07d}", *row] for number, row in enumerate(rows))


def _deals_of(dice: _Dice, lead: _Lead, people: Sequence[_Lead], groups: _Groups) -> Iterator[list[str]]:
    """One or two deals of new business, and what the customer bought later."""
    for _ in range(2 if dice.random() < 0.12 else 1):
        pointer = _pointer(dice, lead, people)
        row = _deal(dice, lead.day, pointer, _status(dice), "" if dice.random() < 0.1 else "New Business")
        if row[_STATUS] == "Won" and pointer.lead_id == lead.id and dice.random() < 0.15:
            # Only won deals whose lead is certain share a company, so that its earliest lead is beyond doubt.
            pointer = pointer._replace(company_id=groups.join(dice, lead))
            row[: len(pointer)] = pointer
        yield row
        if row[_STATUS] == "Won" and dice.random() < 0.2:
            later = None if lead.day is None else min(DAYS - 1, lead.day + dice.whole(60, 300))
            yield _deal(dice, later, pointer, _status(dice), dice.one_of(("Renewal", "Expansion")))


def _pointer(dice: _Dice, lead: _Lead, people: Sequence[_Lead]) -> _Pointer:
    """By id, by e-mail, by an unknown id beside the e-mail, or by nothing; an id beats another's e-mail."""
    email = lead.email.upper() if dice.random() < 0.02 else lead.email
    way = dice.random()
    if way < 0.55:
        return _Pointer(lead.id, email=email)
    if way < 0.80:
        return _Pointer(lead.id, email="" if way < 0.79 else dice.one_of(people).email)
    if way < 0.92:
        return _Pointer(email=email)
    return _Pointer("L-none", email=email) if way < 0.95 else _Pointer()


def _status(dice: _Dice) -> str:
    statuses = ("Won", "Lost", "Open", "Disqualified", "")
    return dice.choices(statuses, (34, 38, 20, 7.5, 0.5))[0]


def _deal(dice: _Dice, day: int | None, pointer: _Pointer, status: str, kind: str) -> list[str]:
    """A deal row without its id; an open one carries the day on which it is hoped to close."""
    start = dice.whole(0, DAYS) if day is None else day
    created = min(DAYS - 1, start + int(dice.expovariate(1 / 9)))
    closed = created + int(dice.gammavariate(2, 18))
    chance = dice.random()
    if chance < 0.006:
        created, closed = start - 120, start - dice.whole(1, 80)
    elif chance < 0.010:
        closed = created - dice.whole(1, 20)
    if status not in ("Open", "") and closed >= DAYS:
        status = "Open"
    undated = status in ("Won", "Lost", "Disqualified") and dice.random()
    return [
        *pointer,
        _amount(dice),
        "EUR",
        status,
        kind,
        "" if undated and undated < 0.005 else _iso(created),
        _closed(dice, status, closed) if not undated or undated > 0.01 else "",
        dice.one_of(_OWNERS),
    ]


def _closed(dice: _Dice, status: str, day: int) -> str:
    if status == "Open":
        return _iso(DAYS + dice.whole(-60, 120)) if dice.random() < 0.6 else ""
    return _iso(day) if status else ""


def _amount(dice: _Dice) -> str:
    chance = dice.random()
    if chance < 0.015:
        return "" if chance < 0.01 else "0.00"
    return f"{dice.lognormvariate(9, 0.9):.2f}"


def _ad_rows(dice: _Dice) -> Iterator[list[str]]:
    for day in range(DAYS):
        for channel, (campaigns, cents, reach) in ADS.items():
            if channel == "events" and day % 45:
                continue
            for number in range(1, campaigns + 1):
                cost = dice.whole(cents // 2, cents * 2)
                impressions = cost * reach // dice.whole(80, 120)
                clicks = impressions // dice.whole(40, 90)
                conversions = dice.whole(0, 400) if clicks else 0
                value = dice.whole(0, 20_000) * conversions // 100
                yield [
                    _iso(day),
                    channel,
                    f"Campaign {number}",
                    *(f"{cost // 100}.{cost % 100:02d}", str(impressions), str(clicks)),
                    *(f"{conversions // 100}.{conversions % 100:02d}", f"{value // 100}.{value % 100:02d}"),
                    "EUR",
                ]
