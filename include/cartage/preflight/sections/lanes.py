"""Lanes: no lane with open orders is missing in the lanes file, since nothing would finish its orders.

Somebody looks for the new orders and shipments of a lane whose schedules say so. What is valid in the lane's settings
and probably not meant, such as a routing rule for a state that does not exist, is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from cartage.db.engine import database_time
from cartage.lanes import LaneFile, load_lanes
from cartage.lookout.repo import manned_at
from cartage.lookout.rules import looks_of, unmanned
from cartage.preflight.findings import FindingKind, PreflightFinding, mistake, ok, unknown, warning
from cartage.preflight.world import PreflightWorld
from cartage.runtime.known_lanes import orphaned_lanes

TITLE = "Lanes"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Compare the ledger's lanes with those of the file, and see whether the lane's lookout is manned."""
    file = load_lanes()
    yield from _orphaned(world, file)
    yield from _doubtful(world, file)
    yield from _looks(world)


def _doubtful(world: PreflightWorld, file: LaneFile) -> Iterator[PreflightFinding]:
    """Yield the warnings of `cartage lanes check` about this lane."""
    for found in file.warnings:
        if found.lane == world.context.lane.name:
            place = found.path.removeprefix(f"lanes.{found.lane}.")
            yield warning(FindingKind.DOUBTFUL_SETTING, place, found.message, found.fix)


def _orphaned(world: PreflightWorld, file: LaneFile) -> Iterator[PreflightFinding]:
    """Yield the lanes that nothing finishes. The result is the same for every lane of a deployment."""
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


def _looks(world: PreflightWorld) -> Iterator[PreflightFinding]:
    lane = world.context.lane
    if not looks_of(lane):
        return
    with world.context.ledger.begin() as connection:
        manned = manned_at(connection, [lane.name]).get(lane.name, {})
        missing = unmanned(lane, manned, database_time(connection))
    for part, last in missing.items():
        since = f"since {last:%F %T} UTC" if last else "so far"
        fix = "Start Airflow's triggerer and unpause the DAG; windows find everything meanwhile."
        yield warning(
            FindingKind.NOBODY_LOOKS, f"{part} of {lane.name}", f"nobody looks for them {since}", fix
        )
    if not missing:
        yield ok("lookout", f"The triggerer looks for {' and '.join(looks_of(lane))}.")
