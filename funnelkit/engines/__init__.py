"""Where frames live and are summed. Each module here is one engine, and its name is the option.

An engine holds the text cells of an export, turns them into canonical columns by stated styles,
and labels rows by a function of few columns. Everything above it speaks narwhals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from funnelkit.plans import TablePlan

Record = tuple[int, Sequence[str]]
"""A line number, counted from 1, and the cells of the record that begins there."""


@dataclass(frozen=True, kw_only=True)
class Aside:
    """Rows that are not used, for one reason; *lines* names all of them."""

    reason: str
    message: str
    lines: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class BadCells:
    """Cells of an optional column that its style cannot read. They count as missing."""

    target: str
    header: str
    lines: tuple[int, ...]
    example: str


@dataclass(frozen=True, kw_only=True)
class Converted:
    """A canonical frame, and what did not come into it."""

    frame: Any
    rows: int
    aside: tuple[Aside, ...]
    bad: tuple[BadCells, ...]


class Engine(Protocol):
    """What every engine can do."""

    def text(self, records: Iterable[Record], headers: Mapping[str, int], width: int) -> Any:
        """Hold the columns *headers* (name to position) of *records*.

        The result has ``rows``, and ``distinct(header)``: the different cells of a column, untrimmed.
        """

    def convert(self, text: Any, plan: TablePlan) -> Converted:
        """The canonical frame that *plan* makes of *text*."""

    def label(self, frame: Any, columns: Sequence[str], label: Callable[..., str], target: str) -> Any:
        """*frame* with a text column *target*: *label* of the values of *columns* ("" for missing)."""

    def concat(self, frames: Sequence[Any]) -> Any:
        """The rows of several frames under the union of their columns."""

    def one_per_key(
        self, frame: Any, key: str, later: Sequence[str]
    ) -> tuple[Any, dict[str, tuple[int, ...]]]:
        """One row per value of *key*: the one with the latest of the dates *later*. Rows without a key stay.

        Also returns the lines of the other rows by file.
        """

    def one_per_report(
        self, frame: Any, key: Sequence[str], figures: Sequence[str], *, keep_last: bool
    ) -> tuple[Any, dict[str, tuple[int, ...]], tuple[str, str, str] | None]:
        """Rows that two files have in common, once.

        Where their *figures* differ, the last file wins or the conflict is returned: both files and the row.
        """

    def twins(self, frame: Any) -> int:
        """How many rows equal an earlier row in every canonical column."""

    def convert_money(
        self, frame: Any, columns: Sequence[str], by: Sequence[str], factor: Callable[..., Fraction]
    ) -> Any:
        """*frame* with the money *columns* times *factor* of the values of *by*, rounded half to even."""


def load(name: str) -> Engine:
    """The engine called *name*."""
    if name in ("auto", "pandas"):
        from funnelkit.engines.pandas import PandasEngine

        return PandasEngine()
    raise UsageError(f"there is no engine {name!r}", hint=did_you_mean(name, ("auto", "pandas")))
