"""`funnelkit load`: without these a kept table may say something else than its file, and nobody would know."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from msgspec.structs import asdict

from funnelkit import collect, engines
from funnelkit.cli.app import run
from funnelkit.config import Config
from funnelkit.errors import FunnelkitError
from funnelkit.pipeline import folder as folders
from funnelkit.pipeline import keeping, kept, loading, manifest, reading
from funnelkit.pipeline.inputs import Input
from funnelkit.sources.loaded import Loaded
from funnelkit.sources.settings import FileSettings
from tests.company import write
from tests.reading import SAMPLES

SPEND = "Day,Channel,Cost\n2026-01-05,Google Ads,1.00\n2026-01-06,Google Ads,2.50\n"
LEADS = "Lead ID,Email,Created Date,Source\n1,a@x.example,2026-01-05,Google\n2,test@x.example,2026-01-07,Referral\n"
MORE = "Lead ID,Email,Created Date,Source\n3,c@x.example,2026-02-05,Google\n"
DEALS = "Deal ID,Lead ID,Status,Amount,Close Date\n1,1,Won,100.25,2026-01-20\n2,2,Lost,50,soon\n,,,,\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three exports."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("spend.csv", SPEND), ("leads.csv", LEADS), ("deals.csv", DEALS)):
        (tmp_path / name).write_text(text)
    return tmp_path


Call = Any


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command; its exit code, stdout and stderr."""

    def called(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return called


def report(call: Call, *arguments: str) -> str:
    code, out, err = call("report", *arguments, "--no-config", "-f", "json")
    assert code == 0, err
    return str(out)


def refused(call: Call, *arguments: str) -> tuple[int, str]:
    code, out, err = call(*arguments)
    assert out == ""
    assert "fault of funnelkit" not in err
    return code, err


# What is kept is what was read


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[folders.Writing]:
    with folders.Writing(tmp_path_factory.mktemp("samples") / "kept", engines.load("pandas")) as made:
        yield made


def cells(loaded: Loaded) -> dict[str, list[Any]]:
    """The cells of a frame by column, in the order of its rows."""
    found = collect.columns(collect.frame(loaded.frame))
    order = sorted(range(len(found["source_row"])), key=found["source_row"].__getitem__)
    return {name: [column[i] for i in order] for name, column in sorted(found.items())}


FILES = sorted(p for p in SAMPLES.iterdir() if not p.name.endswith(".expected.json"))
REAL = Path(__file__).parents[2] / "shared" / "exports"
"""Real exports of many tools, which do not belong to the project; without them their tests are not there."""
EXPORTS = sorted(
    p for p in REAL.rglob("*") if p.suffix in (".csv", ".tsv", ".txt", ".xlsx") and p.stat().st_size < 2e6
)


@pytest.mark.parametrize("path", [*FILES, *EXPORTS], ids=lambda p: p.name)
def test_a_kept_table_is_what_the_file_gives(path: Path, writing: folders.Writing) -> None:
    one = Input(file=path.name, path=path, settings=FileSettings())
    try:
        loaded = loading.load_one(one, Config(), "UTC", writing.engine)
    except FunnelkitError:
        pytest.skip("this sample is one that is refused")
    presets = reading.presets(Config())
    how = manifest.Reading(
        file=one.file,
        said=one.settings,
        settings=one.settings,
        zone="UTC",
        presets=kept.digest(presets),
        version="",
    )
    entry = writing.table(loaded, how, "", ())
    entry = msgspec.json.decode(msgspec.json.encode(entry), type=manifest.Kept)
    one = msgspec.structs.replace(one, folder=str(next(writing._folder.glob(".funnelkit-*"))), kept=entry)
    for engine in (writing.engine, engines.load("duckdb")):
        back = kept.restored(one, entry, Config(), presets, engine)
        assert cells(back) == cells(loaded)
        for name, value in asdict(loaded).items():
            if name not in ("export", "frame"):
                assert getattr(back, name) == value, name
        for name in ("file", "sha256", "header", "dialect", "sheet", "kind"):
            assert getattr(back.export, name) == getattr(loaded.export, name), name


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_report_of_kept_tables_is_the_same_to_the_last_byte(engine: str, here: Path, call: Call) -> None:
    options = ("--by", "channel", "--grain", "month", "--drop-tests")
    made = write(here, 500, 5)
    files = [str(made.leads), str(made.deals), str(made.ads)]
    wanted = report(call, *files, *options)
    for other in ("pandas", "duckdb"):
        assert call("load", *files, "-o", other, "--engine", other, "--no-config")[0] == 0
        assert report(call, other, "--engine", engine, *options) == wanted


def test_the_numbers_are_those_of_the_files(here: Path, call: Call) -> None:
    made = write(here, 500, 3)
    call("load", str(made.leads), str(made.deals), "-o", "kept", "--no-config")
    found = json.loads(report(call, "kept"))
    leads, deals = pd.read_csv(made.leads, dtype=str), pd.read_csv(made.deals, dtype=str)
    assert found["metrics"]["leads"]["value"] == len(leads)
    assert sorted(source["rows"] for source in found["sources"]) == sorted([len(leads), len(deals)])


def test_numbers_of_sixteen_digits_stay_exact(here: Path, call: Call) -> None:
    (here / "deals.csv").write_text(
        "Deal ID,Status,Amount,Close Date\n1,Won,90071992547409.93,2026-01-20\n2,Won,,2026-01-20\n"
    )
    call("load", "deals.csv", "-o", "kept", "--no-config")
    (seen,) = json.loads(call("inspect", "kept", "--no-config", "-f", "json")[1])["files"]
    assert seen["sums"]["amount"] == "90071992547409.93"


def test_kept_tables_stand_beside_new_files_in_any_order(here: Path, call: Call) -> None:
    call("load", "leads.csv", "deals.csv", "-o", "kept", "--no-config")
    (here / "more.csv").write_text(MORE)
    assert report(call, "kept", "more.csv") == report(call, "leads.csv", "deals.csv", "more.csv")
    assert report(call, "spend.csv", "kept") == report(call, "spend.csv", "leads.csv", "deals.csv")


def test_a_file_that_is_kept_and_named_counts_once(call: Call) -> None:
    call("load", "spend.csv", "-o", "kept", "--no-config")
    assert report(call, "kept", "./spend.csv") == report(call, "spend.csv")


def test_an_export_in_the_folder_itself_is_read_too(here: Path, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    (here / "kept" / "more.csv").write_text(MORE)
    found = json.loads(report(call, "kept"))
    assert [Path(source["file"]).name for source in found["sources"]] == ["leads.csv", "more.csv"]
    assert found["metrics"]["leads"]["value"] == 3


def test_python_keeps_and_loads_too(call: Call) -> None:
    import funnelkit

    funnelkit.keep(["leads.csv", Path("deals.csv")], "kept", no_config=True)
    tables = funnelkit.load(["kept"], no_config=True)
    for name, frame in funnelkit.load(["leads.csv", "deals.csv"], no_config=True).items():
        pd.testing.assert_frame_equal(tables[name].astype(object), frame.astype(object))


def test_inspect_says_of_a_kept_table_what_it_says_of_the_file(call: Call) -> None:
    call("load", "leads.csv", "deals.csv", "-o", "kept", "--no-config")
    answers = [
        call("inspect", *names, "--no-config", "-f", "json")[1]
        for names in (["kept"], ["leads.csv", "deals.csv"])
    ]
    assert answers[0] == answers[1]
    assert '"amount"' in answers[0]


def test_what_was_passed_over_is_told_again(here: Path, call: Call) -> None:
    (here / "exports").mkdir()
    (here / "exports" / "spend.csv").write_text(SPEND)
    (here / "exports" / "notes.txt").write_text("call Ada about the budget\n")
    _, _, said = call("load", "exports", "-o", "kept", "--no-config")
    assert "notes.txt" in said
    assert report(call, "kept") == report(call, "exports")


def test_standard_input_is_kept(here: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, name in (("leads", "leads.csv"), ("deals", "deals.csv")):
        with (here / name).open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            call("load", f"{kind}=-", "-o", "kept", "--no-config")
    found = json.loads(report(call, "kept"))
    assert [(s["file"], s["table"], s["rows"]) for s in found["sources"]] == [
        ("-", "leads", 2),
        ("-", "deals", 3),
    ]


def test_the_folder_may_have_any_name(here: Path, call: Call) -> None:
    call("load", "leads.csv", "deals.csv", "-o", "week's [1]*", "--no-config")
    for engine in ("pandas", "duckdb"):
        assert report(call, "week's [1]*", "--engine", engine) == report(call, "leads.csv", "deals.csv")


# Again


def test_only_what_is_new_or_has_changed_is_read(
    here: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("load", "leads.csv", "deals.csv", "-o", "kept", "--no-config")
    (here / "deals.csv").write_text(DEALS.replace("100.25", "200.25"))
    asked: list[str] = []
    load_one = loading.load_one

    def noted(one: Input, *more: Any) -> Loaded:
        asked.append(one.file)
        return load_one(one, *more)

    monkeypatch.setattr(loading, "load_one", noted)
    code, out, said = call("load", "leads.csv", "deals.csv", "spend.csv", "-o", "kept", "--no-config")
    assert (code, out) == (0, "")
    assert asked == ["deals.csv", "spend.csv"]
    assert said.splitlines()[:3] == [
        "leads.csv: unchanged, not read again",
        "deals.csv: read, since it has changed: deals, 2 of 3 rows used",
        "spend.csv: read: spend, 2 of 2 rows used",
    ]
    assert report(call, "kept") == report(call, "leads.csv", "deals.csv", "spend.csv")
    assert len(list((here / "kept").glob("*.parquet"))) == 3


def test_what_is_not_named_stays_unless_it_is_asked_to_go(here: Path, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    _, _, said = call("load", "spend.csv", "-o", "kept", "--no-config")
    assert said.splitlines()[0] == "leads.csv: not named, stays in the folder"
    assert report(call, "kept") == report(call, "leads.csv", "spend.csv")
    call("load", "spend.csv", "-o", "kept", "--only", "--no-config")
    assert report(call, "kept") == report(call, "spend.csv")
    assert [p.name.partition("-")[0] for p in (here / "kept").glob("*.parquet")] == ["spend"]


def test_a_file_under_another_kind_takes_the_place_of_what_it_was(call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    call("load", "leads=leads.csv", "-o", "kept", "--no-config")
    assert report(call, "kept") == report(call, "leads=leads.csv")


def test_the_reason_is_said_for_which_a_file_is_read_again(
    here: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def why(*options: str) -> str:
        _, _, said = call("load", "leads.csv", "-o", "kept", *options)
        return str(said.splitlines()[0].partition("since ")[2].partition(":")[0])

    assert why() == ""
    assert why("--timezone", "Asia/Tokyo") == "the time zone has changed"
    assert why("--timezone", "Asia/Tokyo", "--date-order", "dmy") == "what is said of it has changed"
    assert why() == "the time zone has changed"
    table = next((here / "kept").glob("*.parquet"))
    table.write_bytes(table.read_bytes()[:-1])
    assert why() == "its table was damaged"
    monkeypatch.setattr(keeping, "__version__", "9.9")
    assert why() == "it was read by funnelkit 0.1.0"
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert why() == "it was read by funnelkit 9.9"
    (here / "funnelkit.yaml").write_text(
        "presets:\n  ours: {tool: Ours, export: leads, table: leads, where: Settings, match: [[Nr]],"
        " columns: {created_at: Day}}\n"
    )
    assert why() == "a preset has changed"


def test_a_refused_file_leaves_the_folder_as_it_was(here: Path, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    before = {p.name: p.read_bytes() for p in (here / "kept").iterdir()}
    (here / "leads.csv").write_text(MORE)
    (here / "bad.csv").write_text("Lead ID,Email,Created Date\n1,a@x.example,03/04/2026\n")
    code, said = refused(call, "load", "leads.csv", "bad.csv", "-o", "kept", "--no-config")
    assert code == 3
    assert "fits two readings" in said
    assert {p.name: p.read_bytes() for p in (here / "kept").iterdir()} == before
    assert refused(call, "load", "bad.csv", "-o", "other", "--no-config")[0] == 3
    assert not (here / "other").exists()


# Stale, gone, damaged


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_file_that_has_changed_since_is_refused(engine: str, here: Path, call: Call) -> None:
    call("load", "leads.csv", "deals.csv", "-o", "kept", "--no-config")
    # Of the same length, and with the time stamp of the old one.
    was = (here / "deals.csv").stat()
    (here / "deals.csv").write_text(DEALS.replace("100.25", "900.25"))
    os.utime(here / "deals.csv", ns=(was.st_atime_ns, was.st_mtime_ns))
    code, said = refused(call, "report", "kept", "--no-config", "--engine", engine)
    assert code == 5
    assert said.splitlines() == [
        "funnelkit: error: deals.csv: has changed since it was loaded into kept",
        "  Run `funnelkit load` again, as before, to read it anew into kept.",
    ]
    call("load", "deals.csv", "-o", "kept", "--no-config")
    assert report(call, "kept") == report(call, "leads.csv", "deals.csv")


def test_a_file_that_was_only_touched_is_not_stale(here: Path, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    os.utime(here / "leads.csv", (1, 1))
    assert report(call, "kept") == report(call, "leads.csv")


def test_a_file_that_is_gone_is_not_needed(here: Path, call: Call) -> None:
    wanted = report(call, "leads.csv", "deals.csv")
    call("load", "leads.csv", "deals.csv", "-o", "kept", "--no-config")
    (here / "leads.csv").unlink()
    (here / "deals.csv").rename(here / "old.csv")
    for engine in ("pandas", "duckdb"):
        assert report(call, "kept", "--engine", engine) == wanted


def test_the_folder_may_be_used_from_anywhere(
    here: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = report(call, "leads.csv")
    call("load", "leads.csv", "-o", "kept", "--no-config")
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    assert report(call, "../kept") == wanted
    (here / "leads.csv").write_text(MORE)
    assert refused(call, "report", "../kept", "--no-config")[0] == 5


def test_an_export_in_an_archive_is_compared_too(here: Path, call: Call) -> None:
    import zipfile

    def pack(text: str) -> None:
        with zipfile.ZipFile(here / "all.zip", "w") as archive:
            archive.writestr("leads.csv", text)
            archive.writestr("spend.csv", SPEND)

    pack(LEADS)
    call("load", "all.zip", "-o", "kept", "--no-config")
    assert report(call, "kept") == report(call, "all.zip")
    pack(LEADS.replace("Referral", "Webinar"))
    code, said = refused(call, "report", "kept", "--no-config")
    assert code == 5
    assert "all.zip/leads.csv: has changed" in said
    assert "spend.csv" not in said


def test_another_version_or_another_description_is_stale_while_the_file_is_there(
    here: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("load", "leads.csv", "-o", "kept")
    (here / "funnelkit.yaml").write_text(
        "sources:\n  - {path: leads.csv, table: leads, columns: {campaign: Source}}\n"
    )
    code, said = refused(call, "report", "kept")
    assert code == 5
    assert "leads.csv: is described in another way than when it was loaded into kept" in said
    (here / "funnelkit.yaml").unlink()
    monkeypatch.setattr(kept, "__version__", "9.9")
    code, said = refused(call, "report", "kept")
    assert code == 5
    assert "was read by funnelkit 0.1.0" in said
    (here / "leads.csv").unlink()
    warnings = json.loads(report(call, "kept"))["warnings"]
    assert ["kept by funnelkit 0.1.0" in w["message"] for w in warnings if w["code"] == "kept_by_other"] == [
        True
    ]


def test_days_of_another_zone_are_refused(call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config", "--timezone", "Asia/Tokyo")
    code, said = refused(call, "report", "kept", "--no-config")
    assert code == 2
    assert "its days are those of Asia/Tokyo" in said
    assert "--timezone Asia/Tokyo" in said
    zone = ("--timezone", "Asia/Tokyo")
    assert report(call, "kept", *zone) == report(call, "leads.csv", *zone)


def test_what_the_files_leave_open_cannot_be_settled_afterwards(here: Path, call: Call) -> None:
    (here / "leads.csv").write_text("Lead ID,Email,Created Date\n1,a@x.example,03/04/2026\n")
    call("load", "leads.csv", "-o", "kept", "--no-config", "--date-order", "dmy")
    assert json.loads(report(call, "kept"))["as_of"] == "2026-04-03"
    assert json.loads(report(call, "kept", "--date-order", "dmy"))["as_of"] == "2026-04-03"
    code, said = refused(call, "report", "kept", "--no-config", "--date-order", "mdy")
    assert code == 2
    assert "loaded without it" in said


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def edited(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [cut, edited, Path.unlink])
@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_damaged_table_is_refused(damage: Any, engine: str, here: Path, call: Call) -> None:
    call("load", "leads.csv", "deals.csv", "-o", "kept", "--no-config")
    (table,) = (here / "kept").glob("leads-*.parquet")
    damage(table)
    code, said = refused(call, "report", "kept", "--no-config", "--engine", engine)
    assert code == 3
    assert f"kept/{table.name}: is damaged, or was changed" in said


def told_otherwise(path: Path) -> None:
    text = path.read_text()
    assert '"rows":2' in text
    path.write_text(text.replace('"rows":2', '"rows":9'))


def foreign(path: Path) -> None:
    path.write_text('{"name": "something else"}')


def no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("damage", [cut, told_otherwise, foreign, no_text])
@pytest.mark.parametrize("command", ["report", "inspect", "load"])
def test_a_damaged_manifest_is_refused(damage: Any, command: str, here: Path, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    damage(here / "kept" / manifest.NAME)
    target = ["leads.csv", "-o", "kept"] if command == "load" else ["kept"]
    code, said = refused(call, command, *target, "--no-config")
    assert code == 3
    assert f"kept/{manifest.NAME}: is damaged, or was changed" in said


def test_a_newer_manifest_is_refused_by_its_number(here: Path, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    path = here / "kept" / manifest.NAME
    path.write_text(path.read_text().replace('"version":1', '"version":2', 1))
    code, said = refused(call, "report", "kept", "--no-config")
    assert code == 3
    assert "newer funnelkit (format 2; this one reads 1)" in said


def test_a_manifest_names_nothing_outside_of_its_folder(here: Path, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    made = manifest.read("kept")
    (entry,) = made.files
    outside = msgspec.structs.replace(entry, parquet="../leads.csv")
    (here / "kept" / manifest.NAME).write_bytes(manifest.encode(manifest.Manifest(files=(outside,))))
    assert refused(call, "report", "kept", "--no-config")[0] == 3


# The folder


def test_only_the_owner_can_read_what_is_kept(here: Path, call: Call) -> None:
    before = os.umask(0)
    try:
        _, _, said = call("load", "leads.csv", "deals.csv", "-o", "a/kept", "--no-config", "-q")
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (here / "a" / "kept").iterdir()}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((here / "a" / "kept").stat().st_mode) == 0o700
    assert said == "wrote a/kept: tables with the personal data of 2 files; only you can read them\n"


def test_a_folder_with_something_else_in_it_is_left_alone(here: Path, call: Call) -> None:
    code, said = refused(call, "load", "leads.csv", "-o", ".", "--no-config")
    assert code == 2
    assert "is not empty, and holds no kept tables" in said
    code, said = refused(call, "load", "leads.csv", "-o", "deals.csv", "--no-config")
    assert code == 2
    assert "is a file and no folder" in said
    assert (here / "deals.csv").read_text() == DEALS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["load", "kept", "-o", "other", "--no-config"], "kept: holds kept tables already"),
        (["init", "kept", "-o", "new.yaml"], "kept: holds kept tables, which are read already"),
        (["report", "leads=kept", "--no-config"], "leads=kept: it holds kept tables, which have their kinds"),
        (
            ["inspect", "kept", "--rejects", "rejects.csv", "--no-config"],
            "kept keeps tables, and not the rows",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_kept_tables_cannot_be_used_for_is_said(arguments: list[str], said: str, call: Call) -> None:
    call("load", "leads.csv", "-o", "kept", "--no-config")
    code, err = refused(call, *arguments)
    assert code == 2
    assert said in err


def test_what_a_killed_load_left_behind_is_removed(here: Path, call: Call) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = here / "kept" / f".funnelkit-{gone.pid}-x"
    left.mkdir(parents=True)
    (left / "table.parquet").write_bytes(b"people")
    running = here / "kept" / f".funnelkit-{os.getpid()}-x"
    running.mkdir()
    assert call("load", "leads.csv", "-o", "kept", "--no-config")[0] == 0
    assert not left.exists()
    assert running.exists()


def test_a_name_that_is_no_text_is_refused(here: Path, call: Call) -> None:
    name = os.fsdecode(b"l\xff.csv")
    try:
        (here / name).write_text(LEADS)
    except OSError:
        pytest.skip("this file system has no such names")
    code, said = refused(call, "load", name, "-o", "kept", "--no-config")
    assert code == 2
    assert "its name is not UTF-8" in said


def test_a_full_disk_is_told_in_a_sentence(here: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    def full(*ignored: object) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr("funnelkit.engines._parquet.write", full)
    code, said = refused(call, "load", "leads.csv", "-o", "kept", "--no-config")
    assert code == 2
    assert "kept: cannot be written: " in said
    assert not (here / "kept").exists()
