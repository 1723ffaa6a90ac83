"""Bytes that are not in the encoding of their text: what they mean, and where the first of them stands."""

from __future__ import annotations

import codecs
import io

from funnelkit.sources.files.content import Content

WESTERN = "funnelkit.western"
"""How Python is told to read bytes that are no UTF-8 as those of Western Europe."""
_MARKED = "funnelkit.marked"
_MARK = "\udcff"
_CHUNK = 1 << 20


def _western(error: UnicodeError) -> tuple[str, int]:
    """What bytes that are no UTF-8 mean in the files of Western Europe."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


def _marked(error: UnicodeError) -> tuple[str, int]:
    """A mark that no text has, in their place."""
    assert isinstance(error, UnicodeDecodeError)
    return _MARK, error.end


codecs.register_error(WESTERN, _western)
codecs.register_error(_MARKED, _marked)


def line(content: Content, encoding: str) -> int:
    """The line of the first byte that is not in *encoding*; 0 for none, or for no such encoding."""
    number = 1
    try:
        stream = io.TextIOWrapper(content.open(), encoding, errors=_MARKED, newline="")
    except LookupError:
        return 0
    with stream:
        while part := stream.read(_CHUNK):
            at = part.find(_MARK)
            before = part if at < 0 else part[:at]
            number += before.count("\n") or before.count("\r")
            if at >= 0:
                return number
    return 0


def is_utf8(content: Content) -> bool:
    """Whether *content* is UTF-8 with more than ASCII in it, which hardly any text in another encoding is by chance."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    ascii_alone = True
    try:
        with content.open() as stream:
            while chunk := stream.read(_CHUNK):
                ascii_alone = decoder.decode(chunk).isascii() and ascii_alone
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return not ascii_alone
