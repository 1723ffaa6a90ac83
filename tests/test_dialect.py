"""Encodings, delimiters and lines: a wrong guess here turns into wrong names, lost rows or false line numbers."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.errors import SourceError
from funnelkit.sources.files.content import of_bytes
from funnelkit.sources.files.dialect import batches, heads
from funnelkit.sources.files.text import Text, decode, proved

TEXT = "Kampagne,Kosten\nFrühling – Größe,12\n"
GREEK = "Εκστρατεία,Cost,Campaign status\nΆνοιξη,12,Enabled\n"


def read(
    text: str, delimiter: str, *, skip: int = 0, width: int | None = None, batch: int = 2
) -> list[tuple[int, tuple[str, ...]]]:
    """The records that have cells, few of them looked at together."""
    content = of_bytes(text.encode(), "f.csv")
    whole = Text(content=content, encoding="utf-8", sha256="", batch=batch)
    found = batches(whole, delimiter, skip=skip, width=width)
    return [
        (line, tuple(cells))
        for lines, rows in found
        for line, cells in zip(lines, rows, strict=True)
        if cells
    ]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_found(data: bytes, encoding: str) -> None:
    assert decode(data, "f.csv") == (TEXT, encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_may_begin_with_a_letter_beyond_ascii(encoding: str) -> None:
    assert decode(GREEK.encode(encoding), "f.csv") == (GREEK, encoding)


def test_bytes_that_cp1252_leaves_undefined_are_latin_1() -> None:
    assert decode(b"a,b\n\x81\xe9,1\n", "f.csv") == ("a,b\n\x81é,1\n", "latin-1")


def test_the_encoding_is_proved_on_the_last_byte_too() -> None:
    text = "name,cost\n" + "plain,1\n" * 50_000 + "Größe,2\n"
    assert decode(text.encode("cp1252"), "f.csv") == (text, "cp1252")


def test_a_stated_encoding_is_taken_at_its_word() -> None:
    assert decode("é".encode("mac-roman"), "f.csv", "mac-roman") == ("é", "mac-roman")
    assert decode(codecs.BOM_UTF8 + b"a,b\n", "f.csv", "utf-8") == ("a,b\n", "utf-8")
    with pytest.raises(SourceError, match=r"f\.csv: the bytes are not utf-8"):
        decode("é".encode("cp1252"), "f.csv", "utf-8")
    with pytest.raises(SourceError, match="not utf-9"):
        decode(b"a,b\n", "f.csv", "utf-9")


@pytest.mark.parametrize(
    "data",
    [b"", b" \n\r\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF8 + b"\n", "\n".encode("utf-16")],
)
def test_a_file_without_a_letter_is_empty(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"f\.csv: the file is empty"):
        decode(data, "f.csv")


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 8, b"\0" * 500, b"\x89PNG\r\n\x1a\n" + b"\0\1\2\3" * 90]
)
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="this is not a text file"):
        decode(data, "f.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_proposed(delimiter: str) -> None:
    text = f"day{delimiter}cost\n2026-01-02{delimiter}5\n"
    found = [h for h in heads(text) if h.records[0][1] == ["day", "cost"]]
    assert [h.delimiter for h in found] == [delimiter]


def test_a_record_knows_the_line_that_it_begins_on() -> None:
    text = 'a,b\n1,"x\ny\nz"\n\n2,"p\r\nq"\n3,w\n'
    assert read(text, ",") == [
        (1, ("a", "b")),
        (2, ("1", "x\ny\nz")),
        (6, ("2", "p\r\nq")),
        (8, ("3", "w")),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_machine(end: str) -> None:
    text = end.join(["title", "a,b", "1,2", "3,4"])
    assert list(read(text, ",", skip=1)) == [(2, ("a", "b")), (3, ("1", "2")), (4, ("3", "4"))]


def test_a_row_that_is_wrapped_whole_in_quotes_is_a_row() -> None:
    text = 'a,b,c\n"1,""x, y"",3"\n'
    assert list(read(text, ",", width=3))[1] == (2, ("1", "x, y", "3"))


def test_a_line_of_words_with_a_comma_is_no_row() -> None:
    words = "Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
    text = f'a,b,c,d,e\n1,2,3,4,5\n"{words}"\n'
    assert list(read(text, ",", width=5))[2] == (3, (words,))


def test_a_lone_cell_with_line_feeds_and_delimiters_is_left_as_it_is() -> None:
    text = 'a;b\n"x, y\nz",1\n'
    assert [cells for _, cells in read(text, ";")] == [("a", "b"), ("x, y\nz,1",)]
    assert [cells for _, cells in read('a,b\n"x;y\nz",1\n', ";")] == [("a,b",), ("x;y\nz,1",)]


def test_a_quote_that_is_never_closed_is_refused_and_not_swallowed() -> None:
    text = 'name,cost\nA,1\n"B,2\nC,3\nD,4\n'
    with pytest.raises(SourceError, match=r"f\.csv, line 3: a quote is opened and never closed"):
        list(read(text, ","))
    closed = 'name,cost\nA,1\n"B\n",2\n'
    assert len(list(read(closed, ","))) == 3


cell = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=6)
rows = st.lists(st.lists(cell, min_size=2, max_size=4).map(tuple), min_size=1, max_size=6)


@given(rows, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_wrote_reads_back(found: list[tuple[str, ...]], delimiter: str, end: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(found)
    assert [cells for _, cells in read(text.getvalue(), delimiter)] == found


def test_zero_bytes_say_nothing_in_a_text() -> None:
    plain = "name,cost\n" + "Größe,2\n" * 40
    for encoding in ("utf-8", "utf-16"):
        data = plain.encode(encoding)
        assert decode(data + b"\0" * 512, "f.csv") == (plain, encoding)
    assert decode(plain.replace("Größe", "Grö\0ße", 3).encode(), "f.csv") == (plain, "utf-8")
    assert decode(plain.encode("utf-32"), "f.csv") == (plain, "utf-32")


def test_a_byte_that_is_no_utf_8_does_not_garble_the_other_letters() -> None:
    lines = "Frühling,1\nGröße,2\n"
    cut = lines.encode() + "Café".encode()[:-1] + b",3\n"
    assert decode(cut, "f.csv") == (lines + "CafÃ,3\n", "utf-8")
    joined = codecs.BOM_UTF8 + lines.encode() + "Été,3\n".encode("cp1252")
    assert decode(joined, "f.csv") == (lines + "Été,3\n", "utf-8-sig")
    assert decode("Été,3\nGröße\n".encode("cp1252") + "é\n".encode(), "f.csv")[1] == "cp1252"


def test_cells_that_are_guarded_as_formulas_are_their_texts() -> None:
    text = 'id,name\n="007",A\n"=""008""","=B"\n'
    content = of_bytes(text.encode(), "f.csv")
    with_cells = [cells for _, found in batches(proved(content), ",") for cells in found]
    assert with_cells == [["id", "name"], ["007", "A"], ["008", "=B"]]
    assert [cells for _, cells in next(heads(text)).records] == with_cells


def test_a_blank_may_stand_before_a_quote() -> None:
    text = '"a", "b"\n"1, 2", "x ""y"""\n'
    assert [cells for _, cells in read(text, ",")] == [("a", "b"), ("1, 2", 'x "y"')]


@pytest.mark.parametrize("line", ["sep=^", '"sep=^"', "SEP=^^^", "sep=^\r"])
def test_a_file_may_say_its_delimiter_itself(line: str) -> None:
    found = [head.delimiter for head in heads(f"{line}\nday^cost\n2026-01-02^5\n")]
    assert "^" in found
