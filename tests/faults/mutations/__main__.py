"""`python -m tests.faults.mutations`: remove each protection in a copy of the tree; the tests named for it must fail.

First the same tests run on an unchanged copy. Exits with 1 if a mutation survived, and prints which.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.mutations.catalogue import MUTATIONS, Mutation
from tests.faults.mutations.copying import FAILED, HUNG, changed, copy_of_the_tree, ending_of

_COLUMNS = "{:<64} {:<26} {:>7}  {}"


def main() -> int:
    """Run the requested mutations, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutations", description=__doc__)
    parser.add_argument("--only", default="", help="only mutations whose name contains this text")
    parser.add_argument("--jobs", type=int, default=2, help="mutations at the same time (default: 2)")
    options = parser.parse_args()
    chosen = [mutation for mutation in MUTATIONS if options.only in mutation.name]
    print(_COLUMNS.format("mutation", "breaks", "seconds", "verdict"))
    if not _unchanged_passes(chosen):
        return 1
    with ThreadPoolExecutor(options.jobs) as pool:
        caught = list(pool.map(_is_caught, chosen))
    print(f"\n{sum(caught)} of {len(chosen)} mutations were caught.")
    return 0 if chosen and all(caught) else 1


def _unchanged_passes(chosen: list[Mutation]) -> bool:
    tests = sorted({test for mutation in chosen for test in mutation.tests})
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, copy_of_the_tree(Path(folder) / "tree") as tree:
        status, output = ending_of(tree, tests)
    verdict = "its tests pass" if status == 0 else f"FAILS (pytest: {status})\n{output[-3000:]}"
    print(_COLUMNS.format("(nothing changed)", "", f"{time.monotonic() - started:.0f}", verdict), flush=True)
    return status == 0


def _is_caught(mutation: Mutation) -> bool:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, copy_of_the_tree(Path(folder) / "tree") as tree:
        (tree / mutation.file).write_text(changed(mutation, tree))
        # Each of the tests has to catch it alone.
        ends = {test: ending_of(tree, [test], goes_on=mutation.goes_on)[0] for test in mutation.tests}
    survived = [f"{test} (pytest: {status})" for test, status in ends.items() if status not in (FAILED, HUNG)]
    caught = "caught: it never ends" if HUNG in ends.values() else "caught"
    verdict = caught if not survived else f"SURVIVED {', '.join(survived)}"
    seconds = f"{time.monotonic() - started:.0f}"
    print(_COLUMNS.format(mutation.name, mutation.breaks, seconds, verdict), flush=True)
    return not survived


if __name__ == "__main__":
    sys.exit(main())
