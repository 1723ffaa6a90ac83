"""Time whole commands against others, in turn, and print the ratios: ``python -m tests.benchmarks.run``.

Both sides of a pair run one after the other, again and again, so that a machine that slows down
slows both; the median of the pairwise ratios is what counts. Seconds by the clock, peak memory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import agreement, big, small, table
from tests.benchmarks.pair import Pair, measure


def main() -> int:
    """Run the pairs that are asked for and print the table; 1 where any is over its limit."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as temporary:
        pairs = _pairs(Path(temporary), arguments)
        results = []
        print(table.HEAD)
        for pair in pairs:
            results.append(measure(pair, arguments.rounds))
            print(table.row(results[-1]), flush=True)
    print(f"\n{table.machine()}")
    if arguments.output:
        arguments.output.write_text(table.markdown(results), encoding="utf-8")
    return 0 if all(result.good for result in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="NAME", default="", help="those with this in what or against what")
    parser.add_argument("--rounds", metavar="N", type=int, help="instead of 7, and 3 for large files")
    parser.add_argument(
        "--sizes", metavar="N,...", default="5,20", help="millions of leads; '' for no large files"
    )
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="where the large files are or shall stay")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="also write the table there")
    return parser.parse_args()


def _pairs(temporary: Path, arguments: argparse.Namespace) -> list[Pair]:
    """The pairs that are asked for; where others answer the same questions, after a check that they do."""
    wanted: str = arguments.only
    sizes = [float(size) for size in arguments.sizes.split(",") if size]
    found = [*small.pairs(temporary), *big.pairs(arguments.data or temporary, sizes)]
    chosen = [pair for pair in found if wanted in pair.name or wanted in pair.other]
    if not chosen:
        raise SystemExit(f"--only {wanted}: there is " + ", ".join(f"{pair.name!r}" for pair in found))
    if any(module in pair.against for module in (big.BY_HAND, big.NOTEBOOK) for pair in chosen):
        agreement.check(arguments.data or temporary)
    return chosen


if __name__ == "__main__":
    sys.exit(main())
