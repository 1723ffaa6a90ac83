"""From a command's answer to the files or the terminal it was asked for: the same for every command that has formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from funnelkit.pipeline.watching import Observe
    from funnelkit.reports import Source


class Sourced(Protocol):
    """An answer that says which files it is made of."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """What each file was read as."""


Answer = TypeVar("Answer", bound=Sourced)
Shown_contra = TypeVar("Shown_contra", contravariant=True)


class Renderer(Protocol[Shown_contra]):
    """``funnelkit.render``, or what renders another answer in formats of the same names."""

    DEFAULT: str

    def check(self, format: str) -> None:
        """Raise UsageError unless *format* is one."""

    def for_path(self, path: Path | str) -> str:
        """The format that the suffix of *path* names."""

    def render(
        self, answer: Shown_contra, format: str, /, *, width: int | None = None, color: bool = False
    ) -> bytes:
        """*answer* in *format*."""


def answer(
    make: Callable[[Observe], Answer],
    renderer: Renderer[Answer],
    *,
    format: str | None,
    output: Sequence[str] | None,
    quiet: bool = False,
    verbose: bool = False,
    no_color: bool = False,
) -> Answer:
    """What *make* makes, written to every file of *output*, else to stdout.

    Raises UsageError for a format that is none, OutputError for a file that cannot be written.
    """
    from funnelkit.cli import output as out
    from funnelkit.cli.progress import Progress
    from funnelkit.render.files import write

    # Names of formats are checked first: reading takes longer than a spelling mistake should.
    targets = [(path, format or renderer.for_path(path)) for path in output or ()]
    shown = format or renderer.DEFAULT
    renderer.check(shown)
    with Progress(quiet=quiet) as progress:
        made = make(progress.show)
    for source in made.sources if verbose else ():
        out.talk(f"{source.file}: {source.table}, {source.used} of {source.rows} rows used")
    if targets:
        write({Path(path): renderer.render(made, name) for path, name in targets})
        for path, _ in targets:
            out.talk(f"wrote {path}", quiet=quiet)
    else:
        out.emit(renderer.render(made, shown, width=out.width(), color=out.colored(no_color)))
    return made
