"""What `inspect` found, as text to read or as JSON for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelkit.inspection import Inspected

FORMATS = ("terminal", "json")


def check(format: str | None) -> None:
    """Raise UsageError where *format* is none that an inspection has."""
    if format is not None and format not in FORMATS:
        raise UsageError(f"inspect has no format {format!r}", hint=did_you_mean(format, FORMATS))


def render(
    seen: Sequence[Inspected], format: str | None = None, *, width: int | None = None, color: bool = False
) -> bytes:
    """The inspections of all files in *format*, as UTF-8; text for a terminal of *width* columns, None for a pipe."""
    check(format)
    if format == "json":
        from funnelkit.render.inspection import document

        return document.render(seen)
    from funnelkit.render.inspection import text

    return text.render(seen, width=width, color=color)
