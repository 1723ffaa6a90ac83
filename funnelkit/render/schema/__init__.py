"""The JSON Schemas of what the package writes, one file each, draft 2020-12."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def read(name: str = "report") -> dict[str, Any]:
    """The schema in ``NAME.schema.json``."""
    text = files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
