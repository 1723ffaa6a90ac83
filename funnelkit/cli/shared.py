"""Commands that share options with others: they name them, and are handed what was said in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, Concatenate, Final, Literal, NamedTuple, ParamSpec

from funnelkit.cli.arguments import Shared

if TYPE_CHECKING:
    from funnelkit.cli.answer import Answer, Renderer
    from funnelkit.pipeline.options import Options
    from funnelkit.pipeline.watching import Observe

OWN: Final = "own"
"""Stands among shared options where --help lists those of the command's own signature; else they are the first."""
_PARTED = {"by", "metrics"}
"""Of these also commas part the values."""
_REPEATED = {"where", "files", "output"}

P = ParamSpec("P")


class Asked(NamedTuple):
    """What the shared options of a command were given: the files, what to make of them, and how to show it.

    No Struct: to import msgspec would take a tenth of the time of --help.
    """

    options: Options
    files: Sequence[str] = ()
    format: str | None = None
    output: Sequence[str] = ()
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    def answer(self, make: Callable[[Observe], Answer], renderer: Renderer[Answer]) -> Answer:
        """Write what *make* makes to where it was asked for, and return it; see funnelkit.cli.answer."""
        from funnelkit.cli.answer import answer

        return answer(
            make,
            renderer,
            format=self.format,
            output=self.output,
            quiet=self.quiet,
            verbose=self.verbose,
            no_color=self.no_color,
        )


def shares(
    *options: Shared | Literal["own"],
) -> Callable[[Callable[Concatenate[Asked, P], None]], Callable[..., None]]:
    """Give a command *options* beside the parameters of its own, and hand it what they were given as ``Asked``.

    --help lists them in this order. The command's own stand where ``OWN`` does.
    """

    def made(command: Callable[Concatenate[Asked, P], None]) -> Callable[..., None]:
        own = [
            one.replace(kind=Parameter.KEYWORD_ONLY)
            for one in list(signature(command, eval_str=True).parameters.values())[1:]
        ]
        shared = [one for one in options if isinstance(one, Shared)]
        place = options.index(OWN) if OWN in options else 0

        def run(**given: Any) -> None:
            asked = _asked({one.name: given.pop(one.name) for one in shared})
            command(asked, **given)  # type: ignore[call-arg]

        update_wrapper(run, command)
        # typer reads the parameters of a command from these two.
        parameters = [*shared[:place], *own, *shared[place:]]
        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return made


def _asked(given: Mapping[str, Any]) -> Asked:
    """What was *given* to shared options, by their names. A name that nothing here knows is a TypeError."""
    from funnelkit.cli.output import listed
    from funnelkit.pipeline.options import Options

    said = dict(given)
    said |= {name: listed(said[name]) for name in _PARTED & said.keys()}
    said |= {name: said[name] or () for name in _REPEATED & said.keys()}
    options = Options(**{name: said.pop(name) for name in Options.__struct_fields__ if name in said})
    # The boundary sees --debug for itself.
    said.pop("debug", None)
    return Asked(options, **said)
