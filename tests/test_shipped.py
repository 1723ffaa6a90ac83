"""The indexes of the package's data say what the YAML says. Without this an edit would not be seen, or be slow."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from funnelkit import shipped


@pytest.mark.parametrize(("package", "name"), shipped.INDEXED)
def test_an_index_is_up_to_date(package: str, name: str, request: pytest.FixtureRequest) -> None:
    index, fresh = shipped.index_of(package, name), shipped.fresh(package, name)
    if request.config.getoption("--update"):
        text = json.dumps(fresh, ensure_ascii=False, separators=(",", ":"))
        index.write_text(f"{text}\n", "utf-8", newline="\n")
    assert json.loads(index.read_text("utf-8")) == fresh, "run pytest tests/test_shipped.py --update"


def test_a_stale_index_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "files", lambda package: tmp_path)
    written, index = tmp_path / "words.yaml", tmp_path / "words.json"
    written.write_text("a: 1\n", "utf-8")
    index.write_text(json.dumps(shipped.fresh("x", "words")), "utf-8")
    assert shipped.load("x", "words") == {"a": 1}

    written.write_text("a: 10\n", "utf-8")
    assert shipped.load("x", "words") == {"a": 10}, "another length"

    written.write_text("a: 2\n", "utf-8")
    later = index.stat().st_mtime + 3600
    os.utime(written, (later, later))
    assert shipped.load("x", "words") == {"a": 2}, "the same length, edited later"
