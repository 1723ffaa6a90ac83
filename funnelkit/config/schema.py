"""The JSON Schema of funnelkit.yaml, for editors. It says what the declaration of the keys says."""

from __future__ import annotations

from typing import Any


def config_schema() -> dict[str, Any]:
    """The JSON Schema, draft 2020-12."""
    from funnelkit.config.keys import FILE

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "funnelkit.yaml",
        "description": "The configuration of funnelkit. Everything is optional.",
        **FILE.schema(),
    }
