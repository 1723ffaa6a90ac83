"""An inspection to read: what the file is, then what is wrong with it, then how each column is read.

Off a terminal no line is broken and nothing is left out. Colour marks what somebody has to look at; words say it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelkit.inspection import Inspected, Lack, Unreadable
from funnelkit.listing import some
from funnelkit.render._aligned import aligned, cut, filled
from funnelkit.render._text import clean
from funnelkit.reports import SetAside
from funnelkit.tables import TABLES

_DELIMITERS = {" ": "blanks", ",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
_BOLD, _RED, _YELLOW, _END = "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
_SAYS_NOTHING = ("text", "identifiers")
"""Evidence that says no more than the style."""
_SHOWN = 3
"""So many rows are shown for each reason, and so many metrics for each column that lacks."""
Line = tuple[str, str]
"""A line and its colour."""


def render(seen: Sequence[Inspected], *, width: int | None = None, color: bool = False) -> bytes:
    """All files, parted by blank lines; several begin with a list of them."""
    blocks = [_overview(seen, width)] if len(seen) > 1 else []
    blocks += [list(_lines(one, width)) for one in seen]
    return (
        "\n\n".join("\n".join(_painted(line, color) for line in block) for block in blocks) + "\n"
    ).encode()


def _painted(line: Line, color: bool) -> str:
    text, style = line
    return f"{style}{text}{_END}" if color and style and text else text


def _overview(seen: Sequence[Inspected], width: int | None) -> list[Line]:
    refused = sum(one.error is not None and not one.stray for one in seen)
    strays = sum(one.stray for one in seen)
    rows = [("file", "read as", "rows used", "dates")]
    rows += [(clean(one.file), *_in_short(one)) for one in seen]
    told = f"{len(seen)} files" + (f", {refused} refused" if refused else "")
    told += f", {strays} not read" if strays else ""
    return [(told, _BOLD), *_plain(aligned(rows, width))]


def _in_short(one: Inspected) -> tuple[str, str, str]:
    if one.stray:
        return "not read: no export", "", ""
    if one.error:
        return f"REFUSED ({one.error.code})", "", ""
    used = f"{one.used:,}" if one.used == one.rows else f"{one.used:,} of {one.rows:,}"
    return f"{one.table} ({one.preset or 'known words'})", used, _dates(one)


def _dates(one: Inspected) -> str:
    if not one.first_date:
        return ""
    return f"{one.first_date} to {one.last_date}" if one.first_date != one.last_date else f"{one.first_date}"


def _lines(one: Inspected, width: int | None) -> Iterator[Line]:
    yield clean(one.file), _BOLD
    if one.error:
        yield from _refusal(one, width)
    else:
        yield from _plain(filled(_what(one), width, indent=2, hang=2))
        yield from _plain(filled(_rows(one), width, indent=2, hang=2))
    for title, lines in _sections(one, width):
        if lines:
            yield "", ""
            yield f"  {title}", _BOLD
            yield from lines


def _refusal(one: Inspected, width: int | None) -> Iterator[Line]:
    assert one.error is not None
    for sentence in one.error.message.splitlines():
        text = f"{'not read' if one.stray else 'refused'}: {clean(sentence.removeprefix(f'{one.file}: '))}"
        yield from _colored(filled(text, width, indent=2, hang=2), "" if one.stray else _RED)
    if one.stray:
        said = "It was passed over, since what it lies in was named whole; name it to read it."
        yield from _plain(filled(said, width, indent=2, hang=2))
        return
    for hint in one.error.hint.splitlines():
        # Lines of YAML are to be copied as they are.
        verbatim = hint.startswith(" ")
        yield from _plain(
            [f"  {hint.rstrip()}"] if verbatim else filled(clean(hint), width, indent=2, hang=2)
        )
    if one.table:
        yield from _plain(filled(_what(one), width, indent=2, hang=2))


def _sections(one: Inspected, width: int | None) -> Iterator[tuple[str, list[Line]]]:
    """Title and lines of each part, in the order of their weight."""
    left_out = [c for c in one.columns if not c.style]
    if not one.error:
        yield (
            "Columns that cannot be read",
            [
                line
                for c in left_out
                for line in _warning(
                    f"{clean(c.source)} ({c.to}): {clean(c.evidence)}; it is left out. {clean(c.hint)}", width
                )
            ],
        )
    yield "Rows set aside", [line for aside in one.set_aside for line in _aside(one, aside, width)]
    yield (
        "Cells that cannot be read and count as missing",
        [line for cells in one.unreadable for line in _unreadable(one, cells, width)],
    )
    yield "Notes", [line for note in _notes(one) for line in _warning(note, width)]
    yield "Sums", _plain(aligned(_sums(one), width, indent=4))
    yield "Columns", _plain(_columns(one, width))
    yield (
        "Not in the file, and where to get it",
        [line for lack in one.lacks for line in _plain(_lack(lack, width))],
    )
    unread = ", ".join(clean(name) for name in one.unread)
    title = (
        f"Columns of the file that are not used ({len(one.unread)})"
        if one.table
        else "The header of the file"
    )
    yield title, _plain(filled(unread, width, indent=4)) if unread else []


def _what(one: Inspected) -> str:
    how = f"{one.title} (preset {one.preset})" if one.preset else "recognised by known words"
    if one.encoding == "excel":
        written = f"sheet {clean(one.sheet or '')!r}, header in row {one.header_line}"
    elif one.header_line is None:
        written = one.encoding or ""
    else:
        delimiter = _DELIMITERS.get(one.delimiter or "", "no delimiter")
        written = f"{one.encoding}, {delimiter}, header in line {one.header_line}"
    return f"{one.table} · {clean(how)} · {written}"


def _rows(one: Inspected) -> str:
    rows = (
        f"{one.used:,} of {one.rows:,} rows used"
        if one.used != one.rows
        else f"{one.rows:,} row{'s' * (one.rows != 1)}, all used"
    )
    money = ", ".join(map(clean, one.currencies)) or ("no currency stated" if _has_money(one) else "")
    facts = [rows, _dates(one) or "no dates", money, one.grain and f"one row per {one.grain}"]
    return " · ".join(fact for fact in facts if fact)


def _sums(one: Inspected) -> list[tuple[str, ...]]:
    """Each column and its sum; of money in several currencies that it is none."""
    money = (
        {c for c, column in TABLES[one.table].columns.items() if column.kind == "money"}
        if one.table
        else set()
    )
    mixed = f"{' and '.join(one.currencies)} together: no sum of money" if len(one.currencies) > 1 else ""
    return [
        (c, total, mixed) if mixed and c in money else (c, total) for c, total in (one.sums or {}).items()
    ]


def _has_money(one: Inspected) -> bool:
    from funnelkit.tables import TABLES

    known = TABLES[one.table or ""].columns
    return any(c.style and c.to in known and known[c.to].kind == "money" for c in one.columns)


def _aside(one: Inspected, aside: SetAside, width: int | None) -> Iterator[Line]:
    rows = f"{aside.count:,} row{'s' * (aside.count > 1)}"
    yield from _warning(f"{rows}: {clean(aside.message)} ({_places(one, aside.lines, aside.count)})", width)
    yield from _plain(_texts(one, aside.lines, width))


def _unreadable(one: Inspected, cells: Unreadable, width: int | None) -> Iterator[Line]:
    what = f"{cells.count:,} of {clean(cells.header)} ({cells.column}), as {clean(cells.example)!r}"
    yield from _warning(f"{what} ({_places(one, cells.lines, cells.count)})", width)
    yield from _plain(_texts(one, cells.lines, width))


def _places(one: Inspected, lines: Sequence[int], count: int) -> str:
    counted = "line" if one.header_line else "row"
    if not lines:
        # Of parts at an address nobody numbers them.
        return f"{counted}s unknown"
    return f"{counted}{'s' * (count > 1)} {', '.join(map(str, lines))}{', ...' if count > len(lines) else ''}"


def _texts(one: Inspected, lines: Sequence[int], width: int | None) -> list[str]:
    """The first rows concerned, as far as anything stands in them."""
    shown = [(line, clean(one.examples.get(line, ""))) for line in lines[:_SHOWN]]
    return [cut(f"      {line}: {text}", width) for line, text in shown if text]


def _notes(one: Inspected) -> list[str]:
    """What is not told elsewhere, without the name of the file, which stands above."""
    told = ("bad_cells", "column_left_out")
    return [clean(n.message.removeprefix(f"{one.file}: ")) for n in one.notes if n.code not in told]


def _columns(one: Inspected, width: int | None) -> list[str]:
    if not one.columns:
        return []
    rows = [("column", "from", "read as", "because")]
    rows += [
        (
            c.to,
            clean(c.source),
            c.style or "NOT READ",
            "" if c.evidence in _SAYS_NOTHING else clean(c.evidence),
        )
        for c in one.columns
    ]
    return aligned(rows, width, indent=4)


def _lack(lack: Lack, width: int | None) -> list[str]:
    named = some(lack.metrics, len(lack.metrics) if width is None else _SHOWN)
    lines = filled(f"{lack.column}: {clean(lack.how)}", width, indent=4, hang=2)
    without = ["its rows belong to no period"] if lack.periods else []
    without += [f"n/a: {named}"] if named else []
    return lines + (filled(f"without it {'; '.join(without)}", width, indent=6, hang=2) if without else [])


def _warning(text: str, width: int | None) -> list[Line]:
    return _colored(filled(text.rstrip(), width, indent=4, hang=2), _YELLOW)


def _plain(lines: Sequence[str]) -> list[Line]:
    return [(line, "") for line in lines]


def _colored(lines: Sequence[str], style: str) -> list[Line]:
    return [(line, style) for line in lines]
