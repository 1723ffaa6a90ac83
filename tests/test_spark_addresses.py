"""What only Spark can open, by its address: the numbers of pandas, or a sentence that says what to do.

``viewfs`` stands for a store: a file system of Hadoop with a scheme of its own, set up by options of Spark alone.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from funnelkit import engines
from funnelkit.errors import MissingInputError, SourceError, UsageError
from funnelkit.pipeline import keeping
from funnelkit.pipeline.options import Options
from tests import on_spark
from tests.company import write
from tests.on_spark import HEAD, QUICK, ROWS, reported

pytestmark = on_spark.QUIET
STORE = "viewfs://store/exports"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the store keeps its files."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[Any]:
    """An engine whose Spark knows the store by the options of funnelkit.yaml."""
    link = {"spark.hadoop.fs.viewfs.mounttable.store.link./exports": f"file://{folder}"}
    made = engines.load("spark", spark={"master": "local[2]", "options": {**QUICK, **link}})
    yield made
    made.close()


@pytest.fixture(scope="module")
def spark(engine: Any) -> Any:
    """Its session, in which all reports are made."""
    return engine._session.spark


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_in_a_store_is_one_export(kind: str, spark: Any, folder: Path, tmp_path: Path) -> None:
    made = write(tmp_path, 300, 4)
    frame = spark.read.csv(str(made.leads), header=True).repartition(3)
    address = f"{STORE}/{kind}"
    if kind == "csv":
        frame.write.csv(f"file://{folder}/csv", header=True, escape='"', nullValue="", emptyValue="")
    else:
        rows = frame.selectExpr("*", "CAST(1.5 AS DOUBLE) AS score", "array(1) AS several")
        rows.write.parquet(f"file://{folder}/parquet")
    options = {"by": ["channel"], "metrics": ["cpl", "win_rate"]}
    got = json.loads(reported([address, made.deals, made.ads], "spark", **options))
    want = json.loads(reported([made.leads, made.deals, made.ads], "pandas", **options))
    source, told = got["sources"][0], want["sources"][0]
    assert (source["file"], source["sha256"]) == (address, None)
    assert (source["rows"], source["used"]) == (told["rows"], told["used"])
    # Nobody knows lines there.
    assert [(s["reason"], s["count"], s["lines"]) for s in source["set_aside"]] == [
        (s["reason"], s["count"], []) for s in told["set_aside"]
    ]
    for one in (got, want):
        del one["sources"], one["warnings"]
    assert got == want


def test_a_file_in_a_store_is_an_export(spark: Any, folder: Path) -> None:
    (folder / "leads.csv").write_text(HEAD + ROWS, "utf-8")
    got, want = (
        json.loads(reported([file], engine, metrics=["leads"]))
        for file, engine in ((f"{STORE}/leads.csv", "spark"), (folder / "leads.csv", "pandas"))
    )
    assert got["metrics"]["leads"] == want["metrics"]["leads"]
    assert got["metrics"]["leads"]["value"] == 60


def test_parts_that_are_not_alike_are_refused(spark: Any, tmp_path: Path) -> None:
    folder = tmp_path / "leads"
    folder.mkdir()
    (folder / "a.csv").write_text(HEAD + ROWS + ROWS, "utf-8")
    (folder / "b.csv").write_text(
        "Company,Lead ID,Created Date,Lead Source\nAcme,L1,2026-01-01,web\n", "utf-8"
    )
    with pytest.raises(SourceError, match="1 of 2 files do not begin with the header of the others"):
        reported([f"file://{folder}"], "spark")


def test_only_spark_opens_addresses() -> None:
    with pytest.raises(UsageError, match="only Spark opens addresses"):
        reported(["s3a://bucket/leads"], "pandas")


def test_an_address_is_no_name_of_a_file_here(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Under the same name there are an export and a folder of kept tables.
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "nostore:" / "bucket" / "leads.csv"
    own.parent.mkdir(parents=True)
    own.write_text(HEAD + ROWS, "utf-8")
    keeping.keep([str(own)], tmp_path / "nostore:" / "kept", Options(no_config=True))
    for named in ("bucket/leads.csv", "bucket/*.csv", "bucket", "kept"):
        with pytest.raises(UsageError) as refused:
            reported([f"nostore://{named}"], "spark")
        assert str(refused.value) == f"nostore://{named}: Spark has no file system for nostore:// here"


@pytest.mark.parametrize("address", ["file:///nothing/here", f"{STORE}/nothing"])
def test_an_address_without_files_is_told(address: str, spark: Any) -> None:
    with pytest.raises(MissingInputError, match=f"{address}: Spark finds nothing there"):
        reported([address], "spark")


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("s3a://bucket/leads", "spark.jars.packages: org.apache.hadoop:hadoop-aws:VERSION"),
        ("gs://bucket/leads", "spark.jars.packages: com.google.cloud.bigdataoss:gcs-connector:VERSION"),
        ("nostore://bucket/leads", "spark.jars.packages: GROUP:ARTIFACT:VERSION"),
    ],
)
def test_a_store_that_spark_does_not_know_is_told(address: str, remedy: str, spark: Any) -> None:
    with pytest.raises(UsageError) as refused:
        reported([f"leads={address}"], "spark")
    scheme = address.partition(":")[0]
    assert str(refused.value) == f"{address}: Spark has no file system for {scheme}:// here"
    assert remedy in (refused.value.hint or "")


def test_a_host_that_does_not_answer_is_told_soon(spark: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"hdfs://127.0.0.1:{free.getsockname()[1]}/leads"
        began = time.monotonic()
        with pytest.raises(SourceError, match=r"Spark cannot open it: .*Connection refused"):
            reported([address], "spark")
    assert time.monotonic() - began < 120


def test_a_host_that_nobody_knows_is_told(spark: Any) -> None:
    with pytest.raises(SourceError, match=r"cannot open it: .*UnknownHostException: nowhere\.invalid"):
        reported(["hdfs://nowhere.invalid:9000/leads"], "spark")


def test_what_lies_at_an_address_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nobody could tell later whether it has changed"):
        keeping.keep(["s3a://bucket/leads"], tmp_path / "kept", Options(engine="spark", no_config=True))
    assert not (tmp_path / "kept").exists()
