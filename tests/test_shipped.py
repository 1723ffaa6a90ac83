"""The indexes of the package's data say what the YAML says. Without this an edit would not be seen, or be slow."""

from __future__ import annotations

import json

import pytest

from funnelkit import shipped


@pytest.mark.parametrize(("package", "name"), shipped.INDEXED)
def test_an_index_is_up_to_date(package: str, name: str, request: pytest.FixtureRequest) -> None:
    index, fresh = shipped.index_of(package, name), shipped.fresh(package, name)
    if request.config.getoption("--update"):
        text = json.dumps(fresh, ensure_ascii=False, separators=(",", ":"))
        index.write_text(f"{text}\n", "utf-8", newline="\n")
    assert json.loads(index.read_text("utf-8")) == fresh, "run pytest tests/test_shipped.py --update"


def test_a_stale_index_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    known = shipped.load("funnelkit.metrics", "catalog")
    monkeypatch.setattr(shipped, "digest", lambda texts: "another")
    assert shipped.load("funnelkit.metrics", "catalog") == known
