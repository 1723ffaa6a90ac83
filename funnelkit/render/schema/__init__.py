"""The JSON Schemas of what the package writes, one file each, draft 2020-12."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

_SHARED = (
    "day",
    "count",
    "number",
    "interval",
    "period",
    "cell",
    "mature",
    "projected",
    "change",
    "target",
    "source",
    "warning",
)
"""What a study shows as the report does."""


def read(name: str = "report") -> dict[str, Any]:
    """The schema in ``NAME.schema.json``; that of a study with what it has in common with the report."""
    text = files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    if name == "study":
        shared, own = read()["$defs"], schema["$defs"]
        beside: dict[str, Any] = {
            key: {"$ref": f"#/$defs/{key}"} for key in ("young", "few", "verdict", "uncalled")
        }
        cell = shared["cell"]["properties"]
        # A difference of two ratios is in points, which nothing in a report is.
        beside["unit"] = {"enum": [*cell["unit"]["enum"], "points"]}
        entry = shared["cell"] | {"properties": cell | beside}
        schema["$defs"] = own | {"entry": entry} | {key: shared[key] for key in _SHARED}
    return schema
