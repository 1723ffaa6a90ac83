"""``python -m funnelkit`` and the ``funnelkit`` command."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; the version is answered before anything is imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from funnelkit import __version__

        sys.stdout.write(f"funnelkit {__version__}\n")
        return
    # A run is short and makes few cycles: looking for them again and again costs a seventh of its imports.
    gc.set_threshold(200_000, 20, 100)
    from funnelkit.cli.app import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
