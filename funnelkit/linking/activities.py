"""What sales did about each lead: when it was first answered, how often it was touched, and who owns it.

An activity is of the lead that its id names, else of every lead with its e-mail address: a person who asked twice
was answered twice by one call. What was sent by a machine, came in, or did not happen is no touch.
"""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from funnelkit import collect
from funnelkit.columns import INSTANTS
from funnelkit.dataset import Match
from funnelkit.dimensions import BLANK, UNKNOWN
from funnelkit.linking import identity
from funnelkit.linking.building import Build
from funnelkit.tables import Note

Rows = Any
"""A narwhals frame, in memory or lazy: of one engine all are the same."""
_NO_TOUCH = {"kind": ["automatic", "incoming", "note"], "direction": ["incoming"]}
"""Words that say that nobody of sales turned to the lead."""
_WHY = {"incoming": "came in", "automatic": "sent by a machine", "note": "a note"}
_NOT_DONE = ["open", "canceled"]
_KEYS = ("lead_id", "email")
_PLACE = ("source_file", "source_row")
_ENOUGH_LINKED = 20
"""One linked activity in so many: below, they say nothing of leads."""


def happened(activities: Any, present: frozenset[str]) -> tuple[Any, tuple[Note, ...]]:
    """*activities* without those that are planned or were called off, and what is said of these."""
    if "status" not in present:
        return activities, ()
    rows = collect.frame(activities)
    ahead = nw.col("status").is_in(_NOT_DONE).fill_null(False)
    if not (left_out := collect.count(rows.filter(ahead))):
        return activities, ()
    what = f"Activities that are planned or were called off: {left_out}. They are left out"
    return rows.filter(~ahead).to_native(), (Note(code="activities_not_done", message=what),)


def of_leads(made: Build) -> None:
    """The leads with their touches, and the first of them where no file says when a lead was first answered."""
    leads: Rows = collect.frame(made.frames["leads"])
    present = made.present["leads"]
    made.notes += _untold(collect.frame(made.frames["activities"]), made.present["activities"])
    pairs = _linked(made, leads)
    made.present["leads"] = present | ({"owned"} if "owner" in present else set())
    named = ~(nw.col("owner").is_null() | nw.col("owner").is_in([BLANK, UNKNOWN]).fill_null(False))
    owned = {"owned": identity.flag(named)} if "owner" in present else {}
    if pairs is None:
        made.frames["leads"] = leads.with_columns(**owned).to_native()
        return
    answered = _answers(made) if "first_response_at" not in present else {}
    found = pairs.group_by(*_PLACE).agg(
        nw.col("_touch").sum().alias("touches"),
        *(nw.col(column).min().alias(target) for target, column in answered.items()),
    )
    joined = leads.join(found, on=list(_PLACE), how="left").with_columns(
        touches=nw.col("touches").fill_null(0).cast(nw.Int64),
        touched=identity.flag(nw.col("touches") > 0),
        **owned,
    )
    made.frames["leads"] = made.engine.held(joined.to_native())
    made.present["leads"] |= {"touches", "touched", *answered}
    if answered:
        message = "No file says when leads were first answered: it is the first activity of sales from their creation on"
        made.notes.append(Note(code="response_by_activity", message=message))


def _answers(made: Build) -> dict[str, str]:
    """What is found of the first answers, and the columns of pairs of which it is the smallest."""
    timed = set(INSTANTS["activities"].values()) <= made.present["activities"]
    timed &= "created_instant" in made.present["leads"]
    return {"first_response_at": "_day"} | ({"first_response_instant": "_instant"} if timed else {})


def _linked(made: Build, leads: Rows) -> Rows | None:
    """A row for each activity and lead that it is of: where the lead stands, and what it says; None for hardly any."""
    rest = _told(collect.frame(made.frames["activities"]), made.present["activities"])
    rows = left = collect.count(rest)
    meant = _since(leads, made.present["leads"])
    pairs: list[Rows] = []
    for key in _KEYS:
        if key not in made.present["activities"] or key not in made.present["leads"]:
            continue
        known = meant.filter(~nw.col(key).is_null())
        mine = _only(rest.filter(~nw.col(key).is_null()), key, "_is_touch", "at", "at_instant")
        kept = _only(known, key, *_PLACE, "_since", "created_at", "created_instant")
        pairs.append(_judged(mine.join(kept, on=key, how="inner")))
        rest = rest.join(known.select(key).unique(), on=key, how="anti")
        before, left = left, collect.count(rest)
        made.matches = (
            *made.matches,
            Match(source="activities", target="leads", by=key, matched=before - left),
        )
    made.unmatched = {**(made.unmatched or {}), "activities": left}
    if (rows - left) * _ENOUGH_LINKED < rows or not rows:
        return None
    joined: Rows = pairs[0] if len(pairs) == 1 else nw.concat(pairs)
    return joined


def _only(rows: Rows, *columns: str) -> Rows:
    """Those of *columns* that *rows* have."""
    known = collect.names(rows)
    return rows.select([c for c in columns if c in known])


def _told(activities: Rows, present: frozenset[str]) -> Rows:
    """*activities* with whether each is a touch."""
    touch = ~nw.col("at").is_null()
    for column, words in _NO_TOUCH.items():
        if column in present:
            touch = touch & ~nw.col(column).is_in(words).fill_null(False)
    return activities.with_columns(_is_touch=touch)


def _untold(activities: Rows, present: frozenset[str]) -> tuple[Note, ...]:
    """What is said of the *activities* that are no touch, and why they are none."""
    why = [
        nw.when(nw.col(column).is_in(words)).then(nw.col(column).cast(nw.String))
        for column, words in _NO_TOUCH.items()
        if column in present
    ]
    if not why:
        return ()
    told = activities.select(_why=nw.coalesce(*why)).filter(~nw.col("_why").is_null())
    counts = dict(collect.rows(told.group_by("_why").agg(nw.len().alias("n"))))
    if not counts:
        return ()
    listed = ", ".join(f"{_WHY[word]} {counts[word]:,}" for word in _WHY if word in counts)
    message = f"Activities that are no touch by sales: {sum(counts.values()):,} ({listed}). They are no first answer and no follow-up"
    return (Note(code="activities_no_touch", message=message),)


def _since(leads: Rows, present: frozenset[str]) -> Rows:
    """*leads* with the day from which on sales had them, where any file says one."""
    days = [nw.col(c) for c in ("mql_at", "created_at") if c in present]
    return leads.with_columns(_since=nw.coalesce(*days)) if days else leads


def _judged(pairs: Rows) -> Rows:
    """*pairs* with what counts of each: a touch, the day and the instant of an answer."""
    columns = set(collect.names(pairs))

    def after(begin: str, end: str) -> list[nw.Expr]:
        return [nw.col(end) >= nw.col(begin)] if {begin, end} <= columns else []

    # Without a day of creation nothing was too early.
    answers = [*after("created_instant", "at_instant"), *after("created_at", "at"), nw.col("_is_touch")]
    told = pairs.with_columns(_answers=nw.col("_is_touch") & nw.coalesce(*answers))
    followed = [(late | late.is_null()) for late in after("_since", "at")]
    timed = "at_instant" in columns
    return told.select(
        *_PLACE,
        identity.flag(nw.all_horizontal(nw.col("_answers"), *followed, ignore_nulls=True)).alias("_touch"),
        nw.when(nw.col("_answers")).then(nw.col("at")).alias("_day"),
        *([nw.when(nw.col("_answers")).then(nw.col("at_instant")).alias("_instant")] if timed else []),
    )
