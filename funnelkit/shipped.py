"""The data of the package: written as YAML for people, and kept as JSON beside it for the machine.

Reading the YAML of presets, channels and metrics takes a tenth of a small report, the JSON a
hundredth. An index that does not fit its YAML is passed over, and a test refuses it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import msgspec

INDEXED: Mapping[tuple[str, str], str] = {
    ("funnelkit.metrics", "catalog"): "",
    ("funnelkit.sources", "channels"): "",
    ("funnelkit.sources", "presets"): "funnelkit.sources.presetfiles:read_all",
    ("funnelkit.sources", "vocabulary"): "",
}
"""Package and name of every document that has an index, and what makes structs of it where the index holds such."""


_CHECKOUT = 60.0
"""Seconds within which the files of one installation or checkout are written."""


class _Index(msgspec.Struct):
    """What stands in the JSON."""

    digest: str
    sizes: dict[str, int]
    data: msgspec.Raw


def load(package: str, name: str, kind: Any = Any) -> Any:
    """The document in *name*.yaml of *package*; where *name* is a folder, its documents by their names.

    *kind* is the type of what an index holds that has structs.
    """
    index, written = index_of(package, name), _written(package, name)
    if index.is_file():
        entries = msgspec.json.decode(index.read_bytes(), type=_Index)
        if _fits(entries, index, written):
            return msgspec.json.decode(entries.data, type=kind)
    return _made(package, name, _texts(written))


def _made(package: str, name: str, texts: Mapping[str, str]) -> Any:
    reader = INDEXED.get((package, name))
    documents = parsed(texts)
    return resolve_name(reader)(documents) if reader else documents


def _fits(entries: _Index, index: Path, written: Mapping[str, Path]) -> bool:
    """Whether the *entries* of an *index* are those of the YAML that is *written*."""
    states = {name: path.stat() for name, path in written.items()}
    if {name: state.st_size for name, state in states.items()} != entries.sizes:
        return False
    # Reading it all again would take longer than the index saves: only what was edited later is looked at.
    edited = max(state.st_mtime for state in states.values()) > index.stat().st_mtime + _CHECKOUT
    return not edited or entries.digest == digest(_texts(written))


def files(package: str) -> Path:
    """The folder of a package. The standard way to it takes ten times as long to import."""
    return Path(str(import_module(package).__file__)).parent


def index_of(package: str, name: str) -> Path:
    """Where the JSON of a document stands."""
    return files(package) / f"{name}.json"


def fresh(package: str, name: str) -> dict[str, Any]:
    """What the index of a document must hold."""
    written = _written(package, name)
    texts = _texts(written)
    sizes = {name: path.stat().st_size for name, path in written.items()}
    return {
        "digest": digest(texts),
        "sizes": sizes,
        "data": msgspec.json.decode(msgspec.json.encode(_made(package, name, texts))),
    }


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
    path = files(package) / name
    if path.is_dir():
        found = sorted(entry for entry in os.listdir(path) if entry.endswith(".yaml"))
        return {entry.removesuffix(".yaml"): path / entry for entry in found}
    return {"": path.with_suffix(".yaml")}


def _texts(written: Mapping[str, Path]) -> dict[str, str]:
    return {name: path.read_text("utf-8") for name, path in written.items()}
