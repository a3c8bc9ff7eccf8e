"""`python -m tests.faults.mutations`: takes each guard away in a copy of the tree; the tests named for it must fail.

First the same tests are run on a copy in which nothing was changed. Exits 1 if a mutation survived, and prints which.
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
    """Try out what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutations", description=__doc__)
    parser.add_argument("--only", default="", help="those whose name holds this text")
    parser.add_argument("--jobs", type=int, default=2, help="mutations at the same time (default: 2)")
    asked = parser.parse_args()
    chosen = [one for one in MUTATIONS if asked.only in one.name]
    print(_COLUMNS.format("mutation", "breaks", "seconds", "verdict"))
    if not _unchanged_passes(chosen):
        return 1
    with ThreadPoolExecutor(asked.jobs) as pool:
        caught = list(pool.map(_is_caught, chosen))
    print(f"\n{sum(caught)} of {len(chosen)} mutations were caught.")
    return 0 if chosen and all(caught) else 1


def _unchanged_passes(chosen: list[Mutation]) -> bool:
    tests = sorted({test for one in chosen for test in one.tests})
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, copy_of_the_tree(Path(folder) / "tree") as tree:
        status, said = ending_of(tree, tests)
    verdict = "its tests pass" if status == 0 else f"FAILS (pytest: {status})\n{said[-3000:]}"
    print(_COLUMNS.format("(nothing changed)", "", f"{time.monotonic() - started:.0f}", verdict), flush=True)
    return status == 0


def _is_caught(mutation: Mutation) -> bool:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, copy_of_the_tree(Path(folder) / "tree") as tree:
        (tree / mutation.file).write_text(changed(mutation, tree))
        # Each of the tests alone has to catch it: one that does not is no guard.
        ends = {test: ending_of(tree, [test], goes_on=mutation.goes_on)[0] for test in mutation.tests}
    survived = [f"{test} (pytest: {status})" for test, status in ends.items() if status not in (FAILED, HUNG)]
    caught = "caught: it goes on for ever" if HUNG in ends.values() else "caught"
    verdict = caught if not survived else f"SURVIVED {', '.join(survived)}"
    seconds = f"{time.monotonic() - started:.0f}"
    print(_COLUMNS.format(mutation.name, mutation.breaks, seconds, verdict), flush=True)
    return not survived


if __name__ == "__main__":
    sys.exit(main())
