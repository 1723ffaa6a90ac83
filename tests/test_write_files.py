"""Writing reports: without these tests a full disk or an interrupt could leave half a report behind."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from funnelkit.errors import OutputError
from funnelkit.render.files import write

ROOT = Path(__file__).parents[1]


def failing(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fail


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_new_and_old_files_get_exactly_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_bytes(b"old")
    write({tmp_path / "old.md": b"new \xe2\x82\xac\n", tmp_path / "more.csv": b"a,b\n"})
    assert contents(tmp_path) == {"old.md": b"new \xe2\x82\xac\n", "more.csv": b"a,b\n"}


@pytest.mark.parametrize(
    ("number", "said", "hint"),
    [
        (errno.ENOSPC, "the disk is full", "Free some space"),
        (errno.EACCES, "no permission", "Choose a folder"),
        (errno.EIO, "Input/output error", "another place"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_leaves_the_old_files_and_nothing_else(
    call: str, number: int, said: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old.md").write_bytes(b"old")
    monkeypatch.setattr(os, call, failing(OSError(number, os.strerror(number))))
    with pytest.raises(OutputError, match=said) as raised:
        write({tmp_path / "old.md": b"new", tmp_path / "more.csv": b"a,b\n"})
    assert hint in raised.value.hint
    assert "old.md" in str(raised.value)
    assert contents(tmp_path) == {"old.md": b"old"}


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_an_interrupt_leaves_the_old_files_and_nothing_else(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old.md").write_bytes(b"old")
    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            write({tmp_path / "old.md": b"new"})
    assert contents(tmp_path) == {"old.md": b"old"}


def test_one_bad_output_keeps_all_others_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_bytes(b"old")
    with pytest.raises(OutputError, match="the folder does not exist") as raised:
        write({tmp_path / "old.md": b"new", tmp_path / "nowhere" / "a.md": b"new"})
    assert "nowhere" in str(raised.value)
    assert contents(tmp_path) == {"old.md": b"old"}


@pytest.mark.parametrize("name", ["folder", "file.md/a.md"])
def test_a_folder_is_no_file_and_a_file_no_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.md").write_bytes(b"old")
    with pytest.raises(OutputError, match=r"this is a folder|the folder does not exist"):
        write({tmp_path / name: b"new"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.md", "folder"]


def test_a_folder_without_permission_is_an_error_with_a_hint(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="no permission"):
        write({tmp_path / "a.md": b"new"})


def test_permissions_of_the_old_file_stay_and_a_new_file_has_the_usual_ones(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_bytes(b"old")
    (tmp_path / "old.md").chmod(0o640)
    mask = os.umask(0o022)
    try:
        write({tmp_path / "old.md": b"new", tmp_path / "new.md": b"new"})
    finally:
        os.umask(mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"old.md": 0o640, "new.md": 0o644}


def test_a_link_stays_a_link_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_bytes(b"old")
    (tmp_path / "link.md").symlink_to("real.md")
    write({tmp_path / "link.md": b"new"})
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_bytes() == b"new"


def test_two_names_of_one_file_leave_no_third(tmp_path: Path) -> None:
    (tmp_path / "link.md").symlink_to("real.md")
    write({tmp_path / "real.md": b"first", tmp_path / "link.md": b"second"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.md", "real.md"]
    assert (tmp_path / "real.md").read_bytes() == b"second"


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    name = "n" * 252 + ".md"
    write({tmp_path / name: b"new"})
    assert contents(tmp_path) == {name: b"new"}


def test_a_pipe_is_written_to_and_not_replaced() -> None:
    code = "from pathlib import Path; from funnelkit.render.files import write; write({Path('/dev/stdout'): b'x'})"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert run.stdout == b"x"
