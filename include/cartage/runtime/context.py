"""What every stage is given: the lane, the ledger, the clients, the run and its window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from cartage.connections import Connection, Resolver, default_resolver, ledger_url, require
from cartage.db import Ledger, open_ledger
from cartage.db.call_budget import SharedBudget
from cartage.db.task_runs import noted
from cartage.lanes.account import account_of, stock_of
from cartage.lanes.modes import Mode
from cartage.lifecycle.transitions import By
from cartage.redaction import secrets_of
from cartage.runtime.known_lanes import ensure_lane
from cartage.runtime.links import NO_LINKS, Links
from cartage.runtime.run import Run, Window
from cartage.storefront import StoreCredentials
from cartage.storefront.repo.stores import Store, ensure_store

# The clients bring the HTTP library: a stage that has nothing to do never loads it.
if TYPE_CHECKING:
    from cartage.http import Timeouts
    from cartage.lanes.settings.lane import Lane
    from cartage.model.statuses import StatusMap
    from cartage.runtime.breaker import Breaker
    from cartage.storefront import StoreClient
    from cartage.storefront.status_table import StatusTable
    from cartage.warehouses.contract import Warehouse


class _Closes(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=_Closes)
# A reference as ours are, that no store's code makes.
_NO_ORDER = "A00_0_0"


@dataclass
class StageContext:
    """One stage's world. Clients are built when first used, and closed with the context.

    `links` makes addresses for alerts; none where nobody gave any. `neighbours` are the other lanes on the same store,
    `sharers` those of other stores that sell from the same stock of the warehouse.
    """

    lane: Lane
    ledger: Ledger
    run: Run
    window: Window | None = None
    resolver: Resolver = field(default_factory=default_resolver)
    links: Links = NO_LINKS
    stop: threading.Event = field(default_factory=threading.Event)
    lanes_on_store: Sequence[Lane] = ()
    lanes_sharing_stock: Sequence[Lane] = ()

    @property
    def by(self) -> By:
        """Who the ledger's events name."""
        return By(actor=self.run.stage, run_id=self.run.id)

    @property
    def account(self) -> str:
        """The warehouse account of the lane: lanes with the same connection and settings share its catalogue."""
        return account_of(self.lane)

    @cached_property
    def credentials(self) -> StoreCredentials:
        """The store's validated credentials."""
        return StoreCredentials.from_connection(require(self.resolver, self.lane.store.connection))

    @cached_property
    def store_row(self) -> Store:
        """The store in the ledger; allots its code at the first use."""
        with self.ledger.begin() as connection:
            store = ensure_store(connection, self.credentials.identity)
            ensure_lane(connection, self.lane.name, store.id)
        return store

    @cached_property
    def store(self) -> StoreClient:
        """The client of the lane's store, on the call bucket that all processes share.

        Raises:
            RemoteDown: if the store is known to be down, and it is not yet time to try again.
        """
        from cartage.storefront import open_store

        limits = self.lane.limits
        budget = SharedBudget(
            self.ledger,
            self.credentials.identity,
            burst=limits.burst,
            per_second=limits.calls_per_second,
            background=self.run.background,
            background_share=limits.background_share,
            # Airflow's timeout would cut a longer wait off in its midst.
            longest_wait=limits.task_timeout.total_seconds() / 2,
            stop=self.stop,
        )
        client = open_store(
            self.credentials, timeouts=self.timeouts, budget=budget, zone=self.lane.store.zone()
        )
        key = f"store {self.credentials.identity}"
        return self._entered(client, key, self.credentials.remote, client.order_statuses)

    @cached_property
    def statuses(self) -> StatusMap:
        """The store's own ids of the lane's order statuses; what a stage compares, asks for and writes.

        Raises:
            SettingsError: if a setting does not lead to one status of its own.
            RemoteError: if a label must be looked up, and the store cannot be read.
        """
        from cartage.storefront.status_table import find_statuses

        return find_statuses(self.status_table, self.lane, self.lanes_on_store)

    @cached_property
    def status_table(self) -> StatusTable:
        """The store's own order statuses, for settings that name them by label."""
        from cartage.storefront.status_table import StatusTable

        return StatusTable(self.ledger, lambda: self.store_row.id, lambda: self.store.order_statuses())  # noqa: PLW0108 - not the bound method: that would open the store

    @cached_property
    def _warehouse_connection(self) -> Connection:
        return require(self.resolver, self.lane.warehouse.connection)

    @cached_property
    def warehouse_secrets(self) -> frozenset[str]:
        """What must be in nothing that is kept of the warehouse's answers."""
        return frozenset(secrets_of(self._warehouse_connection))

    @cached_property
    def warehouse(self) -> Warehouse:
        """The connector of the lane's warehouse.

        Raises:
            RemoteDown: if the warehouse is known to be down, and it is not yet time to try again.
        """
        from cartage.warehouses.registry import open_warehouse

        settings = self.lane.warehouse
        connector = open_warehouse(
            settings.connector,
            self._warehouse_connection,
            dict(settings.settings),
            timeouts=self.timeouts,
            threads=self.lane.limits.threads,
        )
        key = f"warehouse {settings.connector}/{settings.connection}"
        return self._entered(connector, key, connector.title, lambda: connector.find(_NO_ORDER))

    @cached_property
    def breaker(self) -> Breaker:
        """Which remotes this run has met, and whether they are known to be down."""
        from cartage.runtime.breaker import Breaker

        return Breaker(self.ledger)

    @property
    def timeouts(self) -> Timeouts:
        """How long one call to store or warehouse may take."""
        from cartage.http import Timeouts

        limits = self.lane.limits
        return Timeouts(limits.connect_timeout.total_seconds(), limits.read_timeout.total_seconds())

    def _entered(self, client: T, key: str, remote: str, probe: Callable[[], object]) -> T:
        try:
            self.breaker.enter(key, remote, probe)
        except BaseException:
            client.close()
            raise
        return client

    def close(self) -> None:
        """Close the clients that were opened; the ledger belongs to who opened it."""
        for name in ("store", "warehouse"):
            if name in self.__dict__:
                self.__dict__[name].close()


@contextmanager
def open_lane(
    lane: Lane,
    run: Run,
    *,
    window: Window | None = None,
    resolver: Resolver | None = None,
    stop: threading.Event | None = None,
    links: Links = NO_LINKS,
    task: str = "",
) -> Iterator[StageContext]:
    """Open a lane for one stage: ledger and clients, closed at the end.

    With `task`, the ledger notes that this task began, and that it succeeded if the block ends well.

    Raises:
        SettingsError: if the ledger's address is not configured.
    """
    found = resolver or default_resolver()
    ledger = open_ledger(ledger_url(found), pool_size=lane.limits.threads + 2)
    context = StageContext(
        lane,
        ledger,
        run,
        window,
        found,
        links,
        stop or threading.Event(),
        _lanes_on_store(lane),
        _lanes_sharing_stock(lane),
    )
    try:
        with noted(ledger, lane.name, task, live=not run.background) if task else nullcontext():
            yield context
    finally:
        context.close()
        ledger.close()


def _lanes_on_store(lane: Lane) -> list[Lane]:
    """The other lanes of the deployment on the same store."""
    from cartage.lanes import valid_lanes

    return [
        one
        for one in valid_lanes()
        if one.name != lane.name and one.store.connection == lane.store.connection
    ]


def _lanes_sharing_stock(lane: Lane) -> list[Lane]:
    """The lanes of other stores that sell from the same stock, if this lane tells its store of it.

    None in shadow: the system that still sends its orders has told the warehouse of them.
    """
    from cartage.lanes import valid_lanes

    if lane.inventory is None:
        return []
    return [
        one
        for one in valid_lanes()
        if one.store.connection != lane.store.connection
        and one.mode is not Mode.SHADOW
        and stock_of(one) == stock_of(lane)
    ]
