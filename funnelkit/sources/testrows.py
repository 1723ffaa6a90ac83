"""Rows that look like somebody's tests: counted and told, set aside only when asked.

Judged by words alone, which is why they stay in use: a company may well be called Test Valley.
"""

from __future__ import annotations

import re
from dataclasses import replace

import narwhals.stable.v2 as nw

from funnelkit.engines import Aside, Engine
from funnelkit.sources.mapping import Loaded
from funnelkit.tables import Note

_COLUMNS = ("email", "company", "name", "source")
_WORDS = re.compile(
    r"(?:^|[^\w])(?:test|teste|testing|tester|prueba|essai|dummy|asdf)(?:$|[^\w])|^test\w{0,4}$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"^(?:test(?:e|er|ing)?[\d._+-]*|[^@]*[+._-]test\d*)@|@test\.", re.IGNORECASE)


def is_test(email: str = "", company: str = "", name: str = "", source: str = "") -> bool:
    """Whether the words of a row look like a test.

    >>> is_test("test2@shop.example"), is_test(name="Test deal"), is_test("tess@shop.example"), is_test(source="testone")
    (True, True, False, True)
    """
    return bool(_ADDRESS.search(email)) or any(_WORDS.search(text) for text in (company, name, source))


def look(file: Loaded, engine: Engine, *, drop: bool) -> tuple[Loaded, list[Note]]:
    """*file*, without its test rows if they are to be dropped; and what to tell of them."""
    columns = [c for c in _COLUMNS if c in file.present]
    if file.table not in ("leads", "deals") or not columns:
        return file, []
    marked = engine.label(file.frame, columns, lambda **cells: "x" if is_test(**cells) else "", "_test")
    frame = nw.from_native(marked)
    tests = frame.filter(nw.col("_test") == "x")
    if not len(tests):
        return file, []
    lines = tuple(int(line) for line in tests["source_row"].to_list())
    several = len(lines) > 1
    where = f"{file.export.file}: {len(lines)} row{'s look' if several else ' looks'} like {'tests' if several else 'a test'}"
    if drop:
        kept = frame.filter(nw.col("_test") != "x").drop("_test").to_native()
        aside = Aside(reason="test", message="looks like a test", lines=lines)
        return replace(file, frame=kept, aside=(*file.aside, aside)), []
    message = f"{where} (line {lines[0]}) and {'are' if several else 'is'} counted; --drop-tests sets {'them' if several else 'it'} aside"
    return file, [Note(code="test_rows", message=message)]
