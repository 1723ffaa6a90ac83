"""The JSON Schemas of what goes in and what comes out, by name."""

from __future__ import annotations

from typing import Any

from funnelkit.errors import UsageError, did_you_mean

NAMES = ("report", "study", "inspect", "config")


def schema(name: str) -> dict[str, Any]:
    """The schema (draft 2020-12) of ``report``, ``study``, ``inspect`` or ``config``."""
    if name not in NAMES:
        raise UsageError(f"there is no schema {name!r}", hint=did_you_mean(name, NAMES))
    if name == "config":
        from funnelkit.config import config_schema

        return config_schema()
    from funnelkit.render.schema import read

    return read(name)
