"""Whether the words that somebody searched name a brand, however these are spelt.

Capitals, accents and punctuation do not count. A brand is found as whole words, and written in one or parted in
other places: "go pro" is GoPro. A part of a word is not a brand, but in scripts that part no words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from msgspec import Struct

_WORD = re.compile(r"[^\W_]+")
_UNPARTED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, which are written without blanks."""
_LEAST = 4
"""A brand of fewer letters is taken as it is written: parted or joined, "H&M" and "1&1" are other things."""


class _Brand(Struct, frozen=True):
    """One way in which a brand is written."""

    words: tuple[str, ...]
    joined: str
    inside: bool
    """Whether it may stand within a word."""
    elastic: bool
    """Whether its words may be joined, or parted in other places."""

    def is_in(self, words: Sequence[str]) -> bool:
        """Whether *words* name it."""
        if self.inside:
            return self.joined in "".join(words)
        if self.elastic:
            return any(self._begins(words[place:]) for place in range(len(words)))
        return any(tuple(words[n : n + len(self.words)]) == self.words for n in range(len(words)))

    def _begins(self, words: Sequence[str]) -> bool:
        """Whether the first of *words*, joined, are it."""
        rest = self.joined
        for word in words:
            if not rest.startswith(word):
                return False
            rest = rest.removeprefix(word)
            if not rest:
                return True
        return False


def words(text: str) -> tuple[str, ...]:
    """The words of *text* without capitals, accents and punctuation.

    >>> words("ACME-Töols' café"), words("μοσχοπουλοσ") == words("ΜΟΣΧΌΠΟΥΛΟΣ")
    (('acme', 'tools', 'cafe'), True)
    """
    parts = unicodedata.normalize("NFKD", text.casefold().replace("\u02bc", "'"))
    plain = "".join(c for c in parts if not unicodedata.combining(c))
    return tuple(_WORD.findall(plain.casefold()))


def finder(brands: Sequence[str]) -> Callable[[str], bool]:
    """Whether a search term names one of *brands*.

    >>> is_branded = finder(["Acme Tools"])
    >>> [is_branded(t) for t in ("acmetools.com login", "ACME  tools", "acm etools", "acme", "macme tools", "acme toolsmith")]
    [True, True, True, False, False, False]
    """
    known = tuple(map(_brand, brands))

    def found(term: str) -> bool:
        parts = words(term)
        return any(brand.is_in(parts) for brand in known)

    return found


def _brand(text: str) -> _Brand:
    parts = words(text)
    joined = "".join(parts)
    return _Brand(
        words=parts,
        joined=joined,
        inside=bool(_UNPARTED.search(joined)),
        elastic=len(joined) >= _LEAST and not joined.isdigit(),
    )
