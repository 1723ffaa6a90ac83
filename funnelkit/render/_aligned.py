"""Plain lists and paragraphs for a terminal: columns aligned while they fit, stacked where they do not.

Off a terminal the width is None: nothing is broken there, and nothing is ever cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelkit.render._text import width as columns_of
from funnelkit.render._text import wrap

_LEAST = 24
"""A last column that would be narrower than this goes below the others."""


def aligned(
    rows: Sequence[Sequence[str]], width: int | None, *, indent: int = 2, least: int | None = None
) -> list[str]:
    """*rows* with their columns below each other, the last one wrapped into what is left of *width*.

    Where less than *least* is left for it, it stands below the others.

    >>> aligned([("a", "one"), ("long", "two")], None)
    ['  a     one', '  long  two']
    """
    first = [max(columns_of(row[i]) for row in rows) for i in range(len(rows[0]) - 1)] if rows else []
    left = indent + sum(first) + 2 * len(first)
    longest = max((columns_of(row[-1]) for row in rows), default=0)
    if width is not None and width - left < (min(_LEAST, longest) if least is None else least):
        return [line for row in rows for line in _stacked(row, first, width, indent)]
    found = []
    for row in rows:
        lines = wrap(row[-1], width - left) if width is not None else [row[-1]]
        found += [f"{' ' * indent}{_padded(row, first)}{lines[0]}".rstrip()]
        found += [f"{' ' * left}{line}" for line in lines[1:]]
    return found


def _padded(row: Sequence[str], sizes: Sequence[int]) -> str:
    return "".join(
        f"{text}{' ' * (size - columns_of(text))}  " for text, size in zip(row, sizes, strict=False)
    )


def _stacked(row: Sequence[str], sizes: Sequence[int], width: int, indent: int) -> Iterator[str]:
    """*row* with its last cell below the others; where not even these fit, as a paragraph."""
    beside = f"{' ' * indent}{_padded(row, sizes)}".rstrip()
    if indent + sum(sizes) + 2 * (len(sizes) - 1) <= width:
        yield beside
        yield from filled(row[-1], width, indent=indent + 4) if row[-1] else ()
    else:
        yield from filled(" · ".join(cell for cell in row if cell), width, indent=indent, hang=4)


def filled(text: str, width: int | None, *, indent: int = 0, hang: int = 0) -> list[str]:
    """*text* as lines of at most *width*, indented, all but the first by *hang* more."""
    if width is None:
        return [f"{' ' * indent}{text}"]
    lines = wrap(text, max(width - indent - hang, 20))
    return [f"{' ' * (indent + (hang if number else 0))}{line}" for number, line in enumerate(lines)]


def cut(text: str, width: int | None) -> str:
    """*text*, on a terminal no longer than one line of *width*.

    >>> cut("one two three", 8)
    'one two…'
    """
    if width is None or columns_of(text) <= width:
        return text
    kept = text[: width - 1]
    while columns_of(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…"
