"""What each key of a preset must hold: checked first, so that a slip of a user's is told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from funnelkit.errors import ConfigError

_TEXTS = ("tool", "export", "table", "where", "grain", "platform", "refuse", "period")
_GROUPS = ("columns", "constants", "values", "lacks")
_LISTS = ("match", "needs", "one_value", "other_rows")
_COUNTS = ("days", "weeks", "months")
_PERIODS = ("preamble", "file name")


def check(name: str, document: Mapping[str, Any]) -> None:
    """Raise ConfigError for the first thing in the *document* of preset *name* that is not of its kind."""
    for problem in _problems(document):
        raise ConfigError(
            f"preset {name}: {problem}", hint="The presets of the package show how each key is written."
        )


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    for keys, kind, what in (
        (_TEXTS, str, "text"),
        (_GROUPS, dict, "a group of keys"),
        (_LISTS, list, "a list"),
        (("unverified",), bool, "true or false"),
    ):
        yield from (
            f"{key!r} is not {what}"
            for key in keys
            if key in document and not isinstance(document[key], kind)
        )
    if document.get("period", "preamble") not in _PERIODS:
        yield f"'period' is {document['period']!r}, where {' or '.join(_PERIODS)} is needed"
    for column, spec in document.get("columns", {}).items():
        yield from _column(column, spec)
    for column, words in document.get("values", {}).items():
        if not isinstance(words, dict):
            yield f"'values' of {column!r} is not a group of keys"
    for key, wanted in (
        ("needs", ("any_of", "say")),
        ("one_value", ("any_of", "say")),
        ("other_rows", ("column", "reason", "say")),
    ):
        for entry in document.get(key, []):
            missing = [word for word in wanted if not isinstance(entry, dict) or word not in entry]
            yield from (f"an entry of {key!r} has no key {word!r}" for word in missing)
            if key == "other_rows" and not missing and not (entry.get("blank") or entry.get("words")):
                yield "an entry of 'other_rows' has neither 'words' nor 'blank: true'"


def _column(column: str, spec: Any) -> Iterator[str]:
    """What is wrong with where a column comes from."""
    headers = spec.get("from") if isinstance(spec, dict) else spec
    if not headers or isinstance(headers, dict):
        yield f"column {column!r} names no header"
    if isinstance(spec, dict):
        for key, words in (("order", ("dmy", "mdy")), ("decimal", (".", ",")), ("counts", _COUNTS)):
            if spec.get(key, words[0]) not in words:
                yield f"column {column!r}: {key!r} is {spec[key]!r}, where {' or '.join(words)} is needed"
