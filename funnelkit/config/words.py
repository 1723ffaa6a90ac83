"""Kinds of text: free, one of a few words, a path.

Text is taken as it stands in the file, not as YAML reads it: a country ``NO`` never turns into
"false", nor the word ``007`` into 7.
"""

from __future__ import annotations

import re
from glob import escape
from os.path import abspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from funnelkit.config.kinds import QUOTES, SCALARS, TEXTS
from funnelkit.config.reading import Place, Reading, kind, line, name
from funnelkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from yaml import Node

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class Word(Struct, frozen=True, kw_only=True):
    """Something written without structure, which may be a key too."""

    wanted: str = "text"

    def fits(self, node: Node) -> bool:
        """Whether *node* is of this kind."""
        raise NotImplementedError

    def hint(self, node: Node) -> str:
        """What to do about a *node* that does not fit."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of such words, draft 2020-12."""
        raise NotImplementedError

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The word as it stands in the file."""
        return node.value if self.fits(node) else seen.unwanted(node, place, self.wanted, self.hint(node))


class Choice(Word, frozen=True, kw_only=True):
    """One of a few words."""

    words: Collection[str]

    def fits(self, node: Node) -> bool:
        """Whether it is one of the words."""
        return kind(node) == "str" and node.value in self.words

    def hint(self, node: Node) -> str:
        """The words that are close, or all."""
        return did_you_mean(node.value, self.words) if kind(node) in SCALARS else ""

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.words)}


class Text(Word, frozen=True, kw_only=True):
    """Text. *loose* takes also what YAML sees as a number or boolean, as it is written."""

    loose: bool = False
    pattern: str = ""
    check: Callable[[str], object] | None = None
    """Raises UsageError for text that cannot be meant."""

    def fits(self, node: Node) -> bool:
        """Whether it is text of the right form."""
        if kind(node) not in (SCALARS if self.loose else TEXTS) or not node.value:
            return False
        return not self.pattern or bool(re.fullmatch(self.pattern, node.value))

    def hint(self, node: Node) -> str:
        """Quotes make text of anything."""
        return QUOTES if kind(node) in SCALARS and kind(node) not in TEXTS else ""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The text, once it has passed the check."""
        text = super().read(node, place, seen)
        try:
            if self.check and text is not None:
                self.check(text)
        except UsageError as error:
            return seen.note(line(node), f"{name(place)}: {error}", error.hint)
        return text

    def schema(self) -> dict[str, Any]:
        """A string; a number or boolean too where it is taken as it is written."""
        types: dict[str, Any] = {"type": ["string", "number", "boolean"] if self.loose else "string"}
        return {**types, "pattern": self.pattern} if self.pattern else {**types, "minLength": 1}


class File(Text, frozen=True, kw_only=True):
    """The path of a file or folder, relative to the configuration; read as an absolute one."""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The absolute path."""
        text = super().read(node, place, seen)
        return None if text is None else Path(abspath(seen.path.parent / text))


class Pattern(Text, frozen=True, kw_only=True):
    """A glob pattern, relative to the configuration; addresses such as ``s3://`` stay as they are."""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """The absolute pattern."""
        text = super().read(node, place, seen)
        if text is None or _SCHEME.match(text):
            return text
        # A folder called "exports [old]" is a name, not a pattern.
        return abspath(Path(escape(abspath(seen.path.parent))) / text)
