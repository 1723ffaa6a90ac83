"""Text as a terminal shows it: what is harmless in it, how many columns it takes, where it breaks.

Names come out of files that anybody may have written, so every text passes through `clean` before
it is shown. Widths follow Unicode, because a name in Chinese takes two columns per character.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category, combining, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)"  # other strings for the device
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor movement
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Unseen, and some turn the direction of the text around them: a name must not reorder the numbers beside it.
_UNSEEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LONE = re.compile("[\ud800-\udfff]")
_JOINER = "\u200d"
_AS_EMOJI = "\ufe0f"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_JOINING_JAMO = range(0x1160, 0x1200)


def inert(text: str) -> str:
    r"""*text* without terminal sequences, controls and halves of characters. Line feeds and tabs stay.

    >>> inert("\x1b[31mred\x1b[0m")
    'red'
    """
    # What Python calls printable has none of these; most text is, and this is ten times as fast.
    return text if text.isprintable() else whole(_CONTROLS.sub("", _ESCAPES.sub("", text)))


def whole(text: str) -> str:
    """*text* with a replacement character for each half of a character, which UTF-8 cannot hold."""
    return _LONE.sub("\ufffd", text)


def clean(text: str) -> str:
    r"""*text* as one line that nothing can act on: `inert`, with single spaces for all white space.

    >>> clean("two\nlines \x07")
    'two lines'
    """
    return " ".join(_UNSEEN.sub("", inert(text)).split())


def width(text: str) -> int:
    r"""How many columns of a terminal *text* takes.

    >>> width("abc"), width("日本"), width("e\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(_widths(text))


def wrap(text: str, columns: int) -> list[str]:
    """*text* in lines of at most *columns*. A single word that is longer stays whole.

    >>> wrap("one two three", 8)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in text.split():
        if lines and width(lines[-1]) + 1 + width(word) <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]


def longest_word(text: str) -> int:
    """The width below which *text* cannot be wrapped."""
    return max((width(word) for word in text.split()), default=0)


def _widths(text: str) -> Iterator[int]:
    """The columns that each character adds to those before it."""
    own, joined, flag = 0, False, False
    for character in text:
        code = ord(character)
        if joined or (code in _SKIN_TONES and own == 2):
            added = 0
        elif character == _AS_EMOJI:
            added = 1 if own == 1 else 0
        elif code in _FLAG_LETTERS:
            flag = not flag
            added = 2 if flag else 0
        else:
            added = _alone(character)
        flag = flag and code in _FLAG_LETTERS
        joined = character == _JOINER
        own = added or own
        yield added


def _alone(character: str) -> int:
    if combining(character) or category(character) in ("Mn", "Me", "Cf") or ord(character) in _JOINING_JAMO:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
