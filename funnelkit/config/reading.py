"""What gathers while a file is read: its problems, and the line of every key.

A reader that meets something wrong notes it and returns None, which no value is; so one run tells
everything that is wrong with a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from funnelkit.config.model import nearest_line
from funnelkit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from yaml import Node

Place = tuple[str | int, ...]
"""The keys and entry numbers from the top of the file to a value."""

_TAG = "tag:yaml.org,2002:"
_SHOWN = 60
"""Longer text is cut in a message."""


class Reading(Struct, frozen=True, kw_only=True):
    """One file being read."""

    path: Path
    problems: list[tuple[int, ConfigError]] = field(default_factory=list)
    """Each with its line."""
    lines: dict[Place, int] = field(default_factory=dict)

    def note(self, line: int, message: str, hint: str = "") -> None:
        """Note a problem on *line*."""
        self.problems.append((line, ConfigError(f"{self.path}:{line}: {message}", hint=hint)))

    def note_at(self, place: Place, message: str, hint: str = "") -> None:
        """Note a problem with the value at *place*, once it has been read."""
        self.note(nearest_line(self.lines, place), message, hint)

    def unwanted(self, node: Node, place: Place, wanted: str, hint: str = "") -> None:
        """Note that *node* is not the *wanted* thing, and say what it is."""
        if kind(node) == "null":
            found, hint = "has no value", hint or "Write one, or delete the key."
        else:
            found = f"is {describe(node)}"
        self.note(line(node), f"{name(place)} {found}, where {wanted} is needed", hint)


def kind(node: Node) -> str:
    """What YAML takes *node* for: str, int, float, bool, null, timestamp, seq, map, or a tag of its own."""
    return str(node.tag).removeprefix(_TAG)


def line(node: Node) -> int:
    """The line on which *node* starts, counted from 1."""
    return int(node.start_mark.line) + 1


def name(place: Place) -> str:
    """How messages call a place; the line says which entry of a list is meant."""
    keys = (key if key.isprintable() else ascii(key) for key in place if isinstance(key, str))
    return ".".join(keys) or "the file"


def describe(node: Node) -> str:
    """What was read, in words; YAML sees booleans and dates where people do not."""
    if kind(node) == "bool" and node.value.lower() not in ("true", "false"):
        return f"{node.value!r}, which YAML takes for a boolean"
    if kind(node) in _PLAIN:
        text = node.value if len(node.value) <= _SHOWN else node.value[:_SHOWN] + "…"
        return _PLAIN[kind(node)].format(text)
    if kind(node) in _NESTED:
        return _NESTED[kind(node)]
    return f"marked {kind(node)!r}"


_PLAIN = {
    "str": "the text {!r}",
    "int": "the number {}",
    "float": "the number {}",
    "bool": "the boolean {}",
    "timestamp": "the date {}",
}
_NESTED = {"seq": "a list", "map": "a group of keys", "null": "empty"}
