"""A YAML file to its tree of nodes, which know their lines; or to one error with file and line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from funnelkit.errors import ConfigError, MissingInputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from yaml import Node

_DEEPEST = 50
"""The parser is recursive in C, and would crash on a file that nests without end."""
_HINTS = {
    "\t": "YAML is indented with spaces, never with tabs.",
    "%": "Put a value that starts with % in quotes.",
    "@": "Put a value that starts with @ in quotes.",
    "`": "Put a value that starts with ` in quotes.",
    ":": "Put a value that has a colon in it in quotes.",
}
"""What to do about the character at which the parser stopped."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def compose(path: Path) -> Node | None:
    """The root node of the YAML file at *path*; None where nothing is written in it."""
    import yaml

    text = _text(path)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_depth(path, yaml.parse(text, Loader=loader))
        root: Node | None = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise _syntax(path, text, error) from error
    except yaml.YAMLError as error:
        found = _CONTROL.search(text)
        line = text.count("\n", 0, found.start() if found else 0) + 1
        raise ConfigError(f"{path}:{line}: holds a character that YAML does not allow") from error
    return root


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise MissingInputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}:{line}: holds a byte that is not UTF-8", hint="Save the file as UTF-8."
        ) from error


def _check_depth(path: Path, events: Iterable[Any]) -> None:
    from yaml.events import CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST:
            raise ConfigError(f"{path}:{event.start_mark.line + 1}: nests deeper than {_DEEPEST} levels")


def _syntax(path: Path, text: str, error: Any) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    # The mark may stand behind the last line.
    rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
    what = f"{error.context}: {error.problem}" if error.context else error.problem
    return ConfigError(f"{path}:{mark.line + 1}: is not YAML: {what}", hint=_HINTS.get(rest[:1], ""))
