"""A task's connections to the ledger are bounded by its threads, as docs/sizing.md states."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pytest

from cartage.dispatch import stage
from cartage.runtime.context import open_lane
from cartage.runtime.run import Run
from tests.contract.conftest import MakeWorld
from tests.contract.world import World
from tests.pooled_postgres import without_pooler

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

pytestmark = without_pooler

THREADS = 3
_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name = 'cartage'"


class Counting(threading.Thread):
    """Counts the connections to a database until the end of its block; `most` is the highest count."""

    def __init__(self, postgres: EmbeddedPostgres, database: str) -> None:
        super().__init__(name="counting", daemon=True)
        self._postgres, self._database = postgres, database
        self._over = threading.Event()
        self.most = 0

    def run(self) -> None:
        with self._postgres.connect() as connection:
            while not self._over.is_set():
                found = connection.execute(_OPEN, [self._database]).fetchone()
                assert found is not None
                self.most = max(self.most, int(str(found[0])))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self.join()


def connections_of(world: World, name: str, postgres: EmbeddedPostgres) -> int:
    """Run a stage as a task does, and return the most connections that it had."""
    database = world.ledger.engine.url.database
    assert database
    world.ledger.close()
    run = Run(id=f"a/{name}/1", dag_run="a", stage=name)
    with Counting(postgres, database) as counting, open_lane(world.lane, run, task=name) as context:
        stage(name)(context)
    return counting.most


def slowly(table: str) -> tuple[str, str, str]:
    """Writes to this table take a moment, so that they meet."""
    return table, "true", "PERFORM pg_sleep(0.03)"


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane with orders that are ready to be sent."""
    world = make_world(limits={"threads": THREADS})
    world.place("single", 20)
    world.go("import_orders", "validate_mappings")
    return world


def test_sending_orders_uses_a_connection_for_each_thread_and_at_most_two_more(
    world: World, postgres: EmbeddedPostgres
) -> None:
    with world.trigger(*slowly("transfer")):
        most = connections_of(world, "transfer_to_warehouse", postgres)
    assert THREADS <= most <= THREADS + 2
    assert world.states() == {"acknowledged": 20}


def test_posting_tracking_uses_no_more_connections_than_a_task_may_have(
    world: World, postgres: EmbeddedPostgres
) -> None:
    """The store gets its own few threads, whatever `limits.threads` says; they wait for a connection."""
    world.go("transfer_to_warehouse", "mark_processing")
    floor = world.shop.warehouse.floor
    floor.ship(list(world.shop.warehouse.state.book))
    world.go("poll_tracking")
    most = connections_of(world, "update_order_status", postgres)
    assert 1 <= most <= THREADS + 2
    assert world.states() == {"shipped": 20}
