"""What a configuration pins of a file, held against the file: it fits, or the refusal says the difference.

A file that is read in another way than last week, without a word, is the fault that pinning is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from funnelkit.errors import FunnelkitError, SeveralProblems, SourceError
from funnelkit.listing import some
from funnelkit.pipeline.inputs import Input
from funnelkit.sources.preset import Header
from funnelkit.tables import Note
from funnelkit.words import fold, normalise

if TYPE_CHECKING:
    from funnelkit.sources.deciding.decisions import Decision
    from funnelkit.sources.loaded import Loaded
    from funnelkit.sources.settings import FileSettings

_HINT = (
    "`funnelkit inspect --no-config FILE` shows what it holds now. If that is right, correct its entry in "
    "funnelkit.yaml: `funnelkit init FILE -o -` prints a new one."
)
_MOST = 12
"""So many names of each sort are told."""


def checked(loaded: Loaded) -> Loaded:
    """*loaded* as it is, where it fits what is pinned of it. Raises SourceError with the differences."""
    settings = loaded.settings
    found = [*_unreadable(loaded), *(_new_words(loaded) if settings.unclear is not None else ())]
    found += _other_money(loaded) if settings.pinned else ()
    if found:
        raise _refusal(loaded.export.file, found)
    read = {*loaded.export.kind.columns.values()}
    new = (
        [h for h in _new_headers(loaded.export.header, settings) if h not in read] if settings.pinned else []
    )
    if not new or settings.unused is None:
        return loaded
    message = (
        f"{loaded.export.file}: {len(new)} new column{'s' * (len(new) > 1)} that funnelkit.yaml does not pin "
        f"({_listed(new)}); {'they are' if len(new) > 1 else 'it is'} not read"
    )
    return replace(loaded, notes=(*loaded.notes, Note(code="new_columns", message=message)))


def contradicted(one: Input, error: FunnelkitError) -> FunnelkitError:
    """*error* in reading a file of the configuration, as the difference that it is; any other as it was."""
    problems = error.problems if isinstance(error, SeveralProblems) else (error,)
    if not one.settings.columns or any(problem.code != "ambiguous_column" for problem in problems):
        return error
    return _refusal(one.file, [str(problem).removeprefix(f"{one.file}: ") for problem in problems])


def columns_gone(one: Input, error: SourceError) -> SourceError:
    """The refusal of a file in which columns are missing that the configuration names."""
    header = Header(error.header)
    gone = [f"{h} ({c})" for c, h in one.settings.columns.items() if header.find(h) is None]
    return SourceError(
        f"{one.file}: does not hold all the columns that funnelkit.yaml names for it: {', '.join(gone)} "
        f"{'is' if len(gone) == 1 else 'are'} not there",
        hint=f"In the file, but not in funnelkit.yaml: {_listed(_new_headers(error.header, one.settings)) or 'nothing'}."
        f"\n{_HINT}",
        code="no_longer_fits",
    )


def written_otherwise(one: Input, encoding: str, delimiter: str) -> SourceError:
    """The refusal of a file that holds the pinned columns, but in another *encoding* or with another *delimiter*."""
    pinned = one.settings
    found = [
        f"{what} is {now!r} and not {then!r}"
        for what, then, now in (
            ("the encoding", pinned.encoding, encoding),
            ("what stands between the cells", pinned.delimiter, delimiter),
        )
        if then and then != now
    ]
    return _refusal(one.file, found or ["it is not written as it was"])


def _refusal(file: str, differences: Sequence[str]) -> SourceError:
    return SourceError(
        f"{file}: no longer fits what funnelkit.yaml says of it: {'; '.join(differences)}",
        hint=_HINT,
        code="no_longer_fits",
    )


def _unreadable(loaded: Loaded) -> Iterator[str]:
    """Pinned columns that are not written as they were."""
    settings = loaded.settings
    for decision in loaded.decisions:
        target = decision.target
        firm = (
            target in settings.columns
            if settings.pinned
            else target in {**settings.orders, **settings.decimals}
        )
        if firm and decision.style is None:
            yield f"column {decision.header!r} ({target}): {decision.evidence}"


def _other_money(loaded: Loaded) -> Iterator[str]:
    """Signs of another currency than the pinned one, in the header or the cells of its money."""
    from funnelkit.sources.currency import code

    pinned = loaded.settings.currency
    signs = [(d.header, code(sign)) for d in loaded.decisions for sign in d.symbols]
    found = dict.fromkeys((name, c) for name, c in signs if pinned and c and c != pinned)
    if pinned and loaded.export.kind.currency not in (None, pinned):
        yield f"its header says {loaded.export.kind.currency} and not {pinned}"
    for name, other in found:
        yield f"the money in column {name!r} is {other} and not {pinned}"


def _new_words(loaded: Loaded) -> Iterator[str]:
    """Words of the columns that tell an outcome, which neither a list nor the configuration knows."""
    known = {normalise(word) for word in loaded.settings.unclear or ()}
    for decision in outcome_columns(loaded):
        new = [word for word in decision.unknown if normalise(word) not in known]
        if new:
            verb = "are new words" if len(new) > 1 else "is a new word"
            yield f"{_listed(new)} {verb} in column {decision.header!r} ({decision.target.removesuffix('_outcome')})"


def outcome_columns(loaded: Loaded) -> list[Decision]:
    """The columns of *loaded* whose words say what became of a lead or a deal."""
    found = {d.target: d for d in loaded.decisions if d.target in ("status", "stage_outcome") and d.style}
    if loaded.table == "deals" and "status" in found:
        found.pop("stage_outcome", None)  # the status decides; stages come and go
    return list(found.values()) if loaded.table in ("leads", "deals") else []


def _new_headers(header: Sequence[str], settings: FileSettings) -> list[str]:
    known = {fold(name) for name in (*settings.columns.values(), *(settings.unused or ()))}
    return [name for name in header if name and fold(name) not in known]


def _listed(names: Sequence[str]) -> str:
    return some([repr(name) for name in names], _MOST)
