"""Folders, archives and patterns: what is in them is read, what is no export is passed over and named."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from funnelkit.errors import FunnelkitError, MissingInputError, SourceError
from funnelkit.pipeline import loading
from funnelkit.pipeline.options import Options
from tests.reading import table

if TYPE_CHECKING:
    from pathlib import Path

SPEND = table("Day,Channel,Cost", "2026-01-05,Google Ads,1.00")
OPTIONS = Options(no_config=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an export, notes that are none, and another export far below."""
    made = tmp_path / "exports"
    (made / "old" / "2025").mkdir(parents=True)
    (made / "spend.csv").write_text(SPEND)
    (made / "notes.txt").write_text("call Ada about the budget\n")
    (made / "old" / "2025" / "ads.csv").write_text(SPEND.replace("2026", "2025"))
    return made


def read(files: list[str], options: Options) -> loading.Read:
    """What is read of *files*, of which pandas keeps all in memory."""
    with loading.read(files, options) as found:
        return found


def test_what_is_no_export_in_a_folder_is_passed_over_and_named(folder: Path) -> None:
    found = read([str(folder)], OPTIONS)
    assert [file.export.name for file in found.files] == ["spend.csv"]
    (passed,) = [note.message for note in found.notes if note.code == "passed_over"]
    assert passed.startswith(f"{folder / 'notes.txt'}: this is no export")
    (below,) = [note.message for note in found.notes if note.code == "subfolders"]
    assert str(folder / "old" / "2025") in below


def test_what_is_no_export_is_passed_over_in_an_archive_too(folder: Path) -> None:
    archive = folder / "all.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(folder / "spend.csv", "spend.csv")
        made.write(folder / "notes.txt", "notes.txt")
    found = read([str(archive)], OPTIONS)
    assert [note.code for note in found.notes if note.code == "passed_over"] == ["passed_over"]
    with pytest.raises(SourceError, match="no export that funnelkit knows"):
        read([f"{archive}/spend.csv", f"{archive}/notes.txt"], OPTIONS)


def test_a_file_that_was_named_or_that_is_broken_is_refused_all_the_same(folder: Path) -> None:
    with pytest.raises(SourceError, match="no export that funnelkit knows"):
        read([str(folder / "spend.csv"), str(folder / "notes.txt")], OPTIONS)
    (folder / "spend2.csv").write_text(SPEND.replace("2026-01-05", "03/04/2026"))
    with pytest.raises(SourceError, match="fits two readings"):
        read([str(folder)], OPTIONS)


def test_a_folder_without_any_export_is_refused(folder: Path) -> None:
    (folder / "spend.csv").unlink()
    with pytest.raises(FunnelkitError, match="no export that funnelkit knows"):
        read([str(folder)], OPTIONS)
    with pytest.raises(MissingInputError) as caught:
        read([str(folder / "old")], OPTIONS)
    assert "/**/*.csv" in caught.value.hint


def test_two_stars_match_at_every_depth(folder: Path) -> None:
    found = read([f"{folder}/**/*.csv"], OPTIONS)
    assert [file.export.name for file in found.files] == ["ads.csv", "spend.csv"]
