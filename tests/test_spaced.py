"""Tables whose columns blanks part: read with their own lines, on every engine alike; no text of words is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

import funnelkit
from funnelkit.errors import SourceError
from funnelkit.sources.files.spaced import is_spaced
from tests.reading import SAMPLES


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_blanks_part_columns_with_and_without_a_header(engine: str) -> None:
    tables = funnelkit.load([SAMPLES / "cdnow_master.txt"], engine=engine, no_config=True)
    found = tables["payments"]
    assert found["customer_id"].tolist() == ["00001", "00002", "00002", "00010"]
    assert [str(amount) for amount in found["amount"]] == ["29.33", "0.00", "104.50", "11.77"]
    assert [str(day)[:10] for day in found["paid_at"]] == [
        "1997-01-03",
        "1997-01-03",
        "1997-02-11",
        "1998-06-30",
    ]
    bare = funnelkit.load([SAMPLES / "cdnow_sample.txt"], engine=engine, no_config=True)["payments"]
    assert bare["customer_id"].tolist() == ["0001", "0001", "0002"]


@pytest.mark.parametrize(
    "text",
    [
        "to be or not\nto be that is\n",
        "one 2 3\none 2\n",
        "a,b c,d 1 2\n1 2 3 4\n",
        "1 2 3\n",
        "1 2\n3 4\n",
    ],
)
def test_what_only_has_blanks_in_it_is_no_such_table(text: str) -> None:
    assert not is_spaced(text)


def test_a_header_that_nobody_knows_is_refused_with_its_names(tmp_path: Path) -> None:
    path = tmp_path / "readings.txt"
    path.write_text("when   depth  salt\n 20260101  12.5   3.1\n 20260102  13.0   3.2\n")
    with pytest.raises(SourceError, match="its header reads: when, depth, salt"):
        funnelkit.load([path], no_config=True)
