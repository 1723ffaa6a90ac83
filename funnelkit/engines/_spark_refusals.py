"""Why Spark does not open an address, as one sentence: no file system of that kind, nobody who answers, nothing there.

Part of the Spark engine.
"""

from __future__ import annotations

import re

from pyspark.errors import AnalysisException

from funnelkit.errors import FunnelkitError, MissingInputError, SourceError, UsageError, of_java

_UNKNOWN = re.compile(r"ClassNotFoundException: Class (\S+) not found|No FileSystem for scheme")
"""What Hadoop says where it lacks the code for a file system."""
_PACKAGES = {
    "s3a": "org.apache.hadoop:hadoop-aws",
    "abfs": "org.apache.hadoop:hadoop-azure",
    "abfss": "org.apache.hadoop:hadoop-azure",
    "gs": "com.google.cloud.bigdataoss:gcs-connector",
}
"""Where the code for an object store is to be had."""


def refused(address: str, error: Exception) -> FunnelkitError:
    """What is told of *error*, which Spark has raised at *address*: UsageError, MissingInputError or SourceError."""
    said = of_java(error)[:200]
    if _UNKNOWN.search(str(error)):
        return _unknown(address)
    if isinstance(error, AnalysisException):
        return MissingInputError(f"{address}: Spark finds nothing there: {said}", hint="Check it.")
    return SourceError(
        f"{address}: Spark cannot open it: {said}",
        hint="Check the address, that the store can be reached from where Spark runs, and `spark: options:` in funnelkit.yaml.",
        code="unreachable",
    )


def _unknown(address: str) -> UsageError:
    scheme = address.partition(":")[0].lower()
    package = _PACKAGES.get(scheme, "GROUP:ARTIFACT")
    return UsageError(
        f"{address}: Spark has no file system for {scheme}:// here",
        hint=f"Name the package that has it in funnelkit.yaml, `spark: {{options: {{spark.jars.packages: {package}:VERSION}}}}`; "
        "a server of Spark Connect must be started with it.",
    )
