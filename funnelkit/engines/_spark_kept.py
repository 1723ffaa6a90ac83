"""How Spark keeps a column of a large file: its plain cells under its name, and the text of all others beside them.

Part of the Spark engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from funnelkit.engines import _plain


class Column(_plain.Kept, frozen=True, kw_only=True):
    """One column of the file, as it is kept."""

    name: str
    """Its name in the table; what is not plain stands as text under ``name_odd``."""

    @property
    def text(self) -> str:
        """The name under which its cells stand as text: all of them, or those that are not plain."""
        return self.name if self.kept == "text" else f"{self.name}_odd"


def column(name: str, kind: str, sample: Sequence[str]) -> Column:
    """How a column is best kept, judged by its first cells."""
    plain = _plain.chosen(kind, [cell for cell in dict.fromkeys(sample) if cell])
    if plain.kept == "instant":
        return Column(name=name)
    return Column(name=name, kept=plain.kept, scale=plain.scale, sample=plain.sample)
