"""The one place where an error becomes a sentence on stderr and an exit code.

stdout is the report and stderr is talk. An interrupt, or being told to end, ends with 130, and a fault of
funnelkit itself with 70: its trace is shown with --debug only. Nothing is left behind in any case.
"""

from __future__ import annotations

import gc
import signal
import sys
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress

from funnelkit.errors import FunnelkitError, SeveralProblems, UsageError, of_java

INTERNAL = 70
INTERRUPTED = 130
_OF_THE_PLACE = {
    "MemoryError": "the memory that may be used is not enough",
    "OutOfMemoryException": "the memory that may be used is not enough",
    "IOException": "what does not fit into memory cannot be written to the folder for temporary files",
}
"""What the machine lacks, by the name of the error. Those of DuckDB are known by their names alone: to import it for
them would take longer than a small report."""
_BROKEN_OFF = "Query interrupted"
"""What DuckDB says where an interrupt comes while it works."""
_SPARK = ("pyspark.", "py4j.")
"""Where the errors of Spark come from: a machine that is lost, memory that is not enough, a store that refuses."""
_MORE = (
    "Give --memory-limit more, such as 1GB, free space where TMPDIR points, or load fewer files at a time."
)


def guarded(command: Callable[[], int | None], arguments: Sequence[str]) -> int:
    """Run *command* and return its exit code; whatever it raises becomes one."""
    with suppress(ValueError):
        # Not the main thread: then whoever runs that sees to it.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = _code(command, debug="--debug" in arguments)
    if code:
        # The trace of an error may hold a database, and with it the folder that it spilled to.
        gc.collect()
    return code


def _code(command: Callable[[], int | None], *, debug: bool) -> int:
    try:
        code = command()
        sys.stdout.flush()
        return code or 0
    except FunnelkitError as error:
        if debug:
            raise
        _say(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if debug:
            raise
        if isinstance(error, RuntimeError) and str(error) == _BROKEN_OFF:
            return INTERRUPTED
        if said := _OF_THE_PLACE.get(type(error).__name__):
            _say(UsageError(said, hint=_MORE))
            return UsageError.exit_code
        if type(error).__module__.startswith(_SPARK):
            _say(
                UsageError(
                    f"Spark could not finish: {of_java(error)[:300]}",
                    hint="See `spark:` in funnelkit.yaml; --debug shows all.",
                )
            )
            return UsageError.exit_code
        print(
            f"funnelkit: this is a fault of funnelkit, not of your files: {type(error).__name__}: {error}\n"
            "Run the same command with --debug to see where it happened.",
            file=sys.stderr,
        )
        return INTERNAL


def _say(error: FunnelkitError) -> None:
    problems = error.problems if isinstance(error, SeveralProblems) else (error,)
    for problem in problems:
        print(f"funnelkit: error: {printable(str(problem))}", file=sys.stderr)
        if problem.hint:
            print(textwrap.indent(printable(problem.hint), "  "), file=sys.stderr)


def printable(text: str) -> str:
    """*text* without control characters: a file may have put a terminal's escape sequence into it."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
