"""Where output goes: bytes to stdout, talk to stderr, and what the terminal can show."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

import typer

from funnelkit.errors import OutputError


def emit(data: bytes) -> None:
    """Write *data* to stdout. A reader that has gone away, as in ``| head``, ends the command quietly."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at its end, which would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        raise OutputError(
            f"standard output: {error.strerror or error}", hint="What was written so far is not whole."
        ) from None


def talk(message: str, *, quiet: bool = False) -> None:
    """Say something to the person at the terminal, on stderr."""
    if not quiet:
        print(message, file=sys.stderr)


def width() -> int | None:
    """The columns of the terminal that stdout is, None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def colored(no_color: bool) -> bool:
    """Whether stdout is a terminal that may show colour."""
    wanted = not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout.isatty()


def listed(values: Sequence[str] | None) -> list[str]:
    """The words of options that may be repeated or parted by commas.

    >>> listed(["channel,owner", "campaign"])
    ['channel', 'owner', 'campaign']
    """
    return [word.strip() for value in values or () for word in value.split(",") if word.strip()]
