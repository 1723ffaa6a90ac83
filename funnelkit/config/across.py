"""What must hold between several keys of a file, once each of them makes sense alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funnelkit.config.reading import name
from funnelkit.errors import did_you_mean
from funnelkit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.config.model import Words
    from funnelkit.config.reading import Place, Reading


def one_meaning(words: Words, place: Place, seen: Reading) -> None:
    """No word of the files stands under two of ours, in any case."""
    first: dict[str, str] = {}
    for ours, theirs in words.items():
        for number, word in enumerate(theirs):
            other = first.setdefault(word.lower(), ours)
            if other != ours:
                seen.note_at(
                    (*place, ours, number),
                    f"{name(place)} gives the word {word!r} to {other!r} and to {ours!r}",
                    "One word can have one meaning only.",
                )


def columns_of_table(source: Mapping[str, Any], place: Place, seen: Reading) -> None:
    """The columns of a source are those of its table, where it names one."""
    if "table" not in source:
        return
    known = TABLES[source["table"]].columns
    for key in ("columns", "values"):
        for column in source.get(key, ()):
            if column not in known:
                seen.note_at(
                    (*place, key, column),
                    f"{name(place)}.{key}: the table {source['table']} has no column {column!r}",
                    did_you_mean(column, known),
                )


ALERTS = ("above", "below", "rises", "falls", "behind_target", "kind")
"""What an alert on a metric may be about."""

_CHARTS = ("by", "grain")
"""What only a control chart has."""


def one_alert(alert: Mapping[str, Any], place: Place, seen: Reading) -> None:
    """An alert is about a metric and one thing that may happen to it, or about the files of a table."""
    # What was written counts, also where its value is wrong, which has been told.
    alert = {
        key: place
        for key in (*ALERTS, "metric", "table", "segment", "period", "against", "older_than", *_CHARTS)
        if (*place, key) in seen.lines
    }
    about = [key for key in ALERTS if key in alert]
    if ("metric" in alert) == ("table" in alert):
        seen.note_at(place, f"{name(place)}: needs either 'metric' or 'table'")
    elif "table" in alert:
        for key in (*about, "segment", "period", "against", *_CHARTS):
            if key in alert:
                seen.note_at(
                    (*place, key), f"{name(place)}: {key!r} is of metrics, and this alert is of a table"
                )
    elif len(about) != 1:
        keys = ", ".join(ALERTS)
        seen.note_at(place, f"{name(place)}: needs exactly one of {keys}")
    elif "against" in alert and about[0] not in ("rises", "falls"):
        seen.note_at((*place, "against"), f"{name(place)}: 'against' goes with 'rises' or 'falls'")
    for key in _CHARTS if about != ["kind"] and "metric" in alert else ():
        if key in alert:
            seen.note_at((*place, key), f"{name(place)}: {key!r} goes with 'kind: control'")
    if about == ["kind"] and "period" in alert:
        seen.note_at(
            (*place, "period"),
            f"{name(place)}: a control chart is of the last period of its grain that is over; leave out 'period'",
        )
    if "older_than" in alert and "metric" in alert:
        seen.note_at((*place, "older_than"), f"{name(place)}: 'older_than' goes with 'table'")


def names_apart(file: Mapping[str, Any], place: Place, seen: Reading) -> None:
    """No name is a measure and a metric, since a formula could mean either."""
    for both in file.get("measures", {}):
        if both in file.get("metrics", {}):
            seen.note_at(
                ("metrics", both), f"{both!r} is a measure and a metric", "Give one of them another name."
            )
