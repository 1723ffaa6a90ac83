"""Kinds of single values that are not text: numbers, booleans, and what a column is compared with.

YAML knows octal and sexagesimal numbers, ``1_000`` and ``yes``; nobody means the first three here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.config.kinds import QUOTES, SCALARS, TEXTS
from funnelkit.config.reading import Place, Reading, kind

if TYPE_CHECKING:
    from yaml import Node

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"[0-9]*\.?[0-9]+")
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Whole(Struct, frozen=True, kw_only=True):
    """A whole number from *low* to *high*."""

    low: int
    high: int

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The number."""
        if kind(node) == "int" and _WHOLE.fullmatch(node.value) and self.low <= int(node.value) <= self.high:
            return int(node.value)
        odd = kind(node) == "int" and not _WHOLE.fullmatch(node.value)
        hint = "Write plain digits, without a zero in front." if odd else ""
        return seen.unwanted(node, place, f"a whole number from {self.low} to {self.high}", hint)

    def schema(self) -> dict[str, Any]:
        """An integer with its limits."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class Share(Struct, frozen=True, kw_only=True):
    """A number above 0 and at most 1, exactly as it is written."""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The share as a Decimal."""
        plain = kind(node) in ("int", "float") and _DECIMAL.fullmatch(node.value)
        if plain and 0 < Decimal(node.value) <= 1:
            return Decimal(node.value)
        return seen.unwanted(node, place, "a number above 0 and at most 1", "72 % is written 0.72.")

    def schema(self) -> dict[str, Any]:
        """A number with its limits."""
        return {"type": "number", "exclusiveMinimum": 0, "maximum": 1}


class Figure(Struct, frozen=True, kw_only=True):
    """A number, or with a percent sign a hundredth of one; exactly as it is written."""

    low: Decimal | None = None

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The number as a Decimal."""
        found = _FIGURE.fullmatch(node.value.strip()) if kind(node) in _WRITTEN else None
        if found:
            value = Decimal(found[1]) / (100 if found[2] else 1)
            if self.low is None or value >= self.low:
                return value
        wanted = "a number" if self.low is None else f"a number from {self.low} on"
        return seen.unwanted(
            node, place, wanted, "Write digits with a point, no separators: 120000, 50, 0.12 or 12 %."
        )

    def schema(self) -> dict[str, Any]:
        """A number, or text of one."""
        return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _FIGURE.pattern}]}


_FIGURE = re.compile(r"^(-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+))( ?%)?$")
_WRITTEN = ("int", "float", "str")


class Flag(Struct, frozen=True, kw_only=True):
    """True or false; only true where false would say nothing."""

    only_true: bool = False

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The boolean."""
        value = _BOOLEANS.get(node.value.lower()) if kind(node) == "bool" else None
        if value is None or (self.only_true and not value):
            return seen.unwanted(node, place, "true" if self.only_true else "true or false")
        return value

    def schema(self) -> dict[str, Any]:
        """A boolean, or the constant."""
        return {"const": True} if self.only_true else {"type": "boolean"}


class Value(Struct, frozen=True, kw_only=True):
    """What a column is compared with: text, a whole number, true or false."""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The value in its type; ``NO`` or ``on`` could be a word or a boolean, so neither is taken."""
        if kind(node) == "bool" and node.value.lower() in ("true", "false"):
            return node.value.lower() == "true"
        if kind(node) == "int" and _WHOLE.fullmatch(node.value):
            return int(node.value)
        if kind(node) in TEXTS:
            return node.value
        hint = QUOTES if kind(node) in SCALARS else ""
        return seen.unwanted(node, place, "text, a whole number, true or false", hint)

    def schema(self) -> dict[str, Any]:
        """A string, an integer or a boolean."""
        return {"type": ["string", "integer", "boolean"]}
