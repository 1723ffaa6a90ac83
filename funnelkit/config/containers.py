"""Kinds of values that hold others: lists, mappings with free keys, and records with known ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.config.kinds import Kind
from funnelkit.config.reading import Place, Reading, describe, kind, line, name
from funnelkit.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from yaml import Node

    from funnelkit.config.words import Word


class Several(Struct, frozen=True, kw_only=True):
    """A list. With *single*, one value is short for a list of one."""

    of: Kind
    single: bool = False
    distinct: bool = False

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """A tuple of the entries that could be read."""
        if kind(node) == "seq":
            entries = list(node.value)
        elif self.single and (kind(node) != "map" or isinstance(self.of, Record)):
            entries = [node]
        else:
            return seen.unwanted(node, place, "a list")
        values = []
        for number, entry in enumerate(entries):
            seen.lines[(*place, number)] = line(entry)
            value = self.of.read(entry, (*place, number), seen)
            if self.distinct and value in values:
                seen.note(line(entry), f"{name(place)} has {describe(entry)} twice")
            elif value is not None:
                values.append(value)
        return tuple(values)

    def schema(self) -> dict[str, Any]:
        """An array, or also a single entry."""
        array: dict[str, Any] = {"type": "array", "items": self.of.schema()}
        if self.distinct:
            array["uniqueItems"] = True
        return {"anyOf": [self.of.schema(), array]} if self.single else array


class Keyed(Struct, frozen=True, kw_only=True):
    """A mapping whose keys are names of the same kind, and whose values are of one kind."""

    keys: Word
    of: Kind
    check: Callable[[Any, Place, Reading], None] | None = None

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """A dict in the order of the file."""
        if kind(node) != "map":
            return seen.unwanted(node, place, "a group of keys")
        values = {}
        for key, value in pairs(node, place, seen):
            found = self.of.read(value, (*place, key.value), seen)
            if not self.keys.fits(key):
                message = f"the key {key.value!r} in {name(place)} is not {self.keys.wanted}"
                seen.note(line(key), message, self.keys.hint(key))
            elif found is not None:
                values[key.value] = found
        if self.check:
            self.check(values, place, seen)
        return values

    def schema(self) -> dict[str, Any]:
        """An object with free property names."""
        return {
            "type": "object",
            "propertyNames": self.keys.schema(),
            "additionalProperties": self.of.schema(),
        }


class Field(Struct, frozen=True):
    """One key of a record."""

    kind: Kind
    doc: str
    required: bool = False
    attribute: str = ""
    """What it is called in Python, where that is not the key."""


class Record(Struct, frozen=True, kw_only=True):
    """A mapping with known keys; any other key is an error."""

    fields: Mapping[str, Field]
    short: str = ""
    """A value without keys stands for this key alone."""
    one_of: tuple[str, ...] = ()
    """Exactly one of these keys must be there."""
    check: Callable[[Any, Place, Reading], None] | None = None

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """A dict of the keys that are there, by their Python names."""
        if self.short and kind(node) not in ("map", "seq", "null"):
            field = self.fields[self.short]
            return {field.attribute or self.short: field.kind.read(node, place, seen)}
        if kind(node) != "map":
            return seen.unwanted(node, place, "a group of keys")
        values: dict[str, Any] = {}
        written = []
        for key, value in pairs(node, place, seen):
            written.append(key.value)
            self._one(key, value, place, seen, values)
        self._missing(node, place, seen, written)
        if self.check:
            self.check(values, place, seen)
        return values

    def _one(self, key: Node, value: Node, place: Place, seen: Reading, values: dict[str, Any]) -> None:
        field = self.fields.get(key.value)
        if field is None:
            where = f" in {name(place)}" if place else ""
            seen.note(line(key), f"unknown key {key.value!r}{where}", did_you_mean(key.value, self.fields))
            return
        found = field.kind.read(value, (*place, key.value), seen)
        if found is not None:
            values[field.attribute or key.value] = found

    def _missing(self, node: Node, place: Place, seen: Reading, written: list[str]) -> None:
        for key, field in self.fields.items():
            if field.required and key not in written:
                seen.note(line(node), f"{name(place)} has no key {key!r}", field.doc)
        if self.one_of and len([key for key in self.one_of if key in written]) != 1:
            both = " or ".join(repr(key) for key in self.one_of)
            seen.note(line(node), f"{name(place)} must have either {both}")

    def schema(self) -> dict[str, Any]:
        """An object without further properties."""
        whole: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                key: {**field.kind.schema(), "description": field.doc} for key, field in self.fields.items()
            },
        }
        required = [key for key, field in self.fields.items() if field.required]
        if required:
            whole["required"] = required
        if self.one_of:
            whole["oneOf"] = [{"required": [key]} for key in self.one_of]
        return {"anyOf": [self.fields[self.short].kind.schema(), whole]} if self.short else whole


def pairs(node: Node, place: Place, seen: Reading) -> Iterator[tuple[Node, Node]]:
    """Key and value of each entry of a mapping whose key is plain and stands there for the first time."""
    first: dict[str, int] = {}
    for key, value in node.value:
        if kind(key) in ("seq", "map", "null"):
            seen.note(line(key), f"a key in {name(place)} is {describe(key)}, where a word is needed")
        elif kind(key) == "merge":
            seen.note(line(key), "the key '<<' (merge) is not supported", "Write the merged keys out.")
        elif key.value in first:
            seen.note(
                line(key), f"the key {key.value!r} stands here again; line {first[key.value]} has it too"
            )
        else:
            first[key.value] = line(key)
            seen.lines[(*place, key.value)] = line(key)
            yield key, value
