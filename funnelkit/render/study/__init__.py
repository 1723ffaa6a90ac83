"""What a command beside `report` answers, in the formats that each of them has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from funnelkit import render as reports
from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from funnelkit.studies import Study

DEFAULT = reports.DEFAULT
FORMATS = (DEFAULT, "json", "csv", "md")


def check(format: str) -> None:
    """Raise UsageError unless *format* is one that a study has."""
    if format not in FORMATS:
        raise UsageError(f"no output format is called {format!r}", hint=did_you_mean(format, FORMATS))


def for_path(path: Path | str) -> str:
    """The format that the suffix of *path* names; UsageError where a study does not have it."""
    format = reports.for_path(path)
    check(format)
    return format


def render(study: Study, format: str, *, width: int | None = None, color: bool = False) -> bytes:
    """*study* in *format*, as UTF-8 with a line feed at the end of every line.

    *width* is the number of columns of the terminal, None where there is none: then no line is broken. Width and
    colour concern the terminal format alone.
    """
    check(format)
    if format == "json":
        from funnelkit.render.study import document

        return document.render(study)
    if format == "csv":
        from funnelkit.render.study import longform

        return longform.render(study)
    from funnelkit.render.study.page import page

    if format == "md":
        from funnelkit.render import md

        return md.printed(page(study))
    from funnelkit.render import terminal

    return terminal.printed(page(study), width=width, color=color)
