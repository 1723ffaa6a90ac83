"""Every error that a person can see, with its exit code and its hint.

Nothing here imports the rest of the package, so any module may raise these. The message
says what is wrong, with file and line; the hint says what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class FunnelkitError(Exception):
    """A problem that the user can mend. Printed as plain sentences, without a traceback."""

    exit_code = 70
    code = "error"
    """A stable word for scripts, printed in JSON."""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if code:
            self.code = code


class UsageError(FunnelkitError):
    """The command line asks for something that does not exist."""

    exit_code = 2
    code = "usage"


class ConfigError(UsageError):
    """funnelkit.yaml says something that cannot be meant."""

    code = "config"


class SourceError(FunnelkitError):
    """A file cannot be read, recognised or trusted."""

    exit_code = 3
    code = "source"
    header: tuple[str, ...] = ()
    """The names above the table, where it was them that nobody understood."""


class MissingInputError(FunnelkitError):
    """A file or folder that should be there is not, or is too old."""

    exit_code = 5
    code = "missing"


class OutputError(FunnelkitError):
    """A report could not be written where it should go. The old file is untouched."""

    exit_code = 2
    code = "output"


class SeveralProblems(FunnelkitError):
    """What is wrong with several files at once, so that one run tells all of it."""

    def __init__(self, problems: Sequence[FunnelkitError]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = tuple(problems)
        # Usage before contents before absence: the order in which a person would mend them.
        codes = {p.exit_code for p in problems}
        self.exit_code = next((c for c in (2, 3, 5) if c in codes), 70)


def raise_all(problems: Sequence[FunnelkitError]) -> None:
    """Raise *problems*: nothing for none, the one itself, or all of them together."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SeveralProblems(problems)


def of_java(error: Exception) -> str:
    r"""The one line of *error* that says why; the call in which Java found it out, and where, says nothing to anybody.

    >>> of_java(Exception("An error occurred while calling o1.text.\n: java.io.IOException: no host\n\tat x.y"))
    'java.io.IOException: no host'
    """
    lines = [
        line for line in str(error).splitlines() if not line.startswith("An error occurred while calling")
    ]
    return lines[0].removeprefix(": ") if lines else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a mistyped *name*, or the list of all *known* names when nothing is close.

    >>> did_you_mean("campain", ["campaign", "channel"])
    'Did you mean campaign?'
    """
    known = sorted(known)
    close = get_close_matches(name.lower(), known, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known: {', '.join(known)}."
