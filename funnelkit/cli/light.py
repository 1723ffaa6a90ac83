"""Commands that turn words into values themselves.

typer would import pydantic for it, which takes a fifth of a second of every run: more than reading
ten thousand leads. All options here are texts, whole numbers, flags, or lists of texts.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class LightCommand(TyperCommand):
    """A command whose parameters need no pydantic."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, those of help and shell completion included, with the light conversion."""
        return _lightened(super().get_params(ctx))


class LightGroup(TyperGroup):
    """The same for the command that holds the others."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, those of help and shell completion included, with the light conversion."""
        return _lightened(super().get_params(ctx))


def _lightened(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        parameter.process_value = partial(_value, parameter)
    return parameters


def _value(parameter: Any, context: Any, value: Any) -> Any:
    """What the user said for *parameter*, as its annotation wants it. Raises typer.BadParameter."""
    several = parameter.multiple or parameter.nargs == -1
    if value is None:
        value = () if several else None
    elif parameter.type_descriptor.annotation is int and isinstance(value, str):
        value = _whole(parameter, context, value)
    return parameter.callback(context, parameter, value) if parameter.callback else value


def _whole(parameter: Any, context: Any, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number.", ctx=context, param=parameter) from None
