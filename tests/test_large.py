"""The large made-up company, the answers to it by hand, and the measuring of processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks import large
from tests.benchmarks.agreement import differences
from tests.benchmarks.big import BY_HAND, Sized
from tests.benchmarks.pair import Pair, measure
from tests.benchmarks.process import FailedError, once

HOLD = "import time; held = bytearray(100_000_000); held[::4096] = held[::4096]; time.sleep(0.4)"
WITH_CHILD = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {HOLD!r}]); {HOLD}; child.wait()"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Sized:
    made = Sized(0.003, tmp_path_factory.mktemp("large"))
    made.write()
    return made


def test_the_large_company_is_the_same_each_time(company: Sized, tmp_path: Path) -> None:
    again = large.write(tmp_path, company.leads)
    for path in (again.leads, again.deals, again.ads):
        assert path.read_bytes() == (company.files / path.name).read_bytes()
    assert again.leads.read_text("utf-8").count("\n") == 1 + 3_000


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_report_and_sql_by_hand_say_the_same(company: Sized, engine: str) -> None:
    assert differences([*company.report(), "--engine", engine], company.files, BY_HAND) == []


def test_an_answer_to_another_question_is_seen(company: Sized) -> None:
    assert differences([*company.report(), "--where", "country!=DE"], company.files, BY_HAND)


def test_memory_is_that_of_a_process_and_its_children() -> None:
    assert once([sys.executable, "-c", HOLD]).peak_mb > 100
    assert once([sys.executable, "-c", WITH_CHILD]).peak_mb > 200


def test_limits_of_time_and_memory_are_held() -> None:
    slow, quick = [sys.executable, "-c", HOLD], [sys.executable, "-c", ""]
    assert measure(Pair("", slow, quick, at_most=1.5, at_most_mb=90), 1).verdict == "TOO SLOW, TOO LARGE"
    assert measure(Pair("", quick, slow, at_most=0.9, at_most_mb=100_000), 1).verdict == "ok"


def test_a_command_that_fails_is_no_measure() -> None:
    failing = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    assert measure(Pair("", failing), 1).verdict == "FAILED: exit 1: no such thing"
    with pytest.raises(FailedError):
        once(failing)
