"""``python -m funnelkit`` and the ``funnelkit`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the version is answered before anything is imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from funnelkit import __version__

        sys.stdout.write(f"funnelkit {__version__}\n")
        return
    from funnelkit.cli.app import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
