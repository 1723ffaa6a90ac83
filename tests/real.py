"""What the tests of real exports share: where these lie, what a careful analyst reads in each, and what we read.

The files and the truth about them lie beside the project and are not a part of it: where they are
absent the tests that import this are skipped.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from funnelkit.errors import SourceError
from tests.reading import load_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from funnelkit.sources.loaded import Loaded

FOLDER = Path(__file__).parents[2] / "shared" / "exports"
if not FOLDER.is_dir():
    pytest.skip(f"the real exports are not here ({FOLDER})", allow_module_level=True)

ENTRIES: Mapping[str, Mapping[str, Any]] = {
    str(entry["path"]): entry
    for entry in yaml.safe_load((FOLDER / "EXPECTED.yaml").read_text("utf-8"))["files"]
}
"""Path -> the truth about the export."""
_SHOP_ZONE = "America/Los_Angeles"
"""The zone that the time stamps of the Shopify export carry: in it the truth gives its days."""


def accepted(entry: Mapping[str, Any]) -> list[str]:
    """What may come out: the truth, and what a reasonable tool may choose instead."""
    found = [str(answer) for answer in (entry["table"], *entry.get("acceptable_instead", ()))]
    # The truth was written before search terms were a table: it refuses them as sessions, which they are not.
    return [*found, "search"] if entry.get("grain") == "query" else found


@cache
def answer(path: str) -> Loaded | SourceError:
    """The table of an export, or its refusal."""
    zone = _SHOP_ZONE if ENTRIES[path]["tool"] == "Shopify" else "UTC"
    try:
        return load_file(FOLDER / path, zone=zone)
    except SourceError as error:
        return error


def table_of(path: str) -> Loaded:
    """The table of an export; a refusal that the truth allows skips the rest of its tests."""
    found = answer(path)
    if not isinstance(found, SourceError):
        return found
    if any(allowed.startswith("refuse") for allowed in accepted(ENTRIES[path])):
        pytest.skip(f"refused, which is right: {found}")
    raise found
