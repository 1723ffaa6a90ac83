"""A text of any size is read by DuckDB a part at a time, however it is written, and means what it means in memory.

Without this a large file would be refused, or held whole, because of its encoding or of a line end in a cell.
"""

from __future__ import annotations

import gzip
import io
import json
import resource
import tempfile
import weakref
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from funnelkit.config import Config
from funnelkit.engines import Batch, Cells, load
from funnelkit.engines._duck_source import Copy
from funnelkit.errors import FunnelkitError, SourceError, UsageError
from funnelkit.pipeline.inputs import Input
from funnelkit.pipeline.loading import engine_for, load_one, opened
from funnelkit.pipeline.options import Options
from funnelkit.pipeline.watching import nobody
from funnelkit.sources.files import content
from funnelkit.sources.files.content import Content
from funnelkit.sources.files.text import proved
from funnelkit.sources.settings import FileSettings
from tests.reading import book, saved
from tests.test_engines import loaded, told

ENGINES = ("pandas", "duckdb")
HEADER = "Lead ID,Created Date,Company,Note,Lead Source"
ROWS = [f"L{n},2026-{n % 9 + 1:02}-{n % 28 + 1:02},Müller {n} €,,Referral" for n in range(1, 200)]
NOTE = 'L200,2026-03-04,"Söhne, Co","called ""twice""{0}and then{0}{0}not","Pay{0}per click"'
BELOW = [
    "L201,2026-13-04,No such day,,Email",
    "L202,2026-03-05,One cell too many,,Email,,,x",
    ",,,,",
    HEADER,
    "L203,2026-03-06,A few,,Email",
    "Exported by Ada Brandt,,,,",
]
ASIDE = {"bad_value": 0, "ragged": 1, "blank": 2, "repeated_header": 3, "footer": 5}
"""Reason -> which of the rows BELOW is set aside for it."""


def text(end: str = "\n", within: str | None = None) -> tuple[str, int]:
    """A file whose records end with *end*, with a note that has *within* in it; and the line on which BELOW begins."""
    records = [HEADER, *ROWS, *([NOTE.format(within)] if within else []), *ROWS[:50]]
    # Three of the line ends within cells are in the note, one in the source.
    return end.join([*records, *BELOW, ""]), 1 + len(records) + (4 if within else 0)


def packed(data: bytes, suffix: str, folder: Path) -> Path:
    """A file with *data* in *folder*, packed as its *suffix* says."""
    path = folder / f"leads.csv{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("leads.csv", data)
        return path / "leads.csv"
    path.write_bytes(gzip.compress(data) if suffix == ".gz" else data)
    return path


WAYS = {
    "plain": ("utf-8", "\n", None, ""),
    "with a mark": ("utf-8-sig", "\n", None, ""),
    "cp1252": ("cp1252", "\r\n", None, ""),
    "UTF-16": ("utf-16", "\r\n", None, ""),
    "packed": ("utf-8", "\n", None, ".gz"),
    "in an archive": ("utf-8", "\r\n", None, ".zip"),
    "packed cp1252": ("cp1252", "\n", None, ".gz"),
    "broken": ("utf-8", "\n", "\n", ""),
    "broken by Excel": ("utf-8", "\r\n", "\n", ""),
    "broken alike": ("utf-8", "\r\n", "\r\n", ""),
    "broken by an old Mac": ("utf-8", "\n", "\r", ""),
    "broken UTF-16": ("utf-16", "\r\n", "\n", ""),
    "packed, broken cp1252": ("cp1252", "\r\n", "\n", ".gz"),
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_that_are_set_aside_have_their_lines_however_the_file_is_written(
    way: str, tmp_path: Path
) -> None:
    encoding, end, within, suffix = WAYS[way]
    written, first = text(end, within)
    path = packed(written.encode(encoding), suffix, tmp_path)
    found = [loaded(path, engine) for engine in ENGINES]
    assert found[0] == found[1]
    _, rows, (aside, bad, count), _, _ = found[1]
    assert {reason: lines for reason, _, lines in aside} == {r: (first + at,) for r, at in ASIDE.items()}
    good = 199 + 50 + (1 if within else 0) + 1
    assert (len(rows), count, bad) == (good, good + len(ASIDE), ())


@pytest.mark.parametrize("way", WAYS)
def test_a_report_says_the_same_however_its_file_is_written(way: str, tmp_path: Path) -> None:
    encoding, end, within, suffix = WAYS[way]
    plain, other = tmp_path / "plain", tmp_path / "other"
    plain.mkdir()
    other.mkdir()
    (plain / "leads.csv").write_bytes(text("\n", within and "\n")[0].encode())
    path = packed(text(end, within)[0].encode(encoding), suffix, other)
    answers = [told([path], engine, by=["channel"], grain="month") for engine in ENGINES]
    assert answers[0] == answers[1]
    of_plain = told([plain / "leads.csv"], "pandas", by=["channel"], grain="month")
    assert general(answers[1], path) == general(of_plain, plain / "leads.csv")


def general(answer: str, path: Path) -> Any:
    """What a report says, without the name of its file and the digest of its bytes."""
    said = json.loads(answer.replace(str(path), "FILE"))
    assert len(said["sources"]) == 1
    del said["sources"][0]["sha256"]
    return said


# Bytes that are not in the encoding

FAR = "".join(f"L{n},2026-01-{n % 28 + 1:02},Müller\n" for n in range(70_000))


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_byte_that_is_no_utf8_far_below_is_told_with_its_line(
    engine: str, suffix: str, tmp_path: Path
) -> None:
    data = f"Lead ID,Created Date,Company\n{FAR}".encode() + b"L99,2026-01-02,Caf\xe9\nL98,2026-01-02,M\xc3"
    path = packed(data, suffix, tmp_path)
    one = Input(file="leads.csv", path=path, settings=FileSettings())
    own = load(engine)
    (note,) = (n for n in load_one(one, Config(), "UTC", own).notes if n.code == "foreign_bytes")
    assert "2 bytes are not UTF-8" in note.message
    assert "first on line 70002" in note.message


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("encoding", [None, "utf-16"])
def test_a_file_that_is_cut_off_within_a_letter_is_refused_with_its_line(
    encoding: str | None, engine: str, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(f"Lead ID,Created Date,Company\n{FAR}L99,2026-01-02,M".encode("utf-16")[:-1])
    one = Input(file="leads.csv", path=path, settings=FileSettings(encoding=encoding))
    with pytest.raises(SourceError, match=r"leads\.csv.* line 70002"):
        load_one(one, Config(), "UTC", load(engine))


def test_letters_with_the_byte_of_a_line_end_are_no_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = "".join(f"L{n},2026-01-05,Ċਊ Ltd\r\n" for n in range(300))
    path.write_bytes(f"Lead ID,Created Date,Company\r\n{rows}".encode("utf-16"))
    one = Input(file="leads.csv", path=path, settings=FileSettings())
    found = opened(one, Config(), load("duckdb"), nobody).export
    assert found.scan is not None
    assert found.scan.records == 300
    assert loaded(path, "duckdb") == loaded(path, "pandas")


# Memory and disk


class Fake(io.RawIOBase):
    """Rows in cp1252, which tell how many of their bytes have been asked for."""

    ROW = "Müller,2026-01-05,1\r\n".encode("cp1252")

    def __init__(self) -> None:
        self.left = SIZE
        self.most = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self.left)
        self.most = max(self.most, wanted)
        begin = (SIZE - self.left) % len(self.ROW)
        self.left -= wanted
        buffer[:wanted] = (self.ROW * (wanted // len(self.ROW) + 2))[begin : begin + wanted]
        return wanted


SIZE = len(Fake.ROW) * 2_000_000


def test_a_text_is_made_utf8_a_part_at_a_time() -> None:
    streams: list[Fake] = []

    def anew() -> Any:
        streams.append(Fake())
        return io.BufferedReader(streams[-1])

    found = proved(Content(open=anew, head=Fake.ROW * 10, file="f.csv"))
    assert found.encoding == "cp1252"
    largest = total = 0
    for number, part in enumerate(found.utf8(), 1):
        largest, total = max(largest, len(part)), total + len(part)
        # What has been read is what has been given, and little more.
        assert SIZE - streams[-1].left < number * 1.2e6 + 1e6
    assert total == SIZE + 2_000_000  # ü has two bytes
    assert largest < 2_500_000
    assert all(stream.most <= 1 << 20 for stream in streams)


def test_rows_are_written_out_batch_by_batch(tmp_path: Path) -> None:
    class Rows(list[list[str]]):
        """A list that can be watched."""

    held: list[weakref.ref[Rows]] = []
    most = 0

    def batches() -> Iterator[Batch]:
        nonlocal most
        for begin in range(1, 40_001, 1_000):
            rows = Rows([str(n), "2026-01-05", 'a "word"'] for n in range(begin, begin + 1_000))
            held.append(weakref.ref(rows))
            most = max(most, sum(one() is not None for one in held))
            yield Batch(lines=range(begin, begin + 1_000), rows=rows)
            del rows

    engine = load("duckdb")
    read = engine.text(Cells(batches=batches, places={"ID": 0, "Word": 2}, width=3))
    assert (read.rows, most <= 2, len(held)) == (40_000, True, 40)
    assert read.at("ID", [39_999]) == ["39999"]
    assert read.at("Word", [1]) == ['a "word"']


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_in_the_folder_for_temporary_files(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding, end, within, suffix = WAYS[way]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    made: list[int] = []
    own = Copy.__init__

    def watched(copy: Copy, folder: Any, parts: Any) -> None:
        own(copy, folder, parts)
        made.append(copy.path.stat().st_mode & 0o777)

    monkeypatch.setattr(Copy, "__init__", watched)
    path = packed(text(end, within)[0].encode(encoding), suffix, tmp_path)
    (source,) = json.loads(told([path], "duckdb"))["sources"]
    assert source["rows"] == 255 + (within is not None)
    # Their rows are people: nobody else may read them.
    assert set(made) == {0o600}
    assert list(temporary.iterdir()) == []


def test_a_full_disk_for_the_copy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(UsageError, match="cannot be written to the folder for temporary files"):
            Copy(lambda: tmp_path, iter([b"x" * 60_000] * 3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


# Size


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 4 kB of memory."""
    monkeypatch.setattr(content, "_memory", lambda: 4_000)


def refusal(path: Path, engine: str) -> FunnelkitError:
    with pytest.raises(SourceError) as caught:
        load_one(Input(file=path.name, path=path, settings=FileSettings()), Config(), "UTC", load(engine))
    return caught.value


@pytest.mark.usefixtures("small_machine")
def test_a_text_of_any_size_is_read_where_nobody_holds_it(tmp_path: Path) -> None:
    path = packed(text("\r\n", "\n")[0].encode("cp1252"), "", tmp_path)
    error = refusal(path, "pandas")
    assert error.code == "too_large"
    assert "Say --engine duckdb" in (error.hint or "")
    assert len(loaded(path, "duckdb")[1]) == 251


@pytest.mark.usefixtures("small_machine")
def test_a_workbook_must_fit_into_memory_on_every_engine(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    rows = [[f"L{n}", "2026-01-05", f"Firm {n * 7919}"] for n in range(300)]
    path.write_bytes(saved(book(S=[["Lead ID", "Created Date", "Company"], *rows])))
    for engine in ENGINES:
        error = refusal(path, engine)
        assert error.code == "too_large"
        assert "duckdb" not in (error.hint or "")


@pytest.mark.parametrize(("rows", "name"), [(100, "PandasEngine"), (700_000, "DuckDBEngine")])
@pytest.mark.parametrize("suffix", [".gz", ".zip"])
def test_a_large_text_that_is_packed_chooses_the_database_too(
    suffix: str, rows: int, name: str, tmp_path: Path
) -> None:
    data = b"".join(b"L%d,2026-01-05,%d\n" % (n, n * 7919 % 65521) for n in range(rows))
    path = packed(data, suffix, tmp_path)
    one = Input(file=path.name, path=path, settings=FileSettings())
    with engine_for([one], Options(), Config()) as chosen:
        assert type(chosen).__name__ == name


# Parquet


def test_the_database_reads_parquet_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    days = "DATE '2026-01-01' + (n % 200)::INTEGER"
    cells = f'\'L\' || n AS "Lead ID", CASE WHEN n % 7 > 0 THEN {days} END AS "Created Date", n / 8 AS Score'
    duckdb.sql(f"COPY (SELECT {cells}, 'Email' AS \"Lead Source\" FROM range(5000) t(n)) TO '{path}'")
    expected = loaded(path, "pandas")
    one = Input(file=path.name, path=path, settings=FileSettings())
    engine = load("duckdb")
    found = opened(one, Config(), engine, nobody)
    scan = found.export.scan
    assert scan is not None
    assert scan.records == 5_000

    def batches() -> Iterator[Batch]:
        raise AssertionError("rows are read by Python")

    places = {name: at for at, name in enumerate(found.export.header)}
    held = engine.text(Cells(batches=batches, places=places, width=len(places), scan=scan))
    assert held.rows == 5_000
    assert held.at("Created Date", [1, 2]) == ["", "2026-01-02"]
    assert loaded(path, "duckdb") == expected


def test_a_parquet_file_that_is_damaged_within_is_refused_on_every_engine(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    cells = (
        "'L' || n * 7919 AS \"Lead ID\", DATE '2026-01-05' AS \"Created Date\", 'Email' AS \"Lead Source\""
    )
    duckdb.sql(f"COPY (SELECT {cells} FROM range(300000) t(n)) TO '{path}'")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2_000] = bytes(2_000)
    path.write_bytes(data)
    assert loaded(path, "duckdb") == loaded(path, "pandas")
    assert "damaged" in loaded(path, "duckdb")


def test_a_row_that_the_database_cannot_hold_is_told(tmp_path: Path) -> None:
    path = packed(
        f"{HEADER}\n{ROWS[0]}\nL2,2026-01-05,{'ü' * 8_500_000},,Email\n".encode("cp1252"), "", tmp_path
    )
    assert len(loaded(path, "pandas")[1]) == 2
    error = refusal(path, "duckdb")
    assert "leads.csv, line 3: a row of more than" in str(error)
    assert error.hint == "Say --engine pandas."
