"""The SHA-256 of bytes that come in parts, worked out beside whatever else is done with them."""

from __future__ import annotations

import hashlib
from threading import Thread

_LARGE = 1 << 18
"""A thread for fewer bytes costs more than it saves."""


class Digest:
    """Takes one part after the other; hashing leaves the interpreter free for others."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._busy: Thread | None = None

    def take(self, part: bytes) -> None:
        """Begin to take in *part*."""
        self._finish()
        if len(part) < _LARGE:
            self._hash.update(part)
            return
        self._busy = Thread(target=self._hash.update, args=(part,))
        self._busy.start()

    def hex(self) -> str:
        """The digest of all parts."""
        self._finish()
        return self._hash.hexdigest()

    def _finish(self) -> None:
        if self._busy:
            self._busy.join()
            self._busy = None
