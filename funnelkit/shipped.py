"""The data of the package: written as YAML for people, and kept as JSON beside it for the machine.

Reading the YAML of presets, channels and metrics takes a tenth of a small report, the JSON a
hundredth. An index that does not fit its YAML is passed over, and a test refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

INDEXED = (
    ("funnelkit.metrics", "catalog"),
    ("funnelkit.sources", "channels"),
    ("funnelkit.sources", "presets"),
    ("funnelkit.sources", "vocabulary"),
)
"""Package and name of every document that has an index."""


def load(package: str, name: str) -> Any:
    """The document in *name*.yaml of *package*; where *name* is a folder, its documents by their names."""
    import json

    texts = _texts(package, name)
    index = index_of(package, name)
    if index.is_file():
        entries = json.loads(index.read_bytes())
        if entries["digest"] == digest(texts):
            return entries["data"]
    return parsed(texts)


def index_of(package: str, name: str) -> Path:
    """Where the JSON of a document stands."""
    return Path(str(files(package))) / f"{name}.json"


def fresh(package: str, name: str) -> dict[str, Any]:
    """What the index of a document must hold."""
    texts = _texts(package, name)
    return {"digest": digest(texts), "data": parsed(texts)}


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


def _texts(package: str, name: str) -> dict[str, str]:
    """The YAML of a document; of a folder, each by its name."""
    path = Path(str(files(package))) / name
    if path.is_dir():
        return {entry.stem: entry.read_text("utf-8") for entry in sorted(path.glob("*.yaml"))}
    return {"": path.with_suffix(".yaml").read_text("utf-8")}
