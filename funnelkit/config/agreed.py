"""The keys about what marketing and sales have agreed on: the SLA, and the rule that makes an MQL of a lead."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from funnelkit.agreements import Condition, Rule, Sla
from funnelkit.config import texts
from funnelkit.config.containers import Field, Record, Several
from funnelkit.config.reading import Place, Reading
from funnelkit.config.scalars import Figure
from funnelkit.config.words import Text
from funnelkit.errors import UsageError
from funnelkit.periods import day_number

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTES = {"min": 1, "minute": 1, "minutes": 1, "h": 60, "hour": 60, "hours": 60}
_DAYS = {"d": 24 * 60, "day": 24 * 60, "days": 24 * 60}
_LENGTH = re.compile(r"(?P<number>[1-9][0-9]{0,4})\s*(?P<unit>[a-z]+)")


def sla(text: str) -> Sla:
    """The SLA of ``24 h``, ``30 min`` or ``2 days``.

    >>> sla("2 days")
    Sla(minutes=2880, in_days=True)
    """
    match = _LENGTH.fullmatch(text.strip().lower())
    minutes = match and {**_MINUTES, **_DAYS}.get(match["unit"])
    if not match or not minutes:
        raise UsageError(f"{text!r} is no length of time", hint="Write it as in 24 h, 30 min or 2 days.")
    return Sla(minutes=int(match["number"]) * minutes, in_days=match["unit"] in _DAYS)


_words = Several(of=Text(loose=True), single=True)
_BOUNDS = Record(
    fields={
        "at_least": Field(Figure(), "This number or a higher one."),
        "at_most": Field(Figure(), "This number or a lower one."),
    }
)
_COLUMNS = ("channel", "source", "medium", "campaign", "country", "segment", "owner")


def _some(values: Mapping[str, Any], place: Place, seen: Reading) -> None:
    """A way that asks for nothing would qualify every lead."""
    if not values or not all(value for value in values.values()):
        seen.note_at(place, "a condition of the qualification rule is empty", "Say what a lead must have.")


_WAY = Record(
    check=_some,
    fields={
        "score": Field(_BOUNDS, "The score of the lead."),
        **{column: Field(_words, f"The {column} of the lead is one of these.") for column in _COLUMNS},
    },
)
_RULE = Record(
    fields={
        "version": Field(Text(loose=True), "What this version of the rule is called.", required=True),
        "since": Field(
            Text(check=texts.iso_date), "It holds for leads created from this day on, until the next version."
        ),
        "mql": Field(
            Several(of=_WAY, single=True),
            "What a lead must have to be an MQL: all of a group; of several groups, any.",
            required=True,
        ),
    },
)


class Rules(Several, frozen=True, kw_only=True):
    """One version of the rule, or several from the oldest to the newest."""

    def read(self, node: Any, place: Place, seen: Reading) -> Any:
        """The versions, in their order."""
        found = super().read(node, place, seen) or ()
        days = [rule.get("since") for rule in found]
        known = [day for day in days if day]
        if None in days[1:] or known != sorted(set(known)):
            seen.note_at(
                place,
                "the versions of the qualification rule are not in the order of their days",
                "Write the oldest first; every later one needs a later `since`.",
            )
        names = [rule.get("version") for rule in found]
        if len(set(names)) < len(names):
            seen.note_at(place, "two versions of the qualification rule have the same name")
        return found


SLA = Text(check=sla)
RULES = Rules(of=_RULE, single=True)


def rules(values: tuple[Mapping[str, Any], ...]) -> tuple[Rule, ...]:
    """The rules that checked *values* describe."""
    return tuple(
        Rule(
            version=value["version"],
            since=day_number(date.fromisoformat(value["since"])) if "since" in value else None,
            ways=tuple(tuple(_condition(c, said) for c, said in way.items()) for way in value["mql"]),
        )
        for value in values
    )


def _condition(column: str, said: Any) -> Condition:
    return Condition(column=column, **said) if column == "score" else Condition(column=column, words=said)
