"""funnelkit: a funnel report from the exports of marketing and sales tools.

The command is ``funnelkit``; in Python, ``funnelkit.report([...])`` gives the same Report and
``funnelkit.load([...])`` the canonical tables; ``funnelkit.keep([...], folder)`` keeps these on the
disk. Importing this package imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from funnelkit.pipeline.reporting import Tables
    from funnelkit.reports import Report

__version__ = "0.1.0"
__all__ = ["__version__", "keep", "load", "report"]


def report(files: Sequence[str | Path] = (), **options: Any) -> Report:
    """The funnel report of *files*, as ``funnelkit report`` makes it.

    *files* are paths, globs, folders or ``KIND=path``; *options* are the long options of the command
    in Python: ``by=["channel"]``, ``where=["channel!=direct"]``, ``period="2026-Q3"``, ``compare="prev"``,
    ``grain="month"``, ``metrics=["cac"]``, ``config="funnelkit.yaml"``, ``no_config=True``.

    Raises funnelkit.errors.FunnelkitError with a sentence that says what to mend.
    """
    from funnelkit.pipeline import reporting

    return reporting.report([str(f) for f in files], reporting.Options(**options))


def load(files: Sequence[str | Path] = (), **options: Any) -> Tables:
    """The canonical tables of *files*: pandas frames with real dates and decimals, by table name."""
    from funnelkit.pipeline import reporting

    return reporting.tables([str(f) for f in files], reporting.Options(**options))


def keep(files: Sequence[str | Path], folder: str | Path, *, only: bool = False, **options: Any) -> None:
    """Keep the tables of *files* in *folder*, as ``funnelkit load`` does; `report` and `load` then take the folder.

    With *only*, nothing else stays there. Raises funnelkit.errors.FunnelkitError; then the folder is as it was.
    """
    from pathlib import Path

    from funnelkit.pipeline import keeping
    from funnelkit.pipeline.options import Options

    keeping.keep([str(f) for f in files], Path(folder), Options(**options), only=only)
