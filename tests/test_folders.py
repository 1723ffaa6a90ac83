"""Folders, archives and patterns: what is in them is read, what is no export is passed over and named."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import jsonschema
import pytest

from funnelkit.cli.app import run
from funnelkit.errors import FunnelkitError, MissingInputError, SourceError
from funnelkit.pipeline import loading, schemas
from funnelkit.pipeline.options import Options
from tests.reading import table

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


@pytest.mark.parametrize("named", ["", "/*"], ids=["folder", "pattern"])
def test_inspect_lists_strays_as_not_read_and_is_content(
    folder: Path, named: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "thumbs").write_bytes(b"\0\1\2\3 no text")
    argument = f"{folder}{named}"
    assert run(["inspect", argument, "--no-config", "-f", "json"]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    jsonschema.validate(found, schemas.schema("inspect"))
    passed = {Path(one["file"]).name: one["passed_over"] for one in found["files"]}
    assert passed == {"notes.txt": True, "spend.csv": False} | ({"thumbs": True} if named else {})
    assert run(["inspect", argument, "--no-config"]) == 0
    text = capsysbinary.readouterr().out.decode("utf-8")
    assert "not read: no export" in text
    assert "REFUSED" not in text
    assert run(["report", argument, "--no-config", "-q", "-f", "json"]) == 0
    report = json.loads(capsysbinary.readouterr().out)
    assert [Path(source["file"]).name for source in report["sources"]] == ["spend.csv"]
    told = [note["message"] for note in report["warnings"] if note["code"] == "passed_over"]
    assert len(told) == sum(passed.values())


def test_a_stray_that_was_named_or_is_alone_is_refused(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    notes = str(folder / "notes.txt")
    assert run(["inspect", str(folder), notes, "--no-config"]) == 3
    assert run(["inspect", notes, str(folder / "spend.csv"), "--no-config"]) == 3
    (folder / "spend.csv").unlink()
    assert run(["inspect", str(folder), "--no-config", "-f", "json"]) == 3
    capsysbinary.readouterr()


def test_an_export_that_is_empty_is_no_stray(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "leads.csv").write_text("")
    assert run(["inspect", f"{folder}/*", "--no-config"]) == 3
    assert b"REFUSED (empty)" in capsysbinary.readouterr().out
