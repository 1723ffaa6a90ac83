"""The JSON Schemas of what goes in and what comes out, by name."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from funnelkit.errors import UsageError, did_you_mean

NAMES = ("report", "inspect", "config")


def schema(name: str) -> dict[str, Any]:
    """The schema (draft 2020-12) of ``report``, ``inspect`` or ``config``."""
    if name not in NAMES:
        raise UsageError(f"there is no schema {name!r}", hint=did_you_mean(name, NAMES))
    if name == "config":
        from funnelkit.config import config_schema

        return config_schema()
    text = (files("funnelkit.render") / "schema" / f"{name}.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
