"""Where frames live and are summed. Each module here is one engine, and its name is the option.

An engine holds the text cells of an export, turns them into canonical columns by stated styles,
and labels rows by a function of few columns. Everything above it speaks narwhals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from funnelkit.plans import LinkKey, TablePlan


class Batch(Struct, frozen=True, kw_only=True):
    """Some records of an export, in their order."""

    lines: Sequence[int]
    """The line that each of *rows* begins on, counted from 1."""
    rows: Sequence[Sequence[Any]]
    aside: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Reason -> lines of records that are none of the table, and so are not among *rows*."""
    texts: Callable[[Sequence[Any]], list[str]] = list
    """What makes texts of cells, for rows that come with types of their own."""


WIDEST = 16_000_000
"""No line of an export has more bytes."""


class Scan(Struct, frozen=True, kw_only=True):
    """Where and how a plain CSV lies that an engine may read by itself; or a copy of it, or a table of a database."""

    path: str
    """Also an address with a scheme, of one file or of a folder of parts."""
    delimiter: str
    first_line: int
    """The line on which the first row stands, counted from 1."""
    width: int
    records: int | None
    """How many rows there are if each line is one: then no cell holds a line end, and no line is empty.

    None where nobody has counted them, because only the engine comes by the file.
    """
    widest: int = WIDEST
    """No line has more bytes: several processors share a file only in parts that are larger than any line."""
    broken: bool = False
    """Whether some of the first cells hold line ends, so that their records have several lines."""
    utf8: Callable[[], Iterator[bytes]] | None = None
    """All of its bytes, a part at a time, as the plain file would have them: what lies at *path* is packed or in
    another encoding."""
    query: str = ""
    """SQL of DuckDB for its rows as texts, for what is no CSV; the columns are called ``c0``, ``c1`` and so on."""

    @property
    def plain(self) -> bool:
        """Whether the CSV lies at *path* as it is."""
        return not (self.utf8 or self.query)


class Cells(Struct, frozen=True, kw_only=True):
    """The columns of an export that are wanted, and the ways to them."""

    batches: Callable[[], Iterable[Batch]]
    places: Mapping[str, int]
    """Header -> its position in a row."""
    width: int
    """So many cells the header promises."""
    file: str = ""
    """The path as the user gave it, for messages."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Header -> the kind of the canonical column; a column that only tells which rows are none has no kind."""
    scan: Scan | None = None
    rare: frozenset[str] = frozenset()
    """Headers of which only some cells are asked for: in rows without a day under any of *bare*, and those that
    hold one of *words*. An engine may leave out the others."""
    bare: tuple[str, ...] = ()
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Aside(Struct, frozen=True, kw_only=True):
    """Rows that are not used, for one reason."""

    reason: str
    message: str
    lines: tuple[int, ...]
    column: str = ""
    """The header of the cell that is to blame; empty where it is the row as a whole."""
    more: int = 0
    """So many rows there are beside those on *lines*, where an engine does not name them all."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.lines) + self.more


class BadCells(Struct, frozen=True, kw_only=True):
    """Cells of an optional column that its style cannot read. They count as missing."""

    target: str
    header: str
    lines: tuple[int, ...]
    example: str
    more: int = 0
    """So many there are beside those on *lines*."""

    @property
    def count(self) -> int:
        """How many cells there are."""
        return len(self.lines) + self.more


class Repeated(Struct, frozen=True, kw_only=True):
    """Rows of one file that other rows stand for."""

    lines: tuple[int, ...] = ()
    more: int = 0
    """So many there are beside those on *lines*."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.lines) + self.more


class Converted(Struct, frozen=True, kw_only=True):
    """A canonical frame, and what did not come into it."""

    frame: Any
    rows: int
    aside: tuple[Aside, ...]
    bad: tuple[BadCells, ...]


class Engine(Protocol):
    """What every engine can do."""

    streams: bool
    """Whether it reads a text of any size without holding it in memory."""

    def close(self) -> None:
        """Give back what was taken for the work. The frames are of no use after it."""

    def head(self, address: str) -> bytes:
        """The first lines of the files at *address*, which has a scheme, as one file would have them."""

    def text(self, cells: Cells) -> Any:
        """Hold the text of *cells*.

        The result has ``rows``; ``distinct(header)``, the different cells of a column, untrimmed, of which some
        may come again;
        ``unplain(header)``, those at least of a text column that are more than a plain word;
        ``mentions(header, words)``, whether any of *words* stands in any cell; ``at(header, lines)``, the cells on some lines; and ``lines_with(header, cells)``, the lines of some cells.
        """

    def convert(self, text: Any, plan: TablePlan) -> Converted:
        """The canonical frame that *plan* makes of *text*."""

    def from_parquet(self, path: Path) -> Any:
        """The canonical frame that `funnelkit load` has put into the Parquet file at *path*."""

    def label(
        self, frame: Any, columns: Sequence[str], label: Callable[..., str], target: str
    ) -> tuple[Any, frozenset[str]]:
        """*frame* with a text column *target*: *label* of the values of *columns* ("" for missing); and all labels."""

    def concat(self, frames: Sequence[Any]) -> Any:
        """The rows of several frames under the union of their columns."""

    def one_per_key(self, frame: Any, key: str, order: Sequence[str]) -> tuple[Any, dict[str, Repeated]]:
        """One row per value of *key*: the one that is last in the *order* of its columns. Rows without a key stay.

        Also returns the other rows by file.
        """

    def one_per_report(
        self, frame: Any, key: Sequence[str], figures: Sequence[str], *, keep_last: bool
    ) -> tuple[Any, dict[str, Repeated], tuple[str, str, str] | None]:
        """Rows that two files have in common, once.

        Where their *figures* differ, the last file wins or the conflict is returned: both files and the row.
        """

    def progress(self) -> float | None:
        """The share of its present query that is done, from 0 to 1, at any time; None where nobody can say."""

    def held(self, frame: Any) -> Any:
        """*frame*, worked out once for all that is asked of it later."""

    def in_memory(self, frame: Any) -> Any:
        """*frame* as a frame of pandas."""

    def twins(self, frame: Any, without: str | None) -> int:
        """How many rows equal an earlier row in every canonical column; only of those *without* the named one."""

    def numbered(
        self, frame: Any, name: str, date: str, key: str, only: tuple[str, str] | None = None
    ) -> Any:
        """*frame* with a number *name*, from 0, in the order of *date*, then *key*, missing last, then of all cells.

        No two rows have the same *key*, where they have one. Of *only* (column, value) rows with other values need
        no number.
        """

    def linked(
        self, leads: Any, deals: Any, keys: Sequence[LinkKey], columns: Sequence[str]
    ) -> tuple[Any, Any, Callable[[Any], Mapping[str, int]]]:
        """The people among *leads*, *deals* with their ``_lead``, and what tells how many of these each of *keys* linked.

        People are the leads that any deal may mean, or more, with a number ``_lead`` in the order of `numbered` by
        created_at and lead_id; of their columns at least *columns*, as far as there are such. A deal has the number of the lead that the first of *keys* finds.
        """

    def named(self, frame: Any, keys: Sequence[tuple[str, str]], target: str) -> Any:
        """*frame* with a text *target*: ``name:value`` of the first of *keys* (name, column) that the row has."""

    def customers(self, deals: Any) -> Any:
        """One row per ``customer`` of the won *deals* that are new business.

        Columns: customer, first_won_at (day), _lead (the earliest), _first (the deal that made it), revenue (of all
        its won deals).
        """

    def outcomes(self, leads: Any, people: Any, deals: Any, customers: Any) -> Any:
        """*leads* with has_deal, deal_created_at, has_won and won_at, by their numbers among *people*."""

    def looked_up(self, frame: Any, number: str, other: Any, columns: Mapping[str, str]) -> Any:
        """*frame* with *columns* (target to source) of the row of *other* that its column *number* names.

        The rows of *other* are numbered and in this order.
        """

    def strung(self, frame: Any, by: Sequence[str], order: Sequence[str], columns: Sequence[str]) -> Any:
        """One row for each value of *by*: the texts of *columns* in their *order*, joined. Nothing in these is missing."""

    def convert_money(
        self, frame: Any, columns: Sequence[str], by: Sequence[str], factor: Callable[..., Fraction]
    ) -> Any:
        """*frame* with the money *columns* times *factor* of the values of *by*, rounded half to even."""


def no_address(address: str) -> UsageError:
    """The refusal of a file that an engine does not come by."""
    return UsageError(
        f"{address}: only Spark opens addresses", hint="Say --engine spark, or name a file of this machine."
    )


NAMES = ("auto", "pandas", "duckdb", "spark")
LARGE = 10_000_000
"""From so many bytes of text on DuckDB is the faster one, by the benchmark ``by size``."""


def load(
    name: str, memory: str | None = None, size: int = 0, spark: Mapping[str, Any] | None = None
) -> Engine:
    """The engine called *name*, which may use so much *memory* (``1GB``) before it spills to disk.

    Which one ``auto`` is hangs on the *size* in bytes of the text that will be read. *spark* says where Spark
    runs: ``master`` and ``options``.
    """
    if name not in NAMES:
        raise UsageError(f"there is no engine {name!r}", hint=did_you_mean(name, NAMES))
    if name in _WITHOUT_LIMIT and memory:
        raise UsageError(f"--memory-limit: the engine {name} knows no limit", hint=_WITHOUT_LIMIT[name])
    if name == "spark":
        return _spark(spark or {})
    if name == "duckdb" or memory or (name == "auto" and size >= LARGE):
        from funnelkit.engines.duckdb import DuckDBEngine

        return DuckDBEngine(memory)
    from funnelkit.engines.pandas import PandasEngine

    return PandasEngine()


_WITHOUT_LIMIT = {
    "pandas": "Leave --engine out, or say --engine duckdb.",
    "spark": "Set spark.driver.memory and spark.executor.memory under `spark: options:` in funnelkit.yaml.",
}


def _spark(settings: Mapping[str, Any]) -> Engine:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise UsageError(
            "the engine spark needs pyspark, which is not installed", hint='pip install "funnelkit[spark]"'
        ) from None
    from funnelkit.engines.spark import SparkEngine

    return SparkEngine(settings)
