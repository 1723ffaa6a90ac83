"""The data of the package: written as YAML for people, and kept as JSON beside it for the machine.

Reading the YAML of presets, channels and metrics takes a tenth of a small report, the JSON a
hundredth. An index that does not fit its YAML is passed over, and a test refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

INDEXED = (
    ("funnelkit.metrics", "catalog"),
    ("funnelkit.sources", "channels"),
    ("funnelkit.sources", "presets"),
    ("funnelkit.sources", "vocabulary"),
)
"""Package and name of every document that has an index."""


_CHECKOUT = 60.0
"""Seconds within which the files of one installation or checkout are written."""


def load(package: str, name: str) -> Any:
    """The document in *name*.yaml of *package*; where *name* is a folder, its documents by their names."""
    index, written = index_of(package, name), _written(package, name)
    if index.is_file():
        entries = msgspec.json.decode(index.read_bytes())
        if _fits(entries, index, written):
            return entries["data"]
    return parsed(_texts(written))


def _fits(entries: Mapping[str, Any], index: Path, written: Mapping[str, Path]) -> bool:
    """Whether the *entries* of an *index* are those of the YAML that is *written*."""
    states = {name: path.stat() for name, path in written.items()}
    if {name: state.st_size for name, state in states.items()} != entries["sizes"]:
        return False
    # Reading it all again would take longer than the index saves: only what was edited later is looked at.
    edited = max(state.st_mtime for state in states.values()) > index.stat().st_mtime + _CHECKOUT
    return not edited or entries["digest"] == digest(_texts(written))


def index_of(package: str, name: str) -> Path:
    """Where the JSON of a document stands."""
    return Path(str(files(package))) / f"{name}.json"


def fresh(package: str, name: str) -> dict[str, Any]:
    """What the index of a document must hold."""
    written = _written(package, name)
    texts = _texts(written)
    sizes = {name: path.stat().st_size for name, path in written.items()}
    return {"digest": digest(texts), "sizes": sizes, "data": parsed(texts)}


def yaml_document(text: str) -> Any:
    """The one document in the YAML *text*."""
    import yaml

    # The C parser is ten times as fast, but not in every build of PyYAML.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def digest(texts: Mapping[str, str]) -> str:
    """What tells the *texts* of one state of the package from those of another."""
    from hashlib import sha256

    return sha256(repr(sorted(texts.items())).encode()).hexdigest()


def parsed(texts: Mapping[str, str]) -> Any:
    """The documents in *texts*; the lone one without a name as it is."""
    documents = {name: yaml_document(text) for name, text in texts.items()}
    return documents.get("", documents)


def _written(package: str, name: str) -> dict[str, Path]:
    """The YAML files of a document; of a folder, each by its name."""
    path = Path(str(files(package))) / name
    if path.is_dir():
        return {entry.stem: entry for entry in sorted(path.glob("*.yaml"))}
    return {"": path.with_suffix(".yaml")}


def _texts(written: Mapping[str, Path]) -> dict[str, str]:
    return {name: path.read_text("utf-8") for name, path in written.items()}
