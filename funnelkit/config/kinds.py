"""What every kind of value can do: read a value, and give its JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from yaml import Node

    from funnelkit.config.reading import Place, Reading

TEXTS = ("str", "timestamp")
"""What YAML calls the values that a person sees as text."""
SCALARS = (*TEXTS, "int", "float", "bool")
QUOTES = "Put it in quotes if it is meant as text."


class Kind(Protocol):
    """A kind of value."""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The value of *node*; None where it is not of this kind, which is noted in *seen*."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of such values, draft 2020-12."""
