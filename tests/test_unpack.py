"""Packed files and archives: each export in one is read like any other, and none fills the machine."""

from __future__ import annotations

import gzip
import io
import struct
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from funnelkit.config import Config, SourceSpec
from funnelkit.errors import FunnelkitError, SourceError
from funnelkit.pipeline.inputs import expand
from funnelkit.pipeline.loading import load_one
from funnelkit.sources.settings import FileSettings
from tests.reading import ENGINE, column, load

if TYPE_CHECKING:
    from funnelkit.sources.loaded import Loaded

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEADS = "Lead ID,Email,Created Date,Lead Source\n1,ada@lund.example,2026-01-05,Web\n2,ines@brume.example,2026-01-06,Fair\n"
DEALS = "Deal ID,Status,Created date,Amount\n7,Won,2026-01-05,12\n"


def archive(path: Path, **members: str | bytes) -> Path:
    """A ZIP archive; two underscores in the name of a member stand for a folder, the last one for a point."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(".".join(name.replace("__", "/").rsplit("_", 1)), data)
    return path


def named(*arguments: str | Path, config: Config | None = None) -> list[str]:
    """The names of the inputs that *arguments* stand for."""
    return [one.file for one in expand([str(a) for a in arguments], config or Config(), FileSettings(), ())]


def read(*arguments: str | Path) -> list[Loaded]:
    """Every input that *arguments* stand for."""
    inputs = expand([str(a) for a in arguments], Config(), FileSettings(), ())
    return [load_one(one, Config(), "UTC", ENGINE) for one in inputs]


def refusal(*arguments: str | Path) -> FunnelkitError:
    """The one refusal of what *arguments* name."""
    with pytest.raises(FunnelkitError) as caught:
        read(*arguments)
    assert caught.value.exit_code == 3
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_packed_file_is_read_like_the_file(pack: object, encoding: str, tmp_path: Path) -> None:
    assert callable(pack)
    path = tmp_path / "leads.csv.packed"
    path.write_bytes(pack(LEADS.encode(encoding)))
    (loaded,) = read(path)
    assert column(loaded, "lead_id") == ["1", "2"]
    assert loaded.export.sha256 == load(LEADS.encode(encoding)).export.sha256
    assert column(load(pack(LEADS.encode(encoding))), "lead_id") == ["1", "2"]


def test_each_export_of_an_archive_is_an_input_of_its_own(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "exports.zip",
        crm__leads_csv=LEADS,
        deals_csv=DEALS,
        __MACOSX___leads_csv="x",
        _hidden_csv="x",
        notes_pdf="x",
    )
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("__MACOSX/._leads.csv", "x")
        made.writestr(".hidden.csv", "x")
        made.writestr("docs/README.txt", "Thank you for using us.\nSee our site.\n")
        made.writestr("packed/more.csv.gz", gzip.compress(LEADS.encode()))
    names = [Path(name).relative_to(path).as_posix() for name in named(path)]
    assert "crm/leads.csv" in names
    assert "packed/more.csv.gz" in names
    assert not [
        n for n in names if "MACOSX/._" in n or n.startswith(".") or n.endswith(("pdf", "README.txt"))
    ]
    assert [f.table for f in read(f"{path}/crm/leads.csv", f"{path}/deals.csv")] == ["leads", "deals"]
    assert column(read(f"{path}/packed/more.csv.gz")[0], "lead_id") == ["1", "2"]


def test_archives_are_found_in_folders_and_by_patterns(tmp_path: Path) -> None:
    archive(tmp_path / "a.zip", leads_csv=LEADS)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(DEALS.encode()))
    (tmp_path / "c.csv").write_text(LEADS)
    (tmp_path / "notes.md").write_text("no export")
    shown = [Path(name).relative_to(tmp_path).as_posix() for name in named(tmp_path)]
    assert shown == ["a.zip/leads.csv", "b.csv.gz", "c.csv"]
    assert len(named(tmp_path / "*.zip")) == 1


def test_a_workbook_is_no_archive_and_may_be_in_one(tmp_path: Path) -> None:
    from openpyxl import Workbook

    made = Workbook()
    page = made.worksheets[0]
    for row in (["Lead ID", "Created Date"], [5, "2026-01-05"]):
        page.append(row)
    data = io.BytesIO()
    made.save(data)
    (tmp_path / "book.xlsx").write_bytes(data.getvalue())
    path = archive(tmp_path / "a.zip", book_xlsx=data.getvalue())
    assert named(tmp_path / "book.xlsx") == [str(tmp_path / "book.xlsx")]
    assert [column(f, "lead_id") for f in read(tmp_path / "book.xlsx", path)] == [["5"], ["5"]]


def test_an_archive_of_one_export_may_come_from_standard_input(tmp_path: Path) -> None:
    assert load(archive(tmp_path / "a.zip", leads_csv=LEADS).read_bytes(), "-").used == 2
    with pytest.raises(SourceError, match=r"an archive of 2 exports: deals\.csv, leads\.csv"):
        load(archive(tmp_path / "b.zip", leads_csv=LEADS, deals_csv=DEALS).read_bytes(), "-")


def test_the_configuration_may_name_an_archive_or_a_file_in_it(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", leads_csv=LEADS, deals_csv=DEALS)
    for spec in (str(path), f"{path}/leads.csv"):
        config = Config(sources=(SourceSpec(path=spec, timezone="Europe/Berlin"),))
        inputs = expand([], config, FileSettings(), ())
        assert any(one.file.endswith("a.zip/leads.csv") for one in inputs)
        one = expand([f"{path}/leads.csv"], config, FileSettings(), ())[0]
        assert one.settings.zone == "Europe/Berlin"


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    line = b"1,ada@lund.example,2026-01-05,Web\n"
    data = LEADS.encode() + line * 1_500_000
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(data))
    assert "far more than an export" in str(refusal(tmp_path / "bomb.csv.gz"))
    bomb = archive(tmp_path / "bomb.zip", leads_csv=data)
    assert refusal(bomb).code == "too_large"
    small = tmp_path / "small.csv.gz"
    small.write_bytes(gzip.compress(LEADS.encode() + line * 100_000))
    assert read(small)[0].rows == 100_002


def test_an_archive_that_says_that_it_is_too_large_is_not_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", leads_csv=LEADS)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 3_000_000_000)
    path.write_bytes(bytes(data))
    assert refusal(path).code == "too_large"


def test_a_locked_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", leads_csv=LEADS)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(bytes(data))
    error = refusal(path)
    assert (error.code, "a.zip/leads.csv: the archive is protected by a password" in str(error)) == (
        "password",
        True,
    )


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("cut.csv.gz", gzip.compress(LEADS.encode() * 50)[:-20], "damaged or cut off"),
        ("cut.csv.zst", zstd.compress(LEADS.encode() * 50)[:-20], "damaged or cut off"),
        ("twice.gz", gzip.compress(gzip.compress(LEADS.encode())), "packed twice"),
        ("cut.zip", b"PK\x03\x04" + bytes(40), "damaged or cut off"),
        ("empty.zip", b"PK\x05\x06" + bytes(18), "no exports in this archive"),
        ("a.rar", b"Rar!\x1a\x07" + bytes(40), "this is a RAR archive"),
        ("a.tar", bytes(257) + b"ustar" + bytes(300), "this is a tar archive"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert words in str(refusal(path))


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    inner = archive(tmp_path / "inner.zip", leads_csv=LEADS).read_bytes()
    outer = archive(tmp_path / "outer.zip", inner_zip=inner)
    assert "an archive inside an archive" in str(refusal(outer))


def test_a_damaged_member_is_refused_and_the_others_are_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", leads_csv=LEADS * 20, deals_csv=DEALS)
    data = bytearray(path.read_bytes())
    at = data.index(b"leads.csv") + len("leads.csv")
    data[at : at + 8] = bytes(8)
    path.write_bytes(bytes(data))
    assert "a.zip/leads.csv: it is damaged" in str(refusal(f"{path}/leads.csv"))
    assert read(f"{path}/deals.csv")[0].used == 1
    assert "In it are: deals.csv, leads.csv" in refusal(f"{path}/gone.csv").hint


def test_a_line_or_a_cell_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(LEADS + "3," + "x" * 17_000_000)
    assert "line 4: a line of more than 16 million characters" in str(refusal(path))
    path.write_text(LEADS + '3,"' + "word\n" * 3_500_000 + '",2026-01-05,Web\n')
    assert "a cell of more than 16 million characters" in str(refusal(path))
