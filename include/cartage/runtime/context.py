"""What every stage is given: the lane, the ledger, the clients, the run and its window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from cartage.connections import Connection, Resolver, default_resolver, ledger_url, require
from cartage.db import Ledger, open_ledger
from cartage.db.call_budget import SharedBudget
from cartage.db.task_runs import record_task_run
from cartage.db.waiting import Patience
from cartage.lanes import lanes_on_store, lanes_sharing_stock
from cartage.lanes.account import account_of, counted_account, document_account_of
from cartage.lifecycle.transitions import By
from cartage.pace import CallLimit
from cartage.redaction import secrets_of
from cartage.runtime.known_lanes import (
    counted_accounts,
    counts_as,
    ensure_lane,
    note_counted_account,
    store_of_lane,
)
from cartage.runtime.links import NO_LINKS, Links
from cartage.runtime.run import Run, Window
from cartage.storefront import StoreCredentials
from cartage.storefront.repo.stores import Store, ensure_store

# The clients bring the HTTP library: a stage that has nothing to do never loads it.
if TYPE_CHECKING:
    from cartage.errors import RemoteError
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
_STORE_FIX = (
    "It is tried again later. If it happens again, check which other runs call this store, and compare limits.burst "
    "and limits.calls_per_second of the lane with what the store allows."
)
# Has the form of our references, but no store has this code.
_NO_ORDER = "A00_0_0"


@dataclass
class StageContext:
    """What a stage works with. Clients are opened when first used, and closed with the context.

    Of a lane with several warehouses, the context has the store and no warehouse; `at` returns the context of one
    warehouse, which shares everything else with it. There, `whole` is the lane's; `places` are those that were opened.

    `links` makes addresses for alerts. `lanes_on_store` are the other lanes on the same store, `lanes_sharing_stock`
    the lanes of other stores that sell from the same stock of the warehouse.
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
    whole: StageContext | None = field(default=None, repr=False)
    places: dict[str, StageContext] = field(default_factory=dict, repr=False)

    @property
    def warehouse_name(self) -> str:
        """The name of the warehouse that this is the context of; empty for a lane's one warehouse, and for none."""
        return self.lane.warehouse_name

    @property
    def concerns(self) -> list[str]:
        """The warehouses in the ledger whose orders a stage at this warehouse takes care of.

        The first warehouse of several also takes care of orders that have no warehouse yet.
        """
        own = self.warehouse_name
        return [own, ""] if own and own == self.lane.warehouse_names()[0] else [own]

    def at(self, name: str) -> StageContext:
        """Return the context of the lane's warehouse of this name. It is closed with the context of the lane.

        Raises:
            LookupError: if the lane has no such warehouse.
        """
        whole = self.whole or self
        view = whole.lane.at(name)
        if view is whole.lane:
            return whole
        if name not in whole.places:
            sharing = lanes_sharing_stock(view) if whole.lanes_sharing_stock else ()
            whole.places[name] = replace(
                whole, lane=view, lanes_sharing_stock=sharing, whole=whole, places={}
            )
        return whole.places[name]

    def every_warehouse(self) -> list[StageContext]:
        """Return the context of each of the lane's warehouses, also from that of one of them."""
        return [self.at(name) for name in self.lane.warehouse_names()]

    @property
    def by(self) -> By:
        """The actor of the ledger's events."""
        return By(actor=self.run.stage, run_id=self.run.id)

    @property
    def account(self) -> str:
        """The lane's warehouse account; lanes with the same connection and settings share its catalogue."""
        return account_of(self.lane)

    @property
    def document_account(self) -> str:
        """Where the numbers of the lane's documents are unique, at a warehouse that takes files."""
        return document_account_of(self.lane)

    @cached_property
    def credentials(self) -> StoreCredentials:
        """The store's validated credentials."""
        if self.whole is not None:
            return self.whole.credentials
        return StoreCredentials.from_connection(require(self.resolver, self.lane.store.connection))

    @cached_property
    def store_row(self) -> Store:
        """The store's row in the ledger; the first use assigns its code."""
        if self.whole is not None:
            return self.whole.store_row
        identity = self.credentials.identity
        if known := store_of_lane(self.ledger, self.lane.name, identity):
            return known
        with self.ledger.begin() as connection:
            store = ensure_store(connection, identity)
            ensure_lane(connection, self.lane.name, store.id)
        return store

    @cached_property
    def store(self) -> StoreClient:
        """The client of the lane's store, on the call budget that all processes share.

        Raises:
            RemoteDown: if the store is known to be down and is not due to be tried again.
        """
        if self.whole is not None:
            return self.whole.store
        from cartage.storefront import open_store

        limits = self.lane.limits
        budget = SharedBudget(
            self.ledger,
            self.credentials.identity,
            CallLimit(limits.burst, limits.calls_per_second),
            background=self.run.background,
            background_share=limits.background_share,
            # A longer wait would run into the task's timeout.
            patience=Patience(
                self.credentials.identity, limits.task_timeout.total_seconds() / 2, self.stop, _STORE_FIX
            ),
        )
        client = open_store(
            self.credentials, timeouts=self.timeouts, budget=budget, zone=self.lane.store.zone()
        )
        key = f"store {self.credentials.identity}"
        return self._entered(client, key, self.credentials.remote, client.order_statuses)

    @cached_property
    def statuses(self) -> StatusMap:
        """The ids of the lane's order statuses in its store, which stages compare, query and write.

        The first use may ask the store, so no transaction may be open.

        Raises:
            SettingsError: if a setting does not name exactly one status, or two settings name the same.
            RemoteError: if a label must be looked up and the store cannot be read.
        """
        if self.whole is not None:
            return self.whole.statuses
        from cartage.storefront.status_table import find_statuses

        return find_statuses(self.status_table, self.lane, self.lanes_on_store)

    @cached_property
    def status_table(self) -> StatusTable:
        """The store's order statuses, for settings that name them by label."""
        if self.whole is not None:
            return self.whole.status_table
        from cartage.storefront.status_table import StatusTable

        return StatusTable(self.ledger, lambda: self.store_row.id, lambda: self.store.order_statuses())  # noqa: PLW0108 - not the bound method: that would open the store

    @cached_property
    def _warehouse_connection(self) -> Connection:
        from cartage.warehouses.registry import warehouse_connection

        settings = self.lane.warehouse
        return warehouse_connection(self.resolver, settings.connector, settings.connection, settings.settings)

    @cached_property
    def warehouse_secrets(self) -> frozenset[str]:
        """The secrets that must not be kept with the warehouse's responses."""
        return frozenset(secrets_of(self._warehouse_connection))

    @cached_property
    def warehouse(self) -> Warehouse:
        """The connector of the lane's warehouse, on the call budget of its account. Opening it may call the warehouse.

        Raises:
            RemoteDown: if the warehouse is known to be down and is not due to be tried again.
            LedgerError: if the names of the lane's warehouses were exchanged; the ledger then follows them.
        """
        from cartage.runtime.renaming import follow_swapped_names
        from cartage.runtime.warehouse_budget import shared_budget
        from cartage.warehouses.registry import open_warehouse

        settings = self.lane.warehouse
        account = counted_account(settings.connector, self._warehouse_connection)
        if not counts_as(self.ledger, self.lane.name, self.warehouse_name, account):
            with self.ledger.begin() as connection:
                known = counted_accounts(connection, self.lane.name)
            follow_swapped_names(self.ledger, self.lane, self.resolver, self.by, known)
            with self.ledger.begin() as connection:
                note_counted_account(connection, self.lane.name, self.warehouse_name, account)
        budget = shared_budget(
            self.ledger,
            settings.connector,
            self._warehouse_connection,
            self.lane.limits,
            background=self.run.background,
            stop=self.stop,
        )
        connector = open_warehouse(
            settings.connector,
            self._warehouse_connection,
            dict(settings.settings),
            timeouts=self.timeouts,
            threads=self.lane.limits.threads,
            budget=budget,
        )
        key = f"warehouse {settings.connector}/{settings.connection}"
        return self._entered(connector, key, connector.title, lambda: connector.find(_NO_ORDER))

    @cached_property
    def breaker(self) -> Breaker:
        """Notes for this run which remotes are known to be down: the lane's store, or the warehouse of this context."""
        from cartage.runtime.breaker import Breaker

        return Breaker(self.ledger)

    def note_failure(self, failure: RemoteError) -> None:
        """Note the failure that ended a stage, for other runs; of a lane's warehouse also if its store failed."""
        self.breaker.note(failure)
        if self.whole is not None:
            self.whole.breaker.note(failure)

    @property
    def timeouts(self) -> Timeouts:
        """The timeouts of one call to store or warehouse."""
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
        """Close the clients that were opened, here and for its warehouses. The caller closes the ledger."""
        for place in self.places.values():
            place.close()
        for name in ("warehouse",) if self.whole is not None else ("store", "warehouse"):
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
    """Open ledger and clients of a lane for one stage, and close them at the end.

    With `task`, note in the ledger that this task began, and that it succeeded if the block raises nothing.

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
        [other for other in lanes_on_store(lane.store.connection) if other.name != lane.name],
        lanes_sharing_stock(lane),
    )
    try:
        with record_task_run(ledger, lane.name, task, live=not run.background) if task else nullcontext():
            yield context
    finally:
        context.close()
        ledger.close()
