"""Output formats. Each public module here is one format, and its name is the format's name.

A format is a function ``render(report) -> bytes``. To add one, add a file: the listing below is how
``--format`` and ``-o`` find it. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from funnelkit.reports import Report

DEFAULT = "terminal"
"""The format for reading, where none is named."""

_NOT_FORMATS = frozenset({"files"})
_SUFFIXES = {"txt": DEFAULT}
"""Suffixes that are not themselves the name of a format."""


def names() -> list[str]:
    """Every format, without importing any of them."""
    modules = (m.name for m in iter_modules(__path__) if not m.ispkg)
    return sorted(name for name in modules if not name.startswith("_") and name not in _NOT_FORMATS)


def render(report: Report, format: str, *, width: int | None = None, color: bool = False) -> bytes:
    """*report* in *format*, as UTF-8 with a line feed at the end of every line.

    *width* is the number of columns of the terminal, None where there is none: then nothing is cut or
    wrapped. Width and colour concern the terminal format alone.
    """
    check(format)
    options = {"width": width, "color": color} if format == DEFAULT else {}
    data: bytes = import_module(f"{__name__}.{format}").render(report, **options)
    return data


def check(format: str) -> None:
    """Raise UsageError unless *format* is one."""
    if format not in names():
        raise UsageError(f"no output format is called {format!r}", hint=did_you_mean(format, names()))


def for_path(path: Path | str) -> str:
    """The format that the suffix of *path* names.

    >>> for_path("weekly.md")
    'md'
    """
    suffixes = {name: name for name in names() if name != DEFAULT} | _SUFFIXES
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix in suffixes:
        return suffixes[suffix]
    if not suffix:
        known = ", ".join(f".{name}" for name in sorted(suffixes))
        raise UsageError(
            f"{path}: the name has no suffix that says which format to write",
            hint=f"End it in {known}, or name the format with --format.",
        )
    raise UsageError(
        f"{path}: no output format has the suffix .{suffix}", hint=did_you_mean(suffix, suffixes)
    )
