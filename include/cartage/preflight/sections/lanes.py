"""Lanes: no lane with open orders is missing in the lanes file, since nothing would finish its orders."""

from __future__ import annotations

from collections.abc import Iterator

from cartage.lanes import load_lanes
from cartage.preflight.findings import FindingKind, PreflightFinding, mistake, ok, unknown
from cartage.preflight.world import PreflightWorld
from cartage.runtime.known_lanes import orphaned_lanes

TITLE = "Lanes"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Compare the ledger's lanes with those of the file. The result is the same for every lane of a deployment."""
    file = load_lanes()
    if any(mistake.lane is None for mistake in file.mistakes):
        lines = "; ".join(file.mistake_lines())
        yield unknown(
            FindingKind.NOT_CHECKED, "lanes file", f"it cannot be read as a whole: {lines}", "Fix it first."
        )
        return
    # A lane with a mistake is in the file too; lanes_check reports that it does not run.
    names = file.names | {world.context.lane.name}
    with world.context.ledger.begin() as connection:
        orphaned = orphaned_lanes(connection, sorted(names))
    for lane, orders in orphaned.items():
        what = f"it has {orders} open orders, but the lanes file no longer has it: nothing finishes them"
        fix = "Put the lane back with mode: drain until its orders are finished."
        yield mistake(FindingKind.ORPHANED_LANE, lane, what, fix, orders=orders)
    if not orphaned:
        yield ok("lanes", "Every lane with open orders is in the lanes file.")
