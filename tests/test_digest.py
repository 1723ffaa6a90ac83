"""The digest of bytes in parts is that of the bytes together, whether a part is hashed beside or at once."""

from __future__ import annotations

import hashlib

import pytest

from funnelkit.sources.files.digest import _LARGE, Digest


@pytest.mark.parametrize("sizes", [(), (0,), (5, 7), (_LARGE, 3, _LARGE * 2), (_LARGE, _LARGE, _LARGE)])
def test_parts_make_the_digest_of_the_whole(sizes: tuple[int, ...]) -> None:
    parts = [bytes([65 + i]) * size for i, size in enumerate(sizes)]
    digest = Digest()
    for part in parts:
        digest.take(part)
    assert digest.hex() == hashlib.sha256(b"".join(parts)).hexdigest()
