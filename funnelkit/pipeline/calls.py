"""The arguments of a call in Python, looked at before anything is read: names that exist, and values of the right kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from funnelkit.errors import UsageError, did_you_mean

_P = ParamSpec("_P")
_R = TypeVar("_R")


def checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """*function*, which raises a UsageError for an argument that does not exist, is missing, or is of another kind.

    What kinds there are its annotations say, and those of ``Options`` for what it takes as ``**options``.
    """

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        _check(function, args, kwargs)
        return function(*args, **kwargs)

    return call


def _check(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    from inspect import Parameter, signature

    asked = signature(function)
    kinds = {
        one.name: str(one.annotation)
        for one in asked.parameters.values()
        if one.kind is not Parameter.VAR_KEYWORD
    }
    if len(kinds) < len(asked.parameters):
        from funnelkit.pipeline.options import Options

        kinds |= {name: str(kind) for name, kind in Options.__annotations__.items()}
    for name in kwargs:
        if name not in kinds:
            raise UsageError(
                f"funnelkit.{function.__name__} has no option {name!r}", hint=did_you_mean(name, kinds)
            )
    try:
        bound = asked.bind(*args, **kwargs)
    except TypeError as error:
        raise UsageError(
            f"funnelkit.{function.__name__}: {error}",
            hint=f"It is called as {function.__name__}{_form(asked)}.",
        ) from None
    given = {name: value for name, value in bound.arguments.items() if name in kinds}
    for name, value in {**given, **kwargs}.items():
        if not any(_is(value, kind) for kind in _several(kinds[name])):
            raise UsageError(
                f"funnelkit.{function.__name__}: {name} is {_said(value)}, where {_kinds(kinds[name])} is expected"
            )


def _form(asked: Any) -> str:
    """What a function is called with, in short."""
    return f"({', '.join(str(one).partition(':')[0] for one in asked.parameters.values())})"


def _several(annotation: str) -> list[str]:
    """The kinds of a union; a text stands for a list of one wherever texts are asked for."""
    kinds = annotation.split(" | ")
    return [*kinds, "str"] if "Sequence[str]" in kinds else kinds


def _is(value: Any, kind: str) -> bool:
    from numbers import Integral, Real
    from os import PathLike

    if kind == "Files":
        several = isinstance(value, Collection) and all(isinstance(one, str | PathLike) for one in value)
        return several or isinstance(value, str | PathLike)
    if kind == "Sequence[str]":
        return isinstance(value, Collection) and all(isinstance(one, str) for one in value)
    if isinstance(value, bool):
        return kind == "bool"
    plain: dict[str, Any] = {"None": type(None), "int": Integral, "float": Real, "str": str, "Path": PathLike}
    return kind in plain and isinstance(value, plain[kind])


_WORDS = {
    "bool": "True or False",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "Path": "a path",
    "Sequence[str]": "a list of texts",
    "Files": "a path or a list of paths",
    "None": "None",
}


def _kinds(annotation: str) -> str:
    words = list(dict.fromkeys(_WORDS[kind] for kind in _several(annotation)))
    return " or ".join(words)


def _said(value: Any) -> str:
    from reprlib import repr as shortened

    return f"{shortened(value)} ({type(value).__name__})"
