"""Presets of the user's own: a folder of them, or each under its name in funnelkit.yaml itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.config.containers import pairs
from funnelkit.config.reading import Place, Reading, describe, kind, line, name
from funnelkit.config.words import File

if TYPE_CHECKING:
    from yaml import Node


class Presets(Struct, frozen=True, kw_only=True):
    """The path of a folder, or a mapping from names to presets. What a preset may say is checked when it is read."""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The absolute path, or the presets as plain values."""
        if kind(node) != "map":
            return File().read(node, place, seen)
        found = {}
        for key, value in pairs(node, place, seen):
            if kind(value) == "map":
                found[key.value] = _plain(value, (*place, key.value), seen)
            else:
                what = f"{name((*place, key.value))} is {describe(value)}, where a preset is needed"
                seen.note(line(value), what, "It has the keys tool, export, table, where, match and columns.")
        return found

    def schema(self) -> dict[str, Any]:
        """A string, or an object of objects."""
        return {"anyOf": [File().schema(), {"type": "object", "additionalProperties": {"type": "object"}}]}


def _plain(node: Node, place: Place, seen: Reading) -> Any:
    """The value that *node* stands for: texts, numbers, booleans, lists and mappings of these; nothing executes."""
    import yaml

    try:
        return yaml.SafeLoader("").construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        return seen.note(line(node), f"{name(place)} holds what no preset has: {reason}")
