"""Rows that look like somebody's tests: counted and told, set aside only when asked.

Judged by words alone, which is why they stay in use: a company may well be called Test Valley.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from msgspec.structs import replace

from funnelkit import collect
from funnelkit.engines import Aside, Engine
from funnelkit.tables import Note

if TYPE_CHECKING:
    from funnelkit.sources.loaded import Loaded

TABLES = ("leads", "deals")
COLUMNS = ("email", "company", "name", "source")
_WORDS = r"(?i)(?:^|[^\w])(?:test|teste|testing|tester|prueba|essai|dummy|asdf)(?:$|[^\w])|^test\w{0,4}$"
HINTS = ("test", "prueba", "essai", "dummy", "asdf")
"""One of them is in every word that the patterns find: `Loaded.mentions` is a quick look before a close one."""
HINTS_OF = {"email": ("test",)}
"""Of an address only this one is, since the words of its pattern are fewer."""
_ADDRESS = r"(?i)^(?:test(?:e|er|ing)?[\d._+-]*|[^@]*[+._-]test\d*)@|@test\."


def is_test(email: str = "", company: str = "", name: str = "", source: str = "") -> bool:
    """Whether the words of a row look like a test.

    >>> is_test("test2@shop.example"), is_test(name="Test deal"), is_test("tess@shop.example"), is_test(source="testone")
    (True, True, False, True)
    """
    words = f"{email} {company} {name} {source}".lower()
    if not any(hint in words for hint in HINTS):
        return False
    return bool(re.search(_ADDRESS, email)) or any(
        re.search(_WORDS, text) for text in (company, name, source)
    )


def hints(column: str) -> tuple[str, ...]:
    """What stands in every cell of *column* that looks like a test."""
    return HINTS_OF.get(column, HINTS)


def _hinted(column: str) -> nw.Expr:
    """The cells of *column* that hold any of the words: of millions there are few."""
    cell = nw.col(column)
    hit = cell.str.contains(f"(?i){'|'.join(hints(column))}")
    return nw.when(hit.fill_null(False)).then(cell).alias(f"_hinted_{column}")


def _mark(column: str, **hinted: str) -> str:
    (text,) = hinted.values()
    return "x" if is_test(**{column: text}) else ""


def look(file: Loaded, engine: Engine, *, drop: bool) -> tuple[Loaded, list[Note]]:
    """*file*, without its test rows if they are to be dropped; and what to tell of them."""
    if file.table not in TABLES:
        return file, []
    columns = [c for c in COLUMNS if c in file.present and c in file.mentions]
    if not columns:
        return file, []
    native = collect.frame(file.frame).with_columns(*map(_hinted, columns)).to_native()
    for column in columns:
        native, _ = engine.label(native, [f"_hinted_{column}"], partial(_mark, column), f"_test_{column}")
    marks = [f"_test_{column}" for column in columns]
    frame = collect.frame(native).drop([f"_hinted_{column}" for column in columns])
    marked = nw.any_horizontal(*(nw.col(m) == "x" for m in marks), ignore_nulls=True)
    lines, more = collect.first_lines(frame.filter(marked))
    rows = len(lines) + more
    if not rows:
        return file, []
    several = rows > 1
    where = f"{file.export.file}: {rows} row{'s look' if several else ' looks'} like {'tests' if several else 'a test'}"
    if drop:
        kept = frame.filter(~marked).drop(marks).to_native()
        aside = Aside(reason="test", message="looks like a test", lines=lines, more=more)
        return replace(file, frame=kept, aside=(*file.aside, aside)), []
    line = f"({file.export.dialect.counted} {lines[0]}) " if lines else ""
    message = f"{where} {line}and {'are' if several else 'is'} counted; --drop-tests sets {'them' if several else 'it'} aside"
    return file, [Note(code="test_rows", message=message)]
