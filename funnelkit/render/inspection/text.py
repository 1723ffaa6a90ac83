"""An inspection to read: what the file is first, then how each column is read, then what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelkit.inspection import Inspected
from funnelkit.render._text import clean, width
from funnelkit.report import SetAside

_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
_BOLD, _RED, _YELLOW, _END = "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[0m"


def render(seen: Sequence[Inspected], *, color: bool = False) -> bytes:
    """All files, parted by blank lines. Colour marks what somebody has to look at; words say it too."""
    blocks = ["\n".join(_painted(line, style, color) for line, style in _lines(one)) for one in seen]
    return ("\n\n".join(blocks) + "\n").encode()


def _painted(line: str, style: str, color: bool) -> str:
    return f"{style}{line}{_END}" if color and style else line


def _lines(one: Inspected) -> Iterator[tuple[str, str]]:
    yield clean(one.file), _BOLD
    if one.error:
        yield f"  refused: {clean(one.error.message.removeprefix(f'{one.file}: '))}", _RED
        for hint in one.error.hint.splitlines():
            yield f"  {hint.rstrip()}", ""
        return
    yield f"  {_what(one)}", ""
    if one.first_date and one.last_date:
        yield f"  from {one.first_date} to {one.last_date}", ""
    if one.columns:
        yield "", ""
        yield from ((line, "") for line in _table(one))
    facts = [
        ("sums", ", ".join(f"{column} {total}" for column, total in (one.sums or {}).items())),
        ("not read", ", ".join(clean(name) for name in one.unread)),
    ]
    if any(text for _, text in facts):
        yield "", ""
    yield from ((f"  {label}: {text}", "") for label, text in facts if text)
    yield from ((f"  set aside: {_set_aside(aside)}", _YELLOW) for aside in one.set_aside)
    yield from ((f"  lacks {clean(lack)}", "") for lack in one.lacks)
    yield from ((f"  note: {clean(note)}", _YELLOW) for note in one.notes)


def _what(one: Inspected) -> str:
    how = f"preset {one.preset}" if one.preset else "known words"
    rows = (
        f"{one.used:,} of {one.rows:,} rows used" if one.used != one.rows else f"{one.rows:,} rows, all used"
    )
    if one.encoding == "excel":
        written = f"sheet {one.sheet!r}, header in row {one.header_line}"
    else:
        delimiter = _DELIMITERS.get(one.delimiter or "", "no delimiter")
        written = f"{one.encoding}, {delimiter}, header in line {one.header_line}"
    facts = [f"{one.table}, by {how}", rows, written, one.grain and f"one row per {one.grain}", one.currency]
    return " · ".join(fact for fact in facts if fact)


def _table(one: Inspected) -> Iterator[str]:
    rows = [("column", "from", "read as", "evidence")]
    rows += [(c.to, clean(c.source), c.style or "left out", clean(c.evidence)) for c in one.columns]
    widths = [max(width(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        cells = [text + " " * (columns - width(text)) for text, columns in zip(row, widths, strict=False)]
        yield f"  {'  '.join([*cells, row[3]])}".rstrip()


def _set_aside(aside: SetAside) -> str:
    lines = ", ".join(map(str, aside.lines[:5])) + (", ..." if aside.count > 5 else "")
    place = f"line{'s' * (aside.count > 1)} {lines}"
    return f"{aside.count:,} row{'s' * (aside.count > 1)}, {clean(aside.message)} ({place})"
