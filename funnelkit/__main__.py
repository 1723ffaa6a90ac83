"""``python -m funnelkit`` and the ``funnelkit`` command."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line; the version is answered before anything is imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from funnelkit import __version__

        try:
            sys.stdout.write(f"funnelkit {__version__}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            _end(0)
        except OSError as error:
            sys.stderr.write(f"funnelkit: error: standard output: {error.strerror}\n")
            _end(2)
        return
    # A run is short and leaves few cycles behind: looking for them costs a tenth of a small report.
    gc.disable()
    # numpy starts a thread per processor for matrices, which turns idly for a tenth of a second. There are none here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from funnelkit.cli.app import run

    _end(run(sys.argv[1:]))


def _end(code: int) -> None:
    """End the process with *code* at once.

    Taking an interpreter with pandas in it apart takes a quarter of a small report's time, and gives back what
    the process gives back anyway. All output is flushed and all files are closed by now.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
