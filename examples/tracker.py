"""What Wrenfield's web tracker wrote down: by what leads came before and after they said who they are, and who never did.

Drawn from dice of its own, so that the other exports stay as they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from wrenfield import EXPORTED, QUARTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wrenfield import Row

HEADER = (
    "Touch time",
    "Visitor ID",
    "Contact email",
    "UTM source",
    "UTM medium",
    "UTM campaign",
    "Touch type",
)
CAME_BY = {  # original source of the CRM: source, medium and campaign as the tracker has them
    "Organic Search": ("google", "organic", ""),
    "Paid Search": ("google", "cpc", "Werkstattplanung DACH"),
    "Paid Social": ("linkedin", "paid-social", "Planer in der Fertigung"),
    "Referrals": ("giessereiblatt.example", "referral", ""),
    "Email Marketing": ("newsletter", "email", "Webinar"),
    "Direct Traffic": ("(direct)", "(none)", ""),
    "Organic Social": ("linkedin", "social", ""),
}
LATER = (  # how people come back, and how often
    (("newsletter", "email", "Newsletter"), 5),
    (("(direct)", "(none)", ""), 4),
    (("google", "cpc", "Marke Wrenfield"), 4),
    (("google", "organic", ""), 3),
    (("giessereiblatt.example", "referral", ""), 1),
)
UNTRACKED, UNNAMED, STRANGERS = 0.12, 0.05, 260
"""The shares of leads who refused to be followed and of touches without any mark, and visitors who became no leads."""


def touches(leads: Sequence[Row]) -> list[tuple[str, ...]]:
    """All rows, in the order of time as far as minutes tell."""
    dice = Random(61)
    rows = [row for number, lead in enumerate(leads) for row in _of_lead(dice, number, lead)]
    rows += [row for number in range(STRANGERS) for row in _of_stranger(dice, number)]
    return sorted(rows)


def _of_lead(dice: Random, number: int, lead: Row) -> Iterator[tuple[str, ...]]:
    if lead["Original Source"] not in CAME_BY or dice.random() < UNTRACKED:
        return
    visitor, created = f"v{number:05}", lead["Create Date"]
    before = sorted(dice.random() ** 2 * 30 for _ in range(_several(dice, 0.4)))[::-1]
    for place, days in enumerate(before):
        way = CAME_BY[lead["Original Source"]] if place == 0 else _way(dice)
        # Only the form tells who it was.
        yield _row(dice, created - timedelta(days=days), visitor, "", way, "visit")
    way = _way(dice) if before else CAME_BY[lead["Original Source"]]
    yield _row(dice, created, visitor, lead["Email"], way, "form")
    for _ in range(_several(dice, 0.5)):
        moment = created + timedelta(days=dice.random() * 45)
        if moment <= EXPORTED:
            yield _row(dice, moment, visitor, lead["Email"], _way(dice), "visit")


def _of_stranger(dice: Random, number: int) -> Iterator[tuple[str, ...]]:
    first = datetime.combine(QUARTERS[0], datetime.min.time()) + timedelta(minutes=dice.randrange(268 * 1440))
    ways = [*CAME_BY.values()]
    for _ in range(1 + _several(dice, 0.25)):
        yield _row(dice, first, f"s{number:05}", "", dice.choice(ways), "visit")
        first += timedelta(days=dice.random() * 9)


def _several(dice: Random, again: float) -> int:
    """How often, with the same chance of once more each time, but at most six times."""
    found = 0
    while found < 6 and dice.random() < again:
        found += 1
    return found


def _way(dice: Random) -> tuple[str, str, str]:
    return dice.choices([way for way, _ in LATER], [weight for _, weight in LATER])[0]


def _row(
    dice: Random, moment: datetime, visitor: str, email: str, way: tuple[str, str, str], kind: str
) -> tuple[str, ...]:
    if dice.random() < UNNAMED:
        visitor, email = "", ""
    return (f"{min(moment, EXPORTED):%Y-%m-%d %H:%M}", visitor, email, *way, kind)
